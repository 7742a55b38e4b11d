"""What speaks for a policy, and what was decided on it: the only way from one level to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, insert, select, update

from evenhand.errors import ConflictError, DataError, MissingError
from evenhand.registry.actor import Actor
from evenhand.registry.policies.record import Policy, get, noted, uncrown
from evenhand.registry.tables import decisions, evidence, policies
from evenhand.segments import content_hash
from evenhand.segments.canonical import Json

__all__ = [
    "Decided", "Evidence", "attach", "decide", "decided_at", "decision", "decisions_of", "decisions_on",
    "every_decision", "evidence_of", "evidence_of_each",
]  # fmt: skip

SubjectKind = Literal["request", "policy"]
Kind = Literal["simulated", "logged", "live"]
STOOD_ON = ("plan_sha256", "evidence_sha256", "data_sha256", "code_sha256")  # of a record: named in the audit log too


class Evidence(NamedTuple):
    """One piece of evidence, and where its numbers come from."""

    id: int
    kind: Kind
    document: Any
    at: datetime


class Decided(NamedTuple):
    """A decision record of the gate, which holds its plan and its evidence; it never changes."""

    id: int
    policy: str
    document: Any
    at: datetime


def attach(
    connection: Connection, subject_kind: SubjectKind, subject: str, kind: Kind, document: Mapping[str, Json], *,
    now: datetime,
) -> int:  # fmt: skip
    """Keep evidence about a request or a policy, and return its id."""
    row = {"subject_kind": subject_kind, "subject": subject, "kind": kind, "document": dict(document), "at": now}
    return int(connection.execute(insert(evidence).values(row).returning(evidence.c.id)).scalar_one())


def evidence_of(connection: Connection, subject_kind: SubjectKind, subject: str) -> list[Evidence]:
    """Return what is known about a request or a policy, the oldest first."""
    query = select(evidence.c.id, evidence.c.kind, evidence.c.document, evidence.c.at)
    mine = (evidence.c.subject_kind == subject_kind) & (evidence.c.subject == subject)
    return [Evidence(*row) for row in connection.execute(query.where(mine).order_by(evidence.c.id))]


def evidence_of_each(
    connection: Connection, subject_kind: SubjectKind, subjects: Sequence[str]
) -> dict[str, list[Evidence]]:
    """Return what is known about each of several requests or policies, the oldest first, in one query."""
    query = select(evidence.c.subject, evidence.c.id, evidence.c.kind, evidence.c.document, evidence.c.at)
    these = (evidence.c.subject_kind == subject_kind) & evidence.c.subject.in_(subjects)
    found: dict[str, list[Evidence]] = {subject: [] for subject in subjects}
    for subject, *rest in connection.execute(query.where(these).order_by(evidence.c.id)):
        found[subject].append(Evidence(*rest))
    return found


def decide(connection: Connection, id: str, record: Mapping[str, Any], *, actor: Actor, now: datetime) -> Policy:
    """Keep a decision record of the gate and give the policy the level that it earned.

    DataError for a record that was edited; ConflictError for one about another policy, or one that is kept already.
    SHIP lifts a level and never lowers it; STOP makes a candidate of the policy, which then advises nobody; INVALID and
    HOLD are kept and change nothing.
    """
    policy, content = get(connection, id), {name: value for name, value in record.items() if name != "sha256"}
    if content_hash(content) != record["sha256"]:
        raise DataError("was edited: its hash is another one", where="decision record", rule="a record never changes")
    if record["policy_sha256"] != policy.sha256:
        raise ConflictError("the record is about another policy", where=f"policy {id!r}",
                            rule="its policy_sha256 is that of the policy")  # fmt: skip
    if record["sha256"] in (known["sha256"] for known in decisions_of(connection, id)):
        raise ConflictError("this record is kept already", where=f"policy {id!r}", rule="one decision counts once")
    connection.execute(insert(decisions).values(policy=id, document=dict(record), at=now))
    verdict, level = record["decision"]["verdict"], _level(policy, record["decision"])
    connection.execute(update(policies).where(policies.c.id == id).values(level=level))
    details: dict[str, Json] = {"verdict": verdict, "before": policy.level, "level": level, "record": record["sha256"]}
    details |= {name: record[name] for name in STOOD_ON if name in record}
    noted(connection, id, "decide", details, actor=actor, now=now)
    if level == "candidate":
        uncrown(connection, id, actor=actor, now=now)
    return get(connection, id)


def _level(policy: Policy, decision: Mapping[str, Any]) -> Any:
    order = ("candidate", "validated", "proven")
    if decision["verdict"] == "STOP":
        return "candidate"
    if decision["verdict"] != "SHIP":
        return policy.level
    return max(policy.level, decision["level"], key=order.index)


def decisions_of(connection: Connection, id: str) -> list[Any]:
    """Return every decision record on a policy, the oldest first."""
    query = select(decisions.c.document).where(decisions.c.policy == id).order_by(decisions.c.id)
    return list(connection.execute(query).scalars())


def every_decision(connection: Connection) -> list[Decided]:
    """Return every decision record on any policy, the oldest first."""
    return [Decided(*row) for row in connection.execute(select(decisions).order_by(decisions.c.id))]


def decisions_on(connection: Connection, id: str, *, after: int = 0, limit: int | None = None) -> list[Decided]:
    """Return the decisions on a policy, the oldest first: all, or at most `limit` behind one.

    MissingError when there is no such policy.
    """
    mine = (decisions.c.policy == get(connection, id).id) & (decisions.c.id > after)
    query = select(decisions).where(mine).order_by(decisions.c.id).limit(limit)
    return [Decided(*row) for row in connection.execute(query)]


def decision(connection: Connection, id: str, number: int) -> Decided:
    """Return one decision on a policy; MissingError when there is none of that number."""
    mine = (decisions.c.policy == get(connection, id).id) & (decisions.c.id == number)
    row = connection.execute(select(decisions).where(mine)).first()
    if row is None:
        raise MissingError(f"there is no decision {number}", where=f"policy {id!r}", mend="choose one of the list")
    return Decided(*row)


def decided_at(connection: Connection, id: str) -> list[datetime]:
    """Return when each decision record on a policy was kept, in the order of `decisions_of`."""
    query = select(decisions.c.at).where(decisions.c.policy == id).order_by(decisions.c.id)
    return list(connection.execute(query).scalars())
