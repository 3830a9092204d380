"""Commit wide, and take back what the new neighbours speak against.

wino             WINO (arXiv 2507.18578): commit above `threshold`, revoke what a masked twin of its position gives less
                 than `hold`
saber            Saber (arXiv 2510.18165): commit what is at least as sure as the tokens so far were on average, revoke
                 those whose probability fell most since, one for every `share` committed
p2               Open-dCoder's loop (path planning, arXiv 2502.03540): of all that may stand, a share that shrinks with
                 each step is masked: what the network is least sure of now, whether it stood or not
joint_threshold  LLaDA2.1 (arXiv 2602.08676): commit above `threshold`; replace what stands where the network now says
                 something else with more than `edit`; a full canvas is edited until nothing changes
joint_threshold_indel  LLaDA2.2: the same, and blocks are deleted from and inserted into (`decoding/indel.py`)
"""

from __future__ import annotations

from functools import partial

import torch

from coderdiff.decoding.canvas import Decision, View
from coderdiff.decoding.indel import IndelSettings
from coderdiff.decoding.policies.base import Makers, Policy, free, surest
from coderdiff.errors import ConfigError

_WINO_SHARE, _WINO_LEAST, _WINO_MOST = 0.7, 5, 20
"""WINO commits at most this share of what is open, but never bounds it below or above these numbers."""

_WINO_LAST = 30
"""How many commits WINO takes the step before the first to have made."""


def wino(view: View, threshold: float, hold: float) -> Decision:
    """Commit at most a share of what is open; where that is more than one, revoke fewer than were committed before."""
    opened = view.opened
    most = min(max(int(int(opened.sum()) * _WINO_SHARE), _WINO_LEAST), _WINO_MOST)
    commit = opened & (view.confidence > threshold)
    if int(commit.sum()) > most:
        commit = surest(view, most, view.confidence)
    elif not bool(commit.any()):
        commit = surest(view, 1, view.confidence)
    held = torch.where(view.committed & view.within, view.held, torch.inf)
    remask = held < hold if int(commit.sum()) > 1 else torch.zeros_like(commit)
    last = _WINO_LAST if view.last is None else view.last
    if int(remask.sum()) >= last:
        remask = torch.zeros_like(remask)
        remask[held.topk(last - 1, largest=False).indices] = True
    none = torch.zeros_like(commit)
    return Decision(commit, remask, commit, none, none)


def saber(view: View, share: float) -> Decision:
    """Commit by the average of the confidences so far; revoke the largest falls since."""
    stands = view.committed & view.within
    average = float(view.chosen[stands].mean()) if bool(stands.any()) else 1.0
    commit = (view.opened & (view.confidence >= average)) | surest(view, 1, view.confidence)
    falls = torch.where(stands & (view.held < view.chosen), view.chosen - view.held, -torch.inf)
    count = min(int(int(commit.sum()) / share), int(falls.isfinite().sum()))
    remask = torch.zeros_like(commit)
    remask[falls.topk(count).indices] = True
    none = torch.zeros_like(commit)
    return Decision(commit, remask, commit, none, none)


def planned(view: View, steps: int) -> Decision:
    """Leave open what is least sure, fewer positions at each of `steps` steps (0: one fewer a step), and commit the
    rest."""
    steps = steps or max(view.first, 1)
    places = int(view.within.sum())
    count = int(places * (1 - (view.step + 1) / steps)) if view.step < steps else 0
    least = torch.zeros_like(view.within)
    least[torch.where(view.within, view.confidence, torch.inf).argsort()[:count]] = True
    none = torch.zeros_like(least)
    commit = view.opened & ~least
    return Decision(commit, view.committed & least, commit, none, none)


def joint_threshold(view: View, threshold: float, edit: float) -> Decision:
    """Commit all above `threshold`, or the surest; edit all that stands, differs and is above `edit`."""
    commit = view.opened & (view.confidence > threshold)
    if not bool(commit.any()):
        commit = surest(view, 1, view.confidence)
    edits = view.committed & view.within & (view.confidence > edit)
    none = torch.zeros_like(commit)
    return Decision(commit, none, commit, none, edits)


def _wino(threshold: float = 0.6, hold: float = 0.9, block: float = 0) -> Policy:
    return Policy(
        "wino",
        partial(wino, threshold=threshold, hold=hold),
        whole_blocks=True,
        free=True,
        block=int(block) or None,
        twins=True,
    )


def _saber(share: float = 2.0, block: float = 0) -> Policy:
    if share < 2:
        raise ConfigError(
            f"policy saber: share is {share:g}: it must be at least 2, or nothing would be settled"
        )
    return free("saber", partial(saber, share=share), block)


def _p2(steps: float = 0, block: float = 0) -> Policy:
    return free("p2", partial(planned, steps=int(steps)), block)


def _joint_threshold(threshold: float = 0.5, edit: float = 0.0, edits: float = 16) -> Policy:
    return Policy(
        "joint_threshold",
        partial(joint_threshold, threshold=threshold, edit=edit),
        whole_blocks=True,
        free=True,
        edits=int(edits),
    )


def _joint_threshold_indel(threshold: float = 0.5, edit: float = 0.0, edits: float = 16) -> Policy:
    return Policy(
        "joint_threshold_indel",
        partial(joint_threshold, threshold=threshold, edit=edit),
        whole_blocks=True,
        free=True,
        indel=IndelSettings(threshold, edit, int(edits)),
    )


REVOKING: Makers = {
    "wino": _wino,
    "saber": _saber,
    "p2": _p2,
    "joint_threshold": _joint_threshold,
    "joint_threshold_indel": _joint_threshold_indel,
}
