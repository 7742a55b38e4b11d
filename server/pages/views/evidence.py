"""What speaks for a request: estimates told apart by where they come from, and what was decided on its policy."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from evenhand.errors import MissingError
from evenhand.registry import jobs, policies, requests
from evenhand.registry.policies import Evidence as Kept
from evenhand.server.pages.models.parts import Estimate, Evidence, Level, Outcome
from evenhand.server.pages.models.request import Gate
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.words import N_

__all__ = ["estimate_from", "evidence_of", "gate_of", "level_of", "outcomes_of", "profit_from", "waits"]

_FUTURES = N_("%(n)s simulated futures over %(horizon)s periods")
_OTHER = N_("Evidence %(n)s")
_BEFORE = N_("Made of an earlier content of this request.")
_SAME_LUCK = N_("Same luck with and without the change.")


def outcomes_of(connection: Connection, request: requests.Request) -> tuple[Outcome, ...]:
    """Return what is expected of the profit by the evidence on the content as it is worded now."""
    found = []
    for one in policies.evidence_of(connection, "request", str(request.id)):
        estimate = _estimate(one, request.edit)
        if estimate is not None:
            found.append(estimate)
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
    profit = document.get("profit") if isinstance(document, dict) else None
    found = estimate_from(profit, source=source)
    return None if found is None else Outcome(metric="profit", unit="money", better="high", estimates=(found,))


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
    mine = jobs.of_subject(connection, request.subject)
    return any(one.state in ("waiting", "running") and one.document.get("edit") == request.edit for one in mine)


def level_of(connection: Connection, request: requests.Request) -> Level | None:
    """Return how far the policy behind a request was tested; None for a request of a person's."""
    if request.author_kind != "policy":
        return None
    try:
        return policies.get(connection, request.author).level
    except MissingError:
        return "candidate"


def gate_of(connection: Connection, policy: str) -> Gate | None:
    """Return the newest decision on a policy."""
    records = policies.decisions_of(connection, policy)
    if not records:
        return None
    decision = records[-1].get("decision", {})
    return Gate(
        decision=decision["verdict"],
        source="live" if decision.get("level") == "proven" else "simulated",
        at=policies.decided_at(connection, policy)[-1],
        reasons=tuple(str(reason) for reason in decision.get("reasons", ())),
        href="",
    )
