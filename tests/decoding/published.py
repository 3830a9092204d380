"""The sampling loops of the field as they are published, written out literally: whole sequences, no cache, no sharing.

`Model` gives logits [rows, vocab] for every row of a sequence, as the published models do: shifted ones for the row
behind. Only greedy choices are drawn here; where a loop leaves something to chance it is handed the generator.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Model = Callable[[list[int]], Tensor]


def shares(masks: int, steps: int) -> list[int]:
    """How many tokens each step transfers: an even split, the first steps take what is left over."""
    return [masks // steps + (step < masks % steps) for step in range(steps)]


def llada(
    model: Model,
    prefix: list[int],
    suffix: list[int],
    length: int,
    steps: int,
    block: int,
    mask: int,
    random: torch.Generator | None = None,
) -> list[int]:
    """LLaDA: block by block, each step transfers its share of the most confident (or of random) masked positions."""
    x = [*prefix, *[mask] * length, *suffix]
    for number in range(length // block):
        start = len(prefix) + number * block
        end = start + block
        for count in shares(x[start:end].count(mask), steps):
            probabilities = model(x).double().softmax(-1)
            best = probabilities.argmax(-1)
            confidence = probabilities.gather(1, best[:, None])[:, 0]
            if random is not None:
                confidence[len(prefix) : len(prefix) + length] = torch.rand(length, generator=random).double()
            open_ = [at for at in range(start, end) if x[at] == mask]
            for at in sorted(open_, key=lambda at: -float(confidence[at]))[:count]:
                x[at] = int(best[at])
    return x[len(prefix) : len(prefix) + length]


def fast_dllm(
    model: Model, prefix: list[int], suffix: list[int], length: int, block: int, mask: int, threshold: float
) -> list[int]:
    """Fast-dLLM on LLaDA, without its cache: the surest position, and all others that reach the threshold."""
    x = [*prefix, *[mask] * length, *suffix]
    for start in range(len(prefix), len(prefix) + length, block):
        while mask in x[start : start + block]:
            probabilities = model(x).double().softmax(-1)
            values, best = probabilities.max(-1)
            open_ = [at for at in range(start, start + block) if x[at] == mask]
            first = max(open_, key=lambda at: float(values[at]))
            for at in open_:
                if at == first or float(values[at]) >= threshold:
                    x[at] = int(best[at])
    return x[len(prefix) : len(prefix) + length]


def fast_dllm_factor(
    model: Model, prefix: list[int], suffix: list[int], length: int, mask: int, factor: float
) -> list[int]:
    """Fast-dLLM's dynamic variant, with the loop variable it reads after its loop."""
    x = [*prefix, *[mask] * length, *suffix]
    while mask in x:
        values, best = model(x).double().softmax(-1).max(-1)
        open_ = sorted((at for at in range(len(x)) if x[at] == mask), key=lambda at: -float(values[at]))
        bounds = [1 - factor / (n + 1) for n in range(1, len(open_) + 1)]
        bounds[0] = -1.0
        top = 0
        for top in range(len(bounds)):
            if float(values[open_[top]]) < bounds[top]:
                break
        if top in (0, len(bounds) - 1):
            top += 1
        for at in open_[:top]:
            x[at] = int(best[at])
    return x[len(prefix) : len(prefix) + length]


def dream_step(logits: Tensor, top_p: float, alg: str) -> tuple[Tensor, Tensor]:
    """Dream's greedy `sample_tokens` on masked rows: confidence by the algorithm, and the tokens."""
    if top_p < 1:
        ordered, order = logits.sort(descending=True)
        remove = ordered.softmax(-1).cumsum(-1) > top_p
        remove[:, 1:] = remove[:, :-1].clone()
        remove[:, 0] = False
        logits = logits.masked_fill(
            torch.zeros_like(remove).scatter(-1, order, remove), torch.finfo(logits.dtype).min
        )
    probabilities = logits.softmax(-1)
    confidence, tokens = probabilities.max(-1)
    if alg == "topk_margin":
        ordered = probabilities.sort(descending=True).values
        confidence = ordered[:, 0] - ordered[:, 1]
    if alg == "entropy":
        confidence = (probabilities * (probabilities + 1e-10).log()).sum(-1)
    return confidence, tokens


