"""Four eyes, delegation, one voice each and the quorum."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.errors import ConflictError, RefusedError
from evenhand.registry.actor import Actor
from evenhand.registry.requests.rules import (
    Delegation,
    Judgement,
    Verdict,
    agreed,
    check_judge,
    check_second_person,
    voices,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
ANN, BOB = Actor("user", "ann"), Actor("user", "bob")
POLICY = Actor("policy", "winter-7")


def lends(delegator: str, delegate: str, *, starts: datetime = NOW, ends: datetime = NOW + DAY) -> Delegation:
    return Delegation(delegator, delegate, starts, ends)


def says(reviewer: str, verdict: Verdict = "approve", *, behalf: str | None = None, edit: int = 1) -> Judgement:
    return Judgement(edit, reviewer, behalf, verdict)


def check(reviewer: str, *written: Actor, behalf: str | None = None, lent: tuple[Delegation, ...] = ()) -> None:
    actor = Actor("user", reviewer)
    check_judge(says(reviewer, behalf=behalf), actor=actor, contributors=set(written), delegations=lent, now=NOW)


def test_somebody_else_may_judge() -> None:
    check("ann", BOB, POLICY)


def test_nobody_judges_what_they_wrote_or_edited() -> None:
    with pytest.raises(RefusedError, match=r"'ann' wrote or edited it .* whoever wrote or edited"):
        check("ann", ANN)
    with pytest.raises(RefusedError, match="'ann' wrote or edited it"):
        check("ann", POLICY, ANN)


def test_a_lone_owner_may_judge_what_a_policy_recommends() -> None:
    check("ann", POLICY)


def test_a_policy_with_the_name_of_a_person_is_not_that_person() -> None:
    check("ann", Actor("policy", "ann"))


@pytest.mark.parametrize("kind", ["policy", "service", "system"])
def test_programs_judge_nothing(kind: str) -> None:
    actor = Actor(kind, "robot")  # type: ignore[arg-type]  # the parameters name the kinds
    with pytest.raises(RefusedError, match="people approve, programs do not"):
        check_judge(says("robot"), actor=actor, contributors={BOB}, delegations=(), now=NOW)


def test_a_delegate_speaks_for_who_delegates_and_for_nobody_else() -> None:
    check("dan", BOB, behalf="ann", lent=(lends("ann", "dan"),))
    for lent in ((), (lends("dan", "ann"),), (lends("eve", "dan"),)):
        with pytest.raises(RefusedError, match="'dan' is no delegate of 'ann' now"):
            check("dan", BOB, behalf="ann", lent=lent)


def test_a_delegation_holds_from_its_start_until_its_end() -> None:
    check("dan", BOB, behalf="ann", lent=(lends("ann", "dan", starts=NOW, ends=NOW + DAY),))
    for starts, ends in ((NOW - DAY, NOW), (NOW + DAY, NOW + 2 * DAY)):
        with pytest.raises(RefusedError, match="no delegate of 'ann' now"):
            check("dan", BOB, behalf="ann", lent=(lends("ann", "dan", starts=starts, ends=ends),))


def test_a_delegate_of_whoever_wrote_it_judges_neither_in_their_name_nor_in_the_own() -> None:
    with pytest.raises(RefusedError, match="'bob' wrote or edited it"):
        check("dan", BOB, behalf="bob", lent=(lends("bob", "dan"),))
    with pytest.raises(RefusedError, match="'dan' is the delegate of 'bob'"):
        check("dan", BOB, lent=(lends("bob", "dan"),))
    with pytest.raises(RefusedError, match="'dan' is the delegate of 'bob'"):
        check("dan", BOB, behalf="ann", lent=(lends("bob", "dan"), lends("ann", "dan")))
    with pytest.raises(RefusedError, match="'dan' is the delegate of 'bob'"):
        check("eve", BOB, behalf="dan", lent=(lends("bob", "dan"), lends("dan", "eve")))


def test_whoever_wrote_it_does_not_judge_it_as_the_delegate_of_another() -> None:
    with pytest.raises(RefusedError, match="'bob' wrote or edited it"):
        check("bob", BOB, behalf="ann", lent=(lends("ann", "bob"),))


def test_the_quorum_needs_as_many_people() -> None:
    assert agreed([], says("ann"), quorum=1)
    assert not agreed([], says("ann"), quorum=2)
    assert agreed([says("ann")], says("eve"), quorum=2)


def test_approvals_of_an_earlier_edit_and_other_verdicts_do_not_count() -> None:
    earlier = [says("ann", edit=1), says("dan", "request_changes", edit=2)]
    assert not agreed(earlier, says("eve", edit=2), quorum=2)
    assert not agreed(earlier, says("ann", edit=2), quorum=2), "whoever approved an earlier edit may approve this one"


@pytest.mark.parametrize(
    "second",
    [says("ann"), says("dan", behalf="ann"), says("ann", behalf="eve")],
    ids=["again", "by a delegate", "for another"],
)
def test_nobodys_voice_counts_twice(second: Judgement) -> None:
    with pytest.raises(ConflictError, match=r"'ann' has approved this already .* one voice each"):
        agreed([says("ann")], second, quorum=2)


PEOPLE = st.sampled_from("abcdef")
JUDGEMENTS = st.builds(
    Judgement,
    edit=st.integers(1, 2),
    reviewer=PEOPLE,
    on_behalf_of=st.none() | PEOPLE,
    verdict=st.sampled_from(("approve", "reject", "request_changes")),
)


@given(st.lists(JUDGEMENTS, max_size=12), st.integers(1, 3))
def test_whatever_is_said_a_quorum_is_that_many_approvals_by_disjoint_people(
    said: list[Judgement], quorum: int
) -> None:
    kept: list[Judgement] = []
    for judgement in said:
        try:
            complete = agreed(kept, judgement, quorum=quorum)
        except ConflictError:
            continue
        kept.append(judgement)
        if judgement.verdict == "approve" and complete:
            approvals = [one for one in kept if one.verdict == "approve" and one.edit == judgement.edit]
            assert len(approvals) >= quorum
            assert len(voices(kept, judgement.edit)) == sum(len(one.people) for one in approvals)


def test_what_one_person_did_alone_a_second_one_takes_back() -> None:
    check_second_person(BOB, "ann", what="unfreeze")
    for actor in (ANN, Actor("service", "crm"), POLICY):
        with pytest.raises(RefusedError, match=r"cannot unfreeze by themselves .* a second person does, not 'ann'"):
            check_second_person(actor, "ann", what="unfreeze")
