"""Results on their way in: CSV or JSON lines become rows that are believed or refused, as `evenhand record` does it."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import Connection

from evenhand.customers.campaign_plan import CampaignPlan
from evenhand.customers.files import RawTable, read_table
from evenhand.customers.results import OUTCOMES, judged, results_table
from evenhand.customers.values import text
from evenhand.errors import DataError
from evenhand.registry import campaigns
from evenhand.registry.actor import Actor
from evenhand.registry.campaigns import Plan, Result, Tally
from evenhand.registry.campaigns.plans import note
from evenhand.server.campaigns.logs import plan_of
from evenhand.server.problems import Problem
from evenhand.server.strictjson import check_json

__all__ = ["CSV", "LINES", "MOST_ROWS", "Judged", "judge", "read_results", "record"]

CSV, LINES = "text/csv", "application/x-ndjson"
MOST_ROWS = 200_000  # of one posting
LONGEST = 200  # characters of a row's own id that are kept as they are
_DEPTH = 2


def read_results(body: bytes, kind: str) -> RawTable:
    """Return a body as a table; DataError or the problem `malformed` where it is none, names no customers or times."""
    table = _of_csv(body) if kind == CSV else _of_lines(body)
    if len(table.data) > MOST_ROWS:
        raise DataError(
            f"{len(table.data):,} rows", where="body", rule=f"at most {MOST_ROWS:,}", mend="send them in parts"
        )
    return table


class Judged(NamedTuple):
    """The rows of a table, believed or refused, by a plan as it was."""

    rows: list[Result]
    customers: int  # that the plan had


def judge(connection: Connection, table: RawTable, id: str) -> Judged:
    """Return every row of a table, believed or refused with its reason; of what is refused only hashes are kept.

    MissingError where there is no such plan; ConflictError where its rows are kept no longer; DataError where all of
    its customers were erased.
    """
    kept = campaigns.get(connection, id)
    campaigns.check_rows(kept)
    plan = plan_of(connection, kept)
    if plan is None:
        raise DataError("all of its customers were erased", where=kept.subject)
    return Judged(_judge(table, plan, id), len(plan.frame))


def _judge(table: RawTable, plan: CampaignPlan, id: str) -> list[Result]:
    if "plan" in table.data:  # the plan at hand has lost its id, see `logs.plan_of`
        named = text(table, "plan")
        table = RawTable(table.file, table.data.assign(plan=named.where(named != id, "")), table.rows, table.sha256)
    rows = judged(table, plan)
    known = set(plan.frame["customer"])
    outcomes = rows[list(OUTCOMES)].astype(object)
    told = outcomes.where(outcomes.notna(), None).to_numpy().tolist()
    texts = rows[["key", "content", "reason", "customer", "time", "sent"]].to_numpy().tolist()
    return [_result(text, values, known) for text, values in zip(texts, told, strict=True)]


def record(
    connection: Connection, plan: Plan, table: RawTable, judged: Judged, *, complete: bool, actor: Actor, now: datetime
) -> tuple[Plan, Tally]:
    """Add rows to what came back of a plan; what is known already leaves no trace.

    They are judged again where somebody was erased since: rows only ever go with an erased customer.
    """
    if campaigns.count_rows(connection, plan.id) != judged.customers:
        judged = judge(connection, table, plan.id)
    rows = judged.rows
    tally = campaigns.add(connection, plan, rows, now=now)
    kept = campaigns.complete(connection, plan, now=now) if complete else plan
    if tally.written or kept != plan:
        details: Any = {"rows": len(rows), "new": tally.new, "known": tally.known, "refused": tally.refused,
                        "complete": kept.completed_at is not None}  # fmt: skip
        note(connection, kept, "record", details, actor=actor, now=now)
    return kept, tally


def _of_csv(body: bytes) -> RawTable:
    with tempfile.TemporaryDirectory(prefix="evenhand-results-") as folder:
        file = Path(folder) / "results.csv"
        file.write_bytes(body)
        try:
            return _named(results_table(read_table(file).data))
        except DataError as error:  # which folder of this machine it was is nobody's business
            where = (error.where or "body").replace(str(file), "body")
            raise DataError(error.what, where=where, rule=error.rule, mend=error.mend) from None


def _of_lines(body: bytes) -> RawTable:
    rows = list[dict[str, Any]]()
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            check_json(line, depth=_DEPTH)
        except Problem as problem:
            raise Problem(
                "malformed", str(problem.detail), where=f"body, line {number}", rule="one JSON object a line"
            ) from None
        row = json.loads(line)
        if not isinstance(row, dict) or any(isinstance(value, dict | list) for value in row.values()):
            raise DataError(
                "is no flat object", where=f"body, line {number}", rule="names with texts, numbers, yes or no"
            )
        rows.append(row)
        if len(rows) > MOST_ROWS:
            break
    if not rows:
        raise DataError("the body is empty", where="body", rule="one JSON object a line")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return _named(results_table(pd.DataFrame({name: [_cell(row.get(name)) for row in rows] for name in names})))


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _named(table: RawTable) -> RawTable:
    return RawTable("body", table.data, table.rows, table.sha256)


def _result(texts: list[str], outcomes: list[float | None], known: set[str]) -> Result:
    key, content, reason, customer, time, sent = texts
    if len(key) > LONGEST:
        key = "id-hash:" + sha256(key.encode()).hexdigest()
    if reason:
        return Result(key, content, reason, customer if customer in known else "", "", "")
    return Result(key, content, reason, customer, time, sent[:LONGEST], *outcomes)