def dream(
    model: Model,
    prefix: list[int],
    suffix: list[int],
    length: int,
    steps: int,
    mask: int,
    alg: str,
    top_p: float = 1.0,
    alg_temp: float = 0.0,
    eps: float = 1e-3,
    random: torch.Generator | None = None,
) -> list[int]:
    """Dream's `_sample`: logits move one row on, time runs from 1 to eps, each step transfers its part."""
    x = torch.tensor([*prefix, *[mask] * length, *suffix])
    times = torch.linspace(1, eps, steps + 1)
    for step in range(steps):
        masked = x == mask
        if not masked.any():
            break
        logits = model(x.tolist())
        logits = torch.cat((logits[:1], logits[:-1]))[masked]
        t, s = times[step], times[step + 1]
        last = step == steps - 1
        if alg == "origin":
            assert random is not None
            goes = torch.rand(len(logits), generator=random) < (torch.tensor(1.0) if last else 1 - s / t)
            new = torch.full((len(logits),), mask)
            new[goes] = dream_step(logits, top_p, alg)[1][goes]
            x[masked] = new
            continue
        confidence, tokens = dream_step(logits, top_p, alg)
        count = int(masked.sum()) if last else int(masked.sum().float() * (1 - s / t))
        if not count:
            continue
        if alg_temp:
            whole = torch.full((length,), -torch.inf)
            whole[masked[len(prefix) :][:length]] = confidence / alg_temp
            chosen = torch.multinomial(whole.softmax(-1), count, generator=random) + len(prefix)
        else:
            whole = torch.full((len(x),), -torch.inf)
            whole[masked] = confidence
            chosen = whole.topk(count).indices
        new = x.clone()
        new[masked] = tokens
        x[chosen] = new[chosen]
    return x[len(prefix) :][:length].tolist()


def p2(model: Model, prefix: list[int], suffix: list[int], length: int, steps: int, mask: int) -> list[int]:
    """Open-dCoder's default: mask the least sure of all positions again, ever fewer of them."""
    x = torch.tensor([*prefix, *[mask] * length, *suffix])
    own = range(len(prefix), len(prefix) + length)
    for step in range(steps):
        if not (x == mask).any():
            break
        logits = model(x.tolist())
        confidence, best = torch.cat((logits[:1], logits[:-1])).softmax(-1).max(-1)
        again = sorted(own, key=lambda at: float(confidence[at]))[: int(length * (1 - (step + 1) / steps))]
        for at in own:
            if at in again:
                x[at] = mask
            elif x[at] == mask:
                x[at] = best[at]
    return x[len(prefix) :][:length].tolist()


def dreamon(
    model: Model,
    prefix: list[int],
    suffix: list[int],
    length: int,
    most: int,
    mask: int,
    expand: int,
    delete: int,
    tokens: int = 1,
    spread: bool = False,
) -> list[int]:
    """DreamOn: tokens of least entropy first; delete goes, then expand becomes two masks, within a longest canvas.

    `spread`: what was a mask, and stands at or behind the first delete token, is a delete token.
    """
    canvas = [mask] * length
    budget = 2 * most
    while mask in canvas:
        x = [*prefix, *canvas, *suffix]
        logits = model(x)
        logits = torch.cat((logits[:1], logits[:-1]))[len(prefix) : len(prefix) + len(canvas)]
        open_ = [at for at, token in enumerate(canvas) if token == mask]
        rows = logits[open_].clone()
        if len(canvas) == most or budget <= 0:
            rows[:, expand] -= 1e9
        confidence, best = dream_step(rows, 1.0, "entropy")
        for at in confidence.topk(min(tokens, len(open_))).indices.tolist():
            canvas[open_[at]] = int(best[at])
        if spread and delete in canvas:
            canvas = [
                delete if at in open_ and at >= canvas.index(delete) else token
                for at, token in enumerate(canvas)
            ]
        canvas = [token for token in canvas if token != delete]
        budget -= canvas.count(expand)
        canvas = [new for token in canvas for new in ([mask, mask] if token == expand else [token])]
    return canvas


