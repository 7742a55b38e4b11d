"""What speaks for a request: estimates told apart by where they come from, and what was decided on its policy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from evenhand.errors import MissingError
from evenhand.registry import jobs, policies, requests
from evenhand.registry.policies import Evidence as Kept
from evenhand.segments import content_hash
from evenhand.server.pages.models.parts import Estimate, Evidence, Level, Outcome
from evenhand.server.pages.models.request import Gate
from evenhand.server.pages.places import address
from evenhand.server.pages.sentences import told
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.words import N_

__all__ = [
    "estimate_from", "evidence_of", "experiment_id", "gate_from", "gate_of", "level_of", "outcomes_by", "outcomes_of",
    "profit_estimate", "profit_from", "waits",
]  # fmt: skip

_FUTURES = N_("%(n)s simulated futures over %(horizon)s periods")
_OTHER = N_("Evidence %(n)s")
_BEFORE = N_("Made of an earlier content of this request.")
_SAME_LUCK = N_("Same luck with and without the change.")


def outcomes_of(connection: Connection, request: requests.Request) -> tuple[Outcome, ...]:
    """Return what is expected of the profit by the evidence on the content as it is worded now."""
    return outcomes_by(policies.evidence_of(connection, "request", str(request.id)), request)


def outcomes_by(kept: Sequence[Kept], request: requests.Request) -> tuple[Outcome, ...]:
    """Return the same of evidence that is read already."""
    found = [estimate for one in kept if (estimate := _estimate(one, request.edit)) is not None]
    newest = {one.source: one for one in found}  # the last of each kind
    ordered = tuple(newest[source] for source in ("simulated", "logged", "live") if source in newest)
    return (Outcome(metric="profit", unit="money", better="high", estimates=ordered),) if ordered else ()


def _estimate(kept: Kept, edit: int) -> Estimate | None:
    document: Any = kept.document if isinstance(kept.document, dict) else {}
    if document.get("edit", edit) != edit:
        return None
    profit = (document.get("expected") or {}).get("profit")
    found = estimate_from(profit, source=kept.kind)
    n = document.get("draws")
    return found and found.from_sample(n if isinstance(n, int) else None, kept.at)


def estimate_from(document: Any, *, source: str) -> Estimate | None:
    """Return the estimate that a document of mean, low and high holds; None for any other document."""
    if not isinstance(document, dict):
        return None
    numbers = [document.get(name) for name in ("mean", "low", "high")]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
        return None
    mean, low, high = (float(one) for one in numbers if one is not None)
    return Estimate(source=source, mean=mean, low=low, high=high)  # type: ignore[arg-type]  # checked by the table


def profit_from(document: Any, *, source: str) -> Outcome | None:
    """Return what was predicted or came of the profit, where a request's document tells it."""
    found = profit_estimate(document, source=source)
    return None if found is None else Outcome(metric="profit", unit="money", better="high", estimates=(found,))


def profit_estimate(document: Any, *, source: str) -> Estimate | None:
    """Return what a prediction, or a note of what came, says of the profit."""
    plain = document if isinstance(document, dict) else {}
    return estimate_from(plain.get("profit") or (plain.get("expected") or {}).get("profit"), source=source)


def evidence_of(connection: Connection, request: requests.Request, say: Speech) -> tuple[Evidence, ...]:
    """Return what is on file for a request, the oldest first."""
    return tuple(_piece(one, request.edit, say) for one in policies.evidence_of(connection, "request", str(request.id)))


def _piece(kept: Kept, edit: int, say: Speech) -> Evidence:
    document: Any = kept.document if isinstance(kept.document, dict) else {}
    title = say(_OTHER) % {"n": kept.id}
    if "draws" in document and "horizon" in document:
        title = say(_FUTURES) % {"n": say.number(document["draws"]), "horizon": say.number(document["horizon"])}
    old = document.get("edit", edit) != edit
    summary = say(_BEFORE) if old else say(_SAME_LUCK) if kept.kind == "simulated" else ""
    return Evidence(source=kept.kind, title=title, at=kept.at, summary=summary)


def waits(connection: Connection, request: requests.Request) -> bool:
    """Tell whether a job still makes evidence on the present content."""
    going = jobs.under_way(connection, [request.subject])
    return any(one.document.get("edit") == request.edit for one in going)


def level_of(connection: Connection, request: requests.Request) -> Level | None:
    """Return how far the policy behind a request was tested; None for a request of a person's."""
    if request.author_kind != "policy":
        return None
    try:
        return policies.get(connection, request.author).level
    except MissingError:
        return "candidate"


def gate_of(connection: Connection, policy: str, say: Speech) -> Gate | None:
    """Return the newest decision on a policy."""
    records = policies.decisions_of(connection, policy)
    if not records:
        return None
    return gate_from(records[-1], policies.decided_at(connection, policy)[-1], say)


def gate_from(record: Any, at: datetime, say: Speech) -> Gate:
    """Return what a decision record says; where its numbers came from, by its evidence or by what they earned."""
    decision = record.get("decision", {})
    origin = (record.get("evidence") or {}).get("origin")
    return Gate(
        decision=decision["verdict"],
        source=origin or ("live" if decision.get("level") == "proven" else "simulated"),
        at=at,
        reasons=tuple(told(str(reason), say) for reason in decision.get("reasons", ())),
        href=address("experiment", id=experiment_id(record["evidence"])) if origin else "",
    )


def experiment_id(evidence: Any) -> str:
    """Return the id of the trial that a document of evidence is of: its plan, challenger and kind of data."""
    return content_hash([str(evidence.get(name)) for name in ("plan_sha256", "arm", "origin")])[:16]
