"""The rule editor, filled: of a segmentation, or of an open request on the version in force now."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from evenhand.errors import EvenhandError
from evenhand.registry import requests, segmentations
from evenhand.registry.requests import Filter, Request, facts_of, quorum_of, risk_of
from evenhand.registry.requests.change import differing
from evenhand.segments import Catalogue, Segmentation
from evenhand.server.deps import Deps
from evenhand.server.pages.models import EditPage
from evenhand.server.pages.models.request import Overlap
from evenhand.server.pages.models.segmentations import Choice, Preview
from evenhand.server.pages.sentences import NO_CONTACT_SAID, differences
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.audience import audience_of
from evenhand.server.pages.views.content import recampaigned, segments_of
from evenhand.server.pages.views.facts import facts_about
from evenhand.server.pages.views.groups import gaps_of
from evenhand.server.pages.views.rules import Draft, draft_of, fields_of
from evenhand.server.pages.words import N_

__all__ = ["Subject", "Typed", "edit_page", "preview_of", "subject_of", "typed_of"]

OPERATORS = {
    "=": N_("exactly"), "!=": N_("not"), "<": N_("under"), "<=": N_("at most"), ">": N_("over"),
    ">=": N_("at least"), "in": N_("one of (a, b, …)"), "notIn": N_("none of (a, b, …)"),
    "between": N_("between (a, b)"), "notBetween": N_("not between (a, b)"), "null": N_("not known"),
    "notNull": N_("known"),
}  # fmt: skip


class Subject(NamedTuple):
    """What is edited."""

    record: segmentations.Record
    base: Segmentation  # in force
    request: Request | None  # None: a new one is written
    approvals: int = 0  # that an edit would void


class Typed(NamedTuple):
    """What stands in the form."""

    draft: Draft
    heading: str = ""
    reason: str = ""


def subject_of(connection: Connection, *, name: str | None = None, id: int | None = None) -> Subject:
    """Return what is edited: a segmentation by its name, or a request by its id; MissingError when there is none."""
    request = None if id is None else requests.get(connection, id)
    record = segmentations.get(connection, request.segmentation if request else name or "")
    approvals = 0
    if request is not None:
        reviews = requests.reviews_of(connection, request.id)
        approvals = sum((one.edit, one.verdict) == (request.edit, "approve") for one in reviews)
    return Subject(record, segmentations.current(connection, record.name).content, request, approvals)


def typed_of(connection: Connection, subject: Subject) -> Typed:
    """Return what the form begins with; a request that does not fit what is in force begins from that."""
    request = subject.request
    if request is None:
        return Typed(draft_of(subject.base))
    try:
        base = subject.record.current_version
        content = requests.effect(connection, subject.record.name, request.wish, base_version=base).segmentation
    except EvenhandError:
        content = subject.base
    return Typed(draft_of(content), request.title, request.reason)


def edit_page(
    subject: Subject, typed: Typed, say: Speech, *, key: str, preview: Preview | None = None, error: str = "",
    base: int | None = None,
) -> EditPage:  # fmt: skip
    """Return the editor with what was typed."""
    catalogue, request = subject.base.catalogue, subject.request
    return EditPage(
        name=subject.record.name, title=subject.record.title, base=base or subject.record.current_version,
        request=request.id if request else None, revision=request.revision if request else None,
        approvals=subject.approvals, features=_features(catalogue),
        operators=tuple(Choice(value=value, label=say(label)) for value, label in OPERATORS.items()),
        campaigns=tuple(
            Choice(value=one.id, label=one.name if one.is_contact else say(NO_CONTACT_SAID))
            for one in catalogue.campaigns
        ),
        segments=fields_of(typed.draft, catalogue, say), reason=typed.reason, heading=typed.heading, preview=preview,
        error=error, key=key,
    )  # fmt: skip


def preview_of(connection: Connection, subject: Subject, after: Segmentation, deps: Deps, say: Speech) -> Preview:
    """Return what the edited rules would do, before anyone is asked."""
    before, name, rules = subject.base, subject.record.name, deps.settings.review_rules
    audience = audience_of(deps.settings.data_dir, name, before, after)
    risk = risk_of(facts_of(facts_about(deps.settings.data_dir, name, before, after)), rules)
    touches = differing(before, after)
    return Preview(
        sentences=tuple(differences(before, after, say)), before=segments_of(before, audience, say),
        after=segments_of(after, audience, say, before),
        moved=int(recampaigned(before, after, audience).sum()) if audience else 0,
        customers=audience.customers.n if audience else 0,
        overlaps=_overlaps(connection, subject, touches, deps),
        gaps=gaps_of(before, after, audience) if audience else (), risk=risk, quorum=quorum_of(risk, rules),
    )  # fmt: skip


def _overlaps(connection: Connection, subject: Subject, touches: frozenset[str], deps: Deps) -> tuple[Overlap, ...]:
    wanted = Filter(states=(*requests.OPEN, *requests.ROLLING), segmentation=subject.record.name)
    found = requests.page(connection, wanted, now=deps.clock()).items
    own = subject.request.id if subject.request else None
    return tuple(
        Overlap(id=one.id, title=one.title, customers=None, state=one.state)
        for one in found
        if one.id != own and touches.intersection(one.touches)
    )


def _features(catalogue: Catalogue) -> tuple[Choice, ...]:
    return tuple(
        Choice(value=one.name, label=f"{one.label} ({one.unit})" if one.unit else one.label)
        for one in catalogue.features
    )