def prophet(
    model: Model,
    prefix: list[int],
    suffix: list[int],
    length: int,
    steps: int,
    mask: int,
    bounds: tuple[float, ...],
) -> list[int]:
    """Prophet on LLaDA's loop: commit all once the mean gap of the first two logits passes the bound of this third."""
    x = [*prefix, *[mask] * length, *suffix]
    for step, count in enumerate(shares(length, steps)):
        open_ = [at for at in range(len(x)) if x[at] == mask]
        logits = model(x)
        two = logits[open_].topk(2).values
        progress = step / steps
        bound = bounds[0] if progress < 0.33 else bounds[1] if progress < 0.67 else bounds[2]
        values, best = logits.softmax(-1).max(-1)
        all_ = float((two[:, 0] - two[:, 1]).mean()) >= bound
        for at in sorted(open_, key=lambda at: -float(values[at]))[: len(open_) if all_ else count]:
            x[at] = int(best[at])
    return x[len(prefix) : len(prefix) + length]


def eb_sampler(
    model: Model, prefix: list[int], suffix: list[int], length: int, mask: int, bound: float
) -> list[int]:
    """EB-sampler: sort by entropy, transfer while the sum of entropies less the largest is within the bound."""
    x = [*prefix, *[mask] * length, *suffix]
    while mask in x:
        logs = model(x).log_softmax(-1)
        entropy = -(logs.exp() * logs.nan_to_num(neginf=0.0)).sum(-1)
        open_ = sorted((at for at in range(len(x)) if x[at] == mask), key=lambda at: float(entropy[at]))
        for number, at in enumerate(open_):
            sums = [float(entropy[each]) for each in open_[: number + 1]]
            if sum(sums) - max(sums) <= bound:
                x[at] = int(logs[at].argmax())
    return x[len(prefix) : len(prefix) + length]


def credit(
    model: Model,
    prefix: list[int],
    suffix: list[int],
    length: int,
    mask: int,
    threshold: float,
    weight: float,
    decay: float,
    power: float,
) -> list[int]:
    """CreditDecoding: the first choice of each step earns credit, old credit decays, its logarithm is added."""
    x = [*prefix, *[mask] * length, *suffix]
    earned: list[dict[int, float]] = [{} for _ in range(length)]
    while mask in x:
        logits = model(x)[len(prefix) : len(prefix) + length].clone()
        for at in range(length):
            probability, token = logits[at].softmax(-1).max(-1)
            earned[at] = {known: value * decay for known, value in earned[at].items()}
            earned[at][int(token)] = earned[at].get(int(token), 0.0) + float(probability) ** power
            for known, value in earned[at].items():
                logits[at, known] += weight * math.log1p(value)
        values, best = logits.softmax(-1).max(-1)
        open_ = [at for at in range(length) if x[len(prefix) + at] == mask]
        enough = [at for at in open_ if float(values[at]) > threshold]
        for at in enough or [max(open_, key=lambda at: float(values[at]))]:
            x[len(prefix) + at] = int(best[at])
    return x[len(prefix) : len(prefix) + length]


TwinModel = Callable[[list[int], list[int], int, int], tuple[Tensor, Tensor]]
"""Prefix with canvas and suffix, twins' tokens, where the canvas begins and how long it is -> logits of the canvas and
of the twins."""


