"""Who may judge a request, and when enough people have: four eyes, one voice each, quorum. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import datetime
from typing import Literal, NamedTuple

from evenhand.errors import ConflictError, RefusedError
from evenhand.registry.actor import Actor

__all__ = ["Delegation", "Judgement", "Verdict", "agreed", "check_judge", "check_second_person", "voices"]

Verdict = Literal["approve", "reject", "request_changes"]
FOUR_EYES = "whoever wrote or edited a request, and their delegates, never judge it"


class Delegation(NamedTuple):
    """One person lets another one judge in their name, for a while."""

    delegator: str
    delegate: str
    starts: datetime
    ends: datetime  # not included

    def holds(self, now: datetime) -> bool:
        """Whether it is in force at an instant."""
        return self.starts <= now < self.ends


class Judgement(NamedTuple):
    """What somebody said about one edit of a request."""

    edit: int
    reviewer: str
    on_behalf_of: str | None
    verdict: Verdict

    @property
    def people(self) -> frozenset[str]:
        """Whose voice it uses up: the reviewer's, and that of whom they speak for."""
        return frozenset({self.reviewer, self.on_behalf_of or self.reviewer})


def check_judge(
    judgement: Judgement, *, actor: Actor, contributors: Set[Actor], delegations: Iterable[Delegation], now: datetime
) -> None:
    """Raise RefusedError unless this person may judge what these contributors wrote.

    Contributors are the author and everyone who edited. A policy is the author of what it recommends, so a lone owner
    may judge that, but nothing that they edited themselves.
    """
    if actor.kind != "user":
        raise RefusedError(f"a {actor.kind} cannot judge a request", rule="people approve, programs do not")
    writers = {contributor.name for contributor in contributors if contributor.kind == "user"}
    holding = [delegation for delegation in delegations if delegation.holds(now)]
    barred = {delegation.delegate: delegation.delegator for delegation in holding if delegation.delegator in writers}
    for person in sorted(judgement.people):
        if person in writers:
            raise RefusedError(f"{person!r} wrote or edited it", rule=FOUR_EYES, mend="ask somebody else to review it")
        if person in barred:
            raise RefusedError(f"{person!r} is the delegate of {barred[person]!r}, who wrote or edited it",
                               rule=FOUR_EYES, mend="ask somebody else to review it")  # fmt: skip
    behalf = judgement.on_behalf_of
    if behalf is not None and not any((d.delegator, d.delegate) == (behalf, judgement.reviewer) for d in holding):
        raise RefusedError(f"{judgement.reviewer!r} is no delegate of {behalf!r} now",
                           rule="only a delegate speaks for another", mend="judge in your own name")  # fmt: skip


def voices(judgements: Iterable[Judgement], edit: int) -> frozenset[str]:
    """Return the people whose approval of an edit is given, by themselves or by a delegate."""
    given = (judgement for judgement in judgements if (judgement.edit, judgement.verdict) == (edit, "approve"))
    return frozenset().union(*(judgement.people for judgement in given))


def agreed(judgements: Iterable[Judgement], judgement: Judgement, *, quorum: int) -> bool:
    """Whether one more approval completes the quorum; ConflictError when its voice is used up for this edit.

    Only approvals of this very edit count, each by other people than the others.
    """
    before = list(judgements)
    twice = sorted(judgement.people & voices(before, judgement.edit))
    if twice:
        raise ConflictError(f"{twice[0]!r} has approved this already", rule="one voice each, whoever raises it")
    earlier = sum((one.edit, one.verdict) == (judgement.edit, "approve") for one in before)
    return earlier + 1 >= quorum


def check_second_person(actor: Actor, first: str, *, what: str) -> None:
    """Raise RefusedError unless another person than the first one acts."""
    if actor.kind != "user" or actor.name == first:
        raise RefusedError(f"{actor.name!r} cannot {what} by themselves", rule=f"a second person does, not {first!r}")
