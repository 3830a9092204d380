"""Each policy on hand-made scores."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.decoding import policies
from coderdiff.decoding.canvas import View
from coderdiff.decoding.choose import Narrowing, narrowed
from coderdiff.decoding.credit import Credit, CreditSettings
from coderdiff.decoding.policies import own, revoking, scheduled
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
    with pytest.raises(ConfigError, match=r"lookup is 99: it must be 0 .none. or from 2"):
        policies.policy("verified:lookup=99")
    with pytest.raises(ConfigError, match="policy threshold has no setting 'bound': it has least"):
        policies.policy("threshold:bound=1")
    with pytest.raises(ConfigError, match="least must be a number"):
        policies.policy("threshold:least=much")
    for value in ("inf", "nan", "-3", "1e39"):
        with pytest.raises(ConfigError, match=r"least is .*: it must be from 0 to 1,000,000"):
            policies.policy(f"threshold:least={value}")


def test_shares_are_even_and_the_first_steps_take_the_rest():
    assert [scheduled.share(10, 4, step) for step in range(4)] == [3, 3, 2, 2]
    assert scheduled.share(10, 4, 4) == 10, "a step too many takes all that is left"


def test_one_token_a_step_stays_one_on_a_canvas_that_has_grown():
    scored = view([0.3, 0.9, 0.5], step=7, first=2)
    assert marks(scheduled.equal_shares(scored, steps=0, at_random=False).commit) == ".x."


FREE = sorted(name for name, make in policies.POLICIES.items() if make().free)
SCHEDULES = {"origin", "maskgit_plus", "topk_margin", "dream_entropy"}
AGAIN = {"renoise", "p2"}  # these may take, or leave, what stands already, and nothing else


@pytest.mark.parametrize("name", FREE)
@given(
    scores=st.lists(st.tuples(st.floats(0.01, 1), st.booleans(), st.booleans()), min_size=1, max_size=9),
    step=st.integers(0, 12),
)
def test_free_policies_commit_what_is_open_and_something_at_least(
    name: str, scores: list[tuple[float, bool, bool]], step: int
):
    confidence, stands, within = zip(*scores, strict=True)
    scored = view(
        list(confidence),
        "".join("x" if flag else "." for flag in stands),
        within="".join("x" if flag else "." for flag in within),
        held=[0.5] * len(scores),
        chosen=[0.6] * len(scores),
        step=step,
    )
    decided = policies.policy(name).decide(scored)
    assert not (decided.commit & ~scored.opened).any()
    assert not (decided.remask & ~(scored.committed & scored.within)).any()
    assert not (decided.edit & ~(scored.committed & scored.within)).any()
    if scored.opened.any() and name not in AGAIN and (name not in SCHEDULES or step >= scored.first - 1):
        assert decided.commit.any()


def test_saber_commits_by_the_average_so_far_and_revokes_the_largest_fall():
    scored = view(
        [0.9, 0.9, 0.9, 0.8, 0.7, 0.9], "xxx", held=[0.9, 0.1, 0.4, 0, 0, 0], chosen=[0.8, 0.8, 0.8, 0, 0, 0]
    )
    decided = revoking.saber(scored, share=2.0)
    assert marks(decided.commit) == "...x.x"
    assert marks(decided.remask) == ".x....", "two committed, so one is revoked"


def test_credit_grows_for_what_is_proposed_again_and_fades_otherwise():
    credit = Credit(CreditSettings(weight=1.0, decay=0.5, power=1.0))
    logits = torch.tensor([[2.0, 1.0, 0.0]])
    first, again = credit.added(logits), credit.added(logits)
    assert float(again[0, 0]) > float(first[0, 0]) > 2.0
    assert float(again[0, 1]) == 1.0
    other = credit.added(torch.tensor([[0.0, 1.0, 0.0]]))
    assert 0 < float(other[0, 0]) < float(again[0, 0]) - 2.0
    credit.follow(torch.tensor([0, 0]))
    assert credit.added(torch.zeros(2, 3)).shape == (2, 3)


def test_narrowing_keeps_the_most_probable_tokens():
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    kept = narrowed(logits, Narrowing(top_p=0.75)).isfinite()
    assert marks(kept[0]) == "xx.."
    assert marks(narrowed(logits, Narrowing(top_k=3)).isfinite()[0]) == "xxx."
    assert marks(narrowed(logits, Narrowing(top_p=0.01)).isfinite()[0]) == "x..."


def test_settings_that_would_never_end_are_refused():
    with pytest.raises(ConfigError, match="share is 1: it must be at least 2"):
        policies.policy("saber:share=1")
    with pytest.raises(ConfigError, match="top_p is 0: it must be above 0"):
        policies.policy("dream_entropy:top_p=0")


def test_every_policy_is_described():
    page = (Path(__file__).parents[2] / "docs" / "decoding.md").read_text(encoding="utf-8")
    assert [name for name in policies.POLICIES if f"| `{name}` |" not in page] == []