def wino(
    model: TwinModel,
    prefix: list[int],
    suffix: list[int],
    length: int,
    block: int,
    mask: int,
    threshold: float,
    back: float,
) -> list[int]:
    """WINO: draft above a low threshold, verify by a shadow block of masks that do not see their own position."""
    x = [*prefix, *[mask] * length, *suffix]
    for start in range(len(prefix), len(prefix) + length, block):
        open_ = {at for at in range(start, start + block) if x[at] == mask}
        last = 30
        while open_:
            most = min(max(int(len(open_) * 0.7), 5), 20)
            logits, shadow = model(x, [mask] * length, len(prefix), length)
            values, best = logits.double().softmax(-1).max(-1)
            confidence = {at: float(values[at - len(prefix)]) for at in open_}
            taken = [at for at in open_ if confidence[at] > threshold]
            if len(taken) > most:
                taken = sorted(open_, key=lambda at: -confidence[at])[:most]
            elif not taken:
                taken = [max(open_, key=lambda at: confidence[at])]
            stands = [at for at in range(start, start + block) if at not in open_]
            held = {at: float(shadow.double().softmax(-1)[at - len(prefix), x[at]]) for at in stands}
            back_out = [at for at in stands if held[at] < back] if len(taken) > 1 else []
            if len(back_out) >= last:
                back_out = sorted(stands, key=lambda at: held[at])[: last - 1]
            for at in taken:
                x[at] = int(best[at - len(prefix)])
                open_.discard(at)
            for at in back_out:
                x[at] = mask
                open_.add(at)
            last = len(taken)
    return x[len(prefix) : len(prefix) + length]


