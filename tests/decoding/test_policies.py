"""Each policy on hand-made scores."""

from __future__ import annotations

import pytest
import torch

from coderdiff.decoding import policies
from coderdiff.decoding.canvas import View
from coderdiff.decoding.policies import own
from coderdiff.errors import ConfigError


def view(
    confidence: list[float],
    committed: str = "",
    held: list[float] | None = None,
    sure: str = "",
    *,
    chosen: list[float] | None = None,
    within: str | None = None,
    step: int = 0,
    first: int | None = None,
    last: int | None = None,
) -> View:
    size = len(confidence)
    flags = [torch.tensor([mark == "x" for mark in marks.ljust(size)]) for marks in (committed, sure)]
    sure_ = torch.tensor(confidence)
    return View(
        best=torch.arange(size),
        confidence=sure_,
        margin=sure_,
        lead=sure_ * 10,
        entropy=-sure_.log(),
        held=torch.tensor(held or [0.0] * size),
        chosen=torch.tensor(chosen or [0.0] * size),
        committed=flags[0],
        sure=flags[1],
        within=torch.ones(size, dtype=torch.bool)
        if within is None
        else torch.tensor([m == "x" for m in within]),
        step=step,
        first=size if first is None else first,
        last=last,
        generator=torch.Generator().manual_seed(0),
    )


def marks(flags: torch.Tensor) -> str:
    return "".join("x" if flag else "." for flag in flags.tolist())


def test_reference_takes_one_token_left_to_right():
    assert marks(own.reference(view([0.1, 0.9, 0.9])).commit) == "x.."
    assert marks(own.reference(view([0.1, 0.9, 0.9], "x")).commit) == ".x."


def test_threshold_takes_the_leftmost_and_all_that_reach_it():
    assert marks(own.threshold(view([0.1, 0.9, 0.2, 0.8]), least=0.8).commit) == "xx.x"
    assert marks(own.threshold(view([0.9, 0.1], "x"), least=0.8).commit) == ".x"


def test_entropy_takes_the_surest_within_its_bound():
    scored = view([0.5, 0.99, 0.99, 0.3])
    assert marks(own.entropy(scored, bound=0.0).commit) == "xx.."
    assert marks(own.entropy(scored, bound=0.05).commit) == "xxx."
    assert marks(own.entropy(scored, bound=10.0).commit) == "xxxx"


def test_revise_revokes_what_no_longer_holds_and_keeps_what_does():
    scored = view([0.9, 0.9, 0.9, 0.5, 0.1], "xxx", held=[0.05, 0.6, 0.05, 0.0, 0.0], sure="x")
    decided = own.revise(scored, least=0.4, hold=0.2, certain=0.8)
    assert marks(decided.remask) == "..x..", "a checked commit is not asked again"
    assert marks(decided.sure)[1] == "x"
    assert marks(decided.commit) == "...x."


def test_verified_commits_one_and_drafts_a_run():
    decided = own.verified(view([0.9, 0.8, 0.7, 0.05, 0.9]), most=7, least=0.1)
    assert marks(decided.commit) == "x...."
    assert marks(decided.draft) == ".xx.."
    assert marks(own.verified(view([0.9, 0.8, 0.7, 0.6]), most=2, least=0.1).draft) == ".xx."


def test_unknown_policy_names_the_known_ones():
    with pytest.raises(ConfigError, match="no policy 'fast': choose one of reference, "):
        policies.policy("fast")


def test_settings_by_hand():
    assert policies.policy("verified:tolerance=0.3,most=4").tolerance == 0.3
    assert policies.policy("verified:most=4").canvas == 5
    assert policies.policy("verified:lookup=2").lookup == 2
    assert policies.policy("verified:lookup=0").lookup is None
    with pytest.raises(ConfigError, match="lookup is 9: it must be from 0"):
        policies.policy("verified:lookup=9")
    with pytest.raises(ConfigError, match="policy threshold has no setting 'bound': it has least"):
        policies.policy("threshold:bound=1")
    with pytest.raises(ConfigError, match="least must be a number"):
        policies.policy("threshold:least=much")
