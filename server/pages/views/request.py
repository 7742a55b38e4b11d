"""The request page, filled: what would change, for whom, what it stands on, what was said."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection

from evenhand.registry import requests, segmentations
from evenhand.registry.requests import Request
from evenhand.segments import Segmentation
from evenhand.server.auth import Caller
from evenhand.server.deps import Deps
from evenhand.server.pages.models import RequestPage
from evenhand.server.pages.models.request import Affected, Change, Comment, Event, Overlap, Review, Rollout
from evenhand.server.pages.sentences import differences, tweak_said
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.audience import Audience, audience_of
from evenhand.server.pages.views.auditing import worded
from evenhand.server.pages.views.content import changed, lines_of, moves_of, segments_of
from evenhand.server.pages.views.deciding import deciding_of
from evenhand.server.pages.views.evidence import (
    evidence_of,
    gate_of,
    level_of,
    outcomes_of,
    profit_from,
    waits,
)
from evenhand.server.pages.views.grounds import grounds_of, runner_up_of, saw_of
from evenhand.server.pages.views.groups import gaps_of
from evenhand.server.pages.views.harms import harms_of, risk_reasons
from evenhand.server.pages.views.people import People
from evenhand.server.pages.views.proxies import proxies_of
from evenhand.server.pages.views.samples import LEAST, sample_of
from evenhand.server.pages.views.titles import reason_of, title_of

__all__ = ["affected_by", "request_page", "versions_of_request"]

MOST_OVERLAPS = 10  # named, and their common customers counted; of others only how many there are


def request_page(
    connection: Connection, id: int, *, caller: Caller, deps: Deps, say: Speech, key: str, now: datetime
) -> RequestPage:
    """Return one request, whole; MissingError when there is none."""
    request = requests.get(connection, id)
    before, after = versions_of_request(connection, request)
    audience = audience_of(deps.settings.data_dir, request.segmentation, before, after)
    people, outcomes = People.of(connection), outcomes_of(connection, request)
    gaps = gaps_of(before, after, audience) if audience else ()
    by_policy, grounds = request.author_kind == "policy", grounds_of(connection, request)
    return RequestPage(
        id=request.id, title=title_of(connection, request, say), why=reason_of(request, say),
        segmentation=request.segmentation,
        state=request.state, risk=request.risk, risk_reasons=risk_reasons(request, deps.settings.review_rules, say),
        level=level_of(connection, request), author=people.person(request.author, request.author_kind),
        created_at=request.created_at,
        expires_at=request.expires_at if request.state in requests.OPEN else None,
        change=Change(
            sentences=_sentences(request, before, after, say), lines=lines_of(before, after, say),
            before=segments_of(before, audience, say), after=segments_of(after, audience, say, before),
            base=request.base_version, document=json.dumps(request.change, indent=2, ensure_ascii=False),
        ),
        affected=_affected(connection, request, before, after, audience, say),
        outcomes=outcomes, evidence_waits=waits(connection, request), gaps=gaps,
        harms=harms_of(outcomes, gaps, say), proxies=proxies_of(before, after, audience) if audience else (),
        saw=saw_of(grounds, say), runner_up=runner_up_of(grounds, before, say),
        gate=gate_of(connection, request.author, say) if by_policy else None,
        evidence=evidence_of(connection, request, say),
        reviews=_reviews(connection, request, people), quorum=request.quorum,
        wanted=tuple(people.person(name) for name in requests.wanted_of(connection, id)),
        comments=tuple(
            Comment(by=people.person(one.author), at=one.at, text=one.text)
            for one in requests.comments_of(connection, id)
        ),
        history=_history(connection, id, people),
        deciding=deciding_of(connection, request, caller, key=key, now=now),
        share=request.share, scheduled_for=request.scheduled_for, version=request.version,
        rollout=_rollout(connection, request),
        predicted=profit_from(request.predicted, source="simulated"),
        realised=profit_from(request.realised, source="live"),
        ended=request.stop_reason or "",
    )  # fmt: skip


def versions_of_request(connection: Connection, request: Request) -> tuple[Segmentation, Segmentation]:
    """Return what a request starts from and what it makes of it."""
    base = segmentations.version(connection, request.segmentation, request.base_version).content
    after = requests.effect(connection, request.segmentation, request.wish, base_version=request.base_version)
    return base, after.segmentation


def affected_by(before: Segmentation, after: Segmentation, audience: Audience | None) -> tuple[int, int]:
    """Return how many customers a change touches, and of how many; of none where no table is here."""
    return (int(changed(before, after, audience).sum()), audience.customers.n) if audience else (0, 0)


def _sentences(request: Request, before: Segmentation, after: Segmentation, say: Speech) -> tuple[str, ...]:
    if isinstance(request.wish, requests.GoBack | Segmentation):
        return tuple(differences(before, after, say))
    return (tweak_said(request.wish, before, say),)


def _affected(
    connection: Connection, request: Request, before: Segmentation, after: Segmentation, audience: Audience | None,
    say: Speech,
) -> Affected:  # fmt: skip
    touched, n = affected_by(before, after, audience)
    others = requests.overlapping(connection, request)
    named = [requests.get(connection, other) for other in list(others)[:MOST_OVERLAPS]]
    return Affected(
        customers=touched, of=n, least=LEAST,
        moves=moves_of(before, after, audience) if audience else (),
        sample=sample_of(audience.customers, changed(before, after, audience)) if audience else (),
        overlaps=tuple(_overlap(connection, one, before, after, audience, say) for one in named),
        more_overlaps=len(others) - len(named),
    )  # fmt: skip


def _overlap(
    connection: Connection, other: Request, before: Segmentation, after: Segmentation, audience: Audience | None,
    say: Speech,
) -> Overlap:  # fmt: skip
    """Return another open request with how many customers both touch."""
    shared = None
    if audience:
        old, new = versions_of_request(connection, other)
        shared = int((changed(before, after, audience) & changed(old, new, audience)).sum())
    return Overlap(id=other.id, title=title_of(connection, other, say), customers=shared, state=other.state)


def _reviews(connection: Connection, request: Request, people: People) -> tuple[Review, ...]:
    return tuple(
        Review(
            by=people.person(one.reviewer),
            on_behalf_of=None if one.on_behalf_of is None else people.person(one.on_behalf_of),
            verdict=cast("Any", one.verdict),
            reason=one.reason,
            at=one.at,
            counts=one.edit == request.edit,
        )
        for one in requests.reviews_of(connection, request.id)
    )


def _history(connection: Connection, id: int, people: People) -> tuple[Event, ...]:
    return tuple(
        Event(
            at=step.at, by=people.person(step.actor, step.actor_kind), action=worded(step.action, step.details),
            details=str(step.details.get("why") or step.details.get("reason") or ""),
        )
        for step in requests.history(connection, id)
    )  # fmt: skip


def _rollout(connection: Connection, request: Request) -> Rollout | None:
    """Return how a roll-out goes, as far as anybody has told: no live result is kept yet."""
    if request.state not in requests.ROLLING or request.share is None:
        return None
    began = [step.at for step in requests.history(connection, request.id) if step.action == "request.start"]
    since = began[-1] if began else request.updated_at
    return Rollout(share=request.share, since=since, next_look=None, outcomes=(), guards=())