def sdar(
    model: Model,
    prompt: list[int],
    length: int,
    block: int,
    steps: int,
    mask: int,
    strategy: str,
    threshold: float,
    end: int | None,
) -> list[int]:
    """SDAR's block diffusion; `model` attends by blocks, so the rest of the sequence cannot be seen."""
    blocks = -(-(len(prompt) + length) // block)
    x = [*prompt, *[mask] * (blocks * block - len(prompt))]
    for number in range(len(prompt) // block, blocks):
        start = number * block
        for count in [*shares(block, steps), 0]:
            open_ = [at for at in range(start, start + block) if x[at] == mask]
            if not open_:
                break
            values, best = model(x[: start + block]).softmax(-1).max(-1)
            ordered = sorted(open_, key=lambda at: -float(values[at]))
            chosen = ordered[:count]
            if strategy == "sequential":
                chosen = open_[:count]
            elif strategy == "low_confidence_dynamic":
                high = [at for at in open_ if float(values[at]) > threshold]
                chosen = high if len(high) >= count else chosen
            for at in chosen:
                x[at] = int(best[at])
        if end is not None and end in x[len(prompt) : start + block]:
            return x[len(prompt) : start + block]
    return x[len(prompt) :]


def joint_threshold(
    model: Model,
    prompt: list[int],
    length: int,
    block: int,
    mask: int,
    threshold: float,
    edit: float,
    most: int,
) -> list[int]:
    """LLaDA2.1 as SGLang runs it: masks become tokens, tokens are edited, and a full block until it is still."""
    blocks = -(-(len(prompt) + length) // block)
    x = [*prompt, *[mask] * (blocks * block - len(prompt))]
    for start in range(len(prompt) // block * block, blocks * block, block):
        after = 0
        while True:
            values, best = model(x[: start + block]).softmax(-1).max(-1)
            places = range(max(start, len(prompt)), start + block)
            open_ = [at for at in places if x[at] == mask]
            chosen = [at for at in open_ if float(values[at]) > threshold]
            if open_ and not chosen:
                chosen = [max(open_, key=lambda at: float(values[at]))]
            if not open_:
                after += 1
                if after > most:
                    break
            edits = [
                at for at in places if x[at] != mask and float(values[at]) > edit and int(best[at]) != x[at]
            ]
            if not [*chosen, *edits]:
                break
            for at in [*chosen, *edits]:
                x[at] = int(best[at])
    return x[len(prompt) :]


def joint_threshold_indel(  # noqa: PLR0912 - literal
    model: Model,
    prompt: list[int],
    length: int,
    block: int,
    mask: int,
    delete: int,
    split: int,
    threshold: float,
    edit: float,
    most: int,
) -> list[int]:
    """LLaDA2.2 as SGLang runs it, for a network that never proposes the mask. A token of a block: (id, was a mask at
    first and is of the block's own length)."""
    blocks = -(-(len(prompt) + length) // block)
    x = list(prompt)
    for start in range(len(prompt) // block * block, blocks * block, block):
        given = x[start:]
        cells = [(id_, False) for id_ in given] + [(mask, True)] * (block - len(given))
        edited = updates = 0
        seen: set[tuple[int, ...]] = set()
        written: dict[int, set[int]] = {}
        finished = False
        while not finished:
            now = [id_ for id_, _ in cells]
            logits = model([*x[:start], *now])[start:]
            values, best = logits.softmax(-1).max(-1)
            choice = best.tolist()
            free = range(len(given), block)
            masks = [at for at in free if now[at] == mask]
            own = [at for at in masks if cells[at][1]]
            updates += 1
            edited += not own
            final = (edited >= most if most else not own) or updates > block + most
            if final or not own:
                take = list(masks)
            else:
                need = 1 + len(masks) - len(own)
                take = [at for at in masks if float(values[at]) > threshold]
                if len(take) < need:
                    take = sorted(masks, key=lambda at: -float(values[at]))[:need]
            if not most and not [at for at in own if at not in take]:
                final, take = True, list(masks)
            edits = [
                at for at in free if now[at] != mask and float(values[at]) > edit and choice[at] != now[at]
            ]
            writes = sorted([*take, *edits])
            if not writes:
                break
            if final:
                for at in writes:
                    row = logits[at].clone()
                    row[[delete, split]] = -torch.inf
                    choice[at] = int(row.argmax()) if choice[at] in {delete, split} else choice[at]
            elif tuple(now) in seen:
                changing = [at for at in writes if choice[at] != now[at]]
                if changing:
                    at = min(changing, key=lambda at: float(values[at]))
                    row = logits[at].clone()
                    row[list(written.get(at, ()))] = -torch.inf
                    choice[at] = int(row.argmax())
            seen.add(tuple(now))
            new: list[tuple[int, bool]] = []
            for at, (old, first) in enumerate(cells):
                token = old
                if at in writes:
                    token = choice[at]
                    written.setdefault(at, set()).add(token)
                if at >= len(given) and token == split:
                    new += [(mask, False), (old, first)]
                elif at < len(given) or token != delete:
                    new.append((token, first))
            cells = [*new, *[(mask, False)] * block][:block]
            finished = final
        x = [*x[:start], *(id_ for id_, _ in cells)]
    return x[len(prompt) :]


def fast_dllm_v2(
    model: Model, prompt: list[int], length: int, block: int, part: int, mask: int, threshold: float
) -> list[int]:
    """Fast-dLLM v2: a finished block foretells the first token of the next; the others are decided part by part, each
    from the row before it."""
    x = list(prompt)
    while len(x) < len(prompt) + length:
        if len(x) % block == 0:
            x.append(int(model(x)[-1].argmax()))
        start = len(x) // block * block
        x += [mask] * (start + block - len(x))
        for low in range(start, start + block, part):
            while mask in x[low : low + part]:
                logits = model(x)[start:]
                logits = torch.cat((logits[:1], logits[:-1]))
                values, best = logits.softmax(-1).max(-1)
                open_ = [at for at in range(low, low + part) if x[at] == mask]
                first = max(open_, key=lambda at: float(values[at - start]))
                for at in open_:
                    if at == first or float(values[at - start]) > threshold:
                        x[at] = int(best[at - start])
    return x[len(prompt) :]
