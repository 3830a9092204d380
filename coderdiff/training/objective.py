"""The objectives: what is hidden on a canvas, what each position's loss weighs, and how the losses add up.

`Objective`, for a canvas behind a causal context:

    loss = next-token loss on the clean context  +  canvas_weight(progress) * denoising loss on the canvases

* Next-token loss beside the denoising loss, in one network: Nemotron-Labs-Diffusion, TiDAR (arXiv
  2511.08923), Set Block Decoding (arXiv 2509.04185). The causal stream carries the quality and verifies
  drafts; the canvas buys speed.
* First the causal loss alone, then the canvas comes in: Stable-DiffCoder, SDAR (arXiv 2510.06303).
* Flat cross-entropy over hidden positions instead of the 1/t weights of the evidence bound: faster in short
  runs (arXiv 2602.15014); the share hidden never gets near 0, where the noise of the gradient lives.
* Half of the canvases fully hidden, as drafting in one step meets them (TiDAR); there the weight falls with
  the distance from the known text, exp(-k / gamma), gamma half a canvas (DFlash): far tokens are rarely kept.
* Partly hidden canvases show a run on the left and some tokens beyond it: what decoding leaves visible. In
  some, a few visible tokens are wrong, and every visible position is asked for the right one: so the network
  learns to see its own mistakes (GIDD, arXiv 2503.04482; LLaDA 2.1's edits), which `revise` uses.
* Behind the end token at most `trailing` positions count, and little: an infiller that is taught a canvas
  full of ends answers with nothing.

`InfillObjective`, for a canvas between prefix and suffix that all attend to in both directions, and whose length is
the network's to find (DreamOn, arXiv 2602.01326; `lengths.py` makes the canvases):

    loss = denoising loss at the hidden positions

* Each canvas hides its tokens at a rate of its own, drawn evenly from [0, 1], and weighs all hidden positions alike
  (see above; DreamOn weighs them by the share shown, which suits a network that has learnt the rest).
* Where two hidden tokens stand side by side, one mask may stand for both, and for their neighbours: the answer is
  `expand`. DreamOn's chances: 0.5 in half of the canvases, 0.5 times the share shown in the others. Ours besides: a
  fifth of the canvases is wholly hidden, as decoding begins, and in a quarter the chance is anything up to 0.95, for
  decoding may begin with a few masks for many tokens.
* Masks behind the text answer `delete`; where `inside_share` says so, also such as stand in any gap of it.
* Both answers weigh less than text. Text shares its probability among many tokens, they do not: at full weight a
  canvas of which little is known is deleted mask by mask, or grows without end (seen in a run of ours). A weight w
  scales the odds: the network must be surer by 1 / w. DreamOn's masks to delete weigh as one token a batch together.
* Long runs of text are holes too (`open`): they have most of the tokens to learn from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coderdiff.training.holes import Mixture

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

MIXTURE: Mixture = (
    ("rest", 0.38),
    ("line", 0.15),
    ("block", 0.08),
    ("node", 0.17),
    ("span", 0.07),
    ("open", 0.15),
)
"""The shares of the kinds of hole; most are what an editor asks for at a cursor."""


@dataclass(frozen=True)
class Objective:
    """Weights and noise schedule.

    Over the run: the canvases weigh nothing for its first `quiet` share, then rise to `canvas_weight` over
    the next `ramp` share. Noise: `full_share` of the canvases are wholly hidden; the others show a run on the
    left and beyond it each token with a chance drawn from [0, `scattered`]. Of the canvases that show
    something, `wrong_share` have each visible token wrong with a chance of `wrong_rate`. Weights of
    positions: 1 where hidden (falling with the distance if all is), `visible_weight` where visible and right,
    `wrong_weight` where visible and wrong, `trailing_weight` for the `trailing` positions behind the end
    token, 0 beyond. `around_weight` is what foretelling a token of the prefix, the suffix or the pack weighs beside one
    of the middle, or the end. `mixture` is the kinds of hole.
    """

    canvas_weight: float = 0.5
    quiet: float = 0.1
    ramp: float = 0.05
    full_share: float = 0.5
    scattered: float = 0.5
    wrong_share: float = 0.4
    wrong_rate: float = 0.15
    visible_weight: float = 0.1
    wrong_weight: float = 1.0
    trailing: int = 2
    trailing_weight: float = 0.1
    around_weight: float = 1.0
    mixture: Mixture = MIXTURE

    def canvas_weight_at(self, progress: float) -> float:
        """Weight of the denoising loss at `progress` in [0, 1]."""
        if progress < self.quiet:
            return 0.0
        risen = (progress - self.quiet) / self.ramp if self.ramp else 1.0
        return self.canvas_weight * min(1.0, risen)


@dataclass(frozen=True)
class InfillObjective:
    """Noise and weights, and the holes to learn from.

    `shifted`: logits at a row answer for the position behind it. `full_share` of the canvases are wholly hidden.
    Neighbours merge with a chance drawn from [0, `wide_merge`] in `wide_share` of the canvases; in the others it is
    `merge`, in half of them times the share shown. `delete_share` of the canvases have masks to delete, from one to
    `most_deletes` of them, fewer more often; in `inside_share` of these they stand in any gaps of the text, else behind
    it. `run_share` of the canvases hide their tokens in runs of one length. `expand_weight` and `delete_weight` are
    what such answers weigh, each.
    """

    shifted: bool = False
    full_share: float = 0.2
    run_share: float = 0.0
    merge: float = 0.5
    wide_share: float = 0.25
    wide_merge: float = 0.95
    expand_weight: float = 0.3
    delete_share: float = 0.5
    most_deletes: int = 64
    inside_share: float = 0.0
    delete_weight: float = 0.1
    mixture: Mixture = (
        ("rest", 0.22),
        ("line", 0.15),
        ("block", 0.10),
        ("node", 0.12),
        ("span", 0.06),
        ("open", 0.35),
    )


def hide(
    targets: Ints,
    end_at: int | None,
    *,
    mask_id: int,
    spare_ids: Ints,
    objective: Objective,
    rng: np.random.Generator,
) -> tuple[Ints, Floats]:
    """Noise one canvas: `targets` [n] -> what the network sees [n], and each position's loss weight [n].

    `end_at` is where the end token stands; nothing from there on is ever shown. `spare_ids` are wrong tokens
    to draw from (a draw may hit the right one). At least one position is hidden.
    """
    size = len(targets)
    weights = np.ones(size, dtype=np.float32)
    if rng.random() < objective.full_share:
        seen = np.zeros(size, dtype=bool)
        weights *= np.exp(-np.arange(size) / (size / 2)).astype(np.float32)
    else:
        seen = _visible(size, size if end_at is None else end_at, objective.scattered, rng)
    ids = np.where(seen, targets, mask_id)
    weights[seen] = objective.visible_weight
    if seen.any() and rng.random() < objective.wrong_share:
        wrong = seen & (rng.random(size) < objective.wrong_rate)
        ids[wrong] = rng.choice(spare_ids, int(wrong.sum()))
        weights[wrong] = objective.wrong_weight
    if end_at is not None:
        weights[end_at + 1 :] = 0.0
        weights[end_at + 1 : end_at + 1 + objective.trailing] = objective.trailing_weight
    return ids, weights


def _visible(size: int, text: int, scattered: float, rng: np.random.Generator) -> Bools:
    """Which of `size` positions show: a run on the left and some beyond it, all within the first `text`."""
    place = np.arange(size)
    run = int(rng.integers(0, text + 1)) if text < size else int(rng.integers(0, size))
    rate = rng.random() * scattered
    seen: Bools = ((place < run) | (rng.random(size) < rate)) & (place < text)
    if seen.all():
        seen[rng.integers(size)] = False
    return seen
