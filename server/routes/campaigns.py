"""Campaign plans out and results in: the loop of a business's own sending tool."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from evenhand.registry import campaigns
from evenhand.registry.audit import Entry
from evenhand.registry.campaigns import Row
from evenhand.registry.customers import consents_of
from evenhand.server.auth import Caller, require
from evenhand.server.deps import Deps, DepsOf
from evenhand.server.problems import Problem
from evenhand.server.schemas.base import After, Limit, Page
from evenhand.server.schemas.campaigns import Format, NewPlan, OfSegmentation, PlanDetail, PlanId, PlanShown, Recorded
from evenhand.server.writing import Done, Write, respond, writes

__all__ = ["router"]

router = APIRouter(prefix="/v1/campaign-plans", tags=["plans"])
Reader = Annotated[Caller, require("plans:read")]
Planning = Annotated[Write, writes("plans:write")]
AT_ONCE = 2_000  # rows of a plan read in one query
SHOWN = tuple(name for name in Row._fields if name not in ("eligible", "baseline"))
COLUMNS = ("plan", *SHOWN, "period", "block", "send")
CSV, LINES = "text/csv", "application/x-ndjson"
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The rows", "content": {kind: {"schema": {"type": "string"}} for kind in (CSV, LINES)}}
}
SENT = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string"}} for kind in (CSV, LINES)},
    }
}


@router.post("", response_model=PlanShown, status_code=201, summary="Make a campaign plan")
def make(body: NewPlan, write: Planning) -> Response:
    """Decide who gets what from a day on, and with what chance, by the version in force; during a roll-out by both.

    Who does not consent to a channel gets no campaign of it. The same plan again is the one that is kept.
    """
    from evenhand.experiments.exploration import Exploration
    from evenhand.server.campaigns.planning import Asked, keep, prepare  # with everything that plans

    asked = Asked(
        body.segmentation, body.starts, body.period, body.periods, body.block_periods, body.period_days,
        Exploration(body.exploration, body.floor),
    )  # fmt: skip
    with write.deps.database.reading() as connection:
        prepared = prepare(connection, asked)  # beforehand: nobody else waits for it

    def command(connection: Connection, now: datetime) -> Done:
        plan = keep(connection, asked, prepared, actor=write.actor, now=now)
        return Done(PlanShown.of(plan), 201, location=f"/v1/campaign-plans/{plan.id}")

    return write.once(command)


@router.get("", response_model=Page[PlanShown], summary="List campaign plans")
def list_all(
    caller: Reader, deps: DepsOf, segmentation: OfSegmentation = None, after: After = "", limit: Limit = 100
) -> Response:
    """List campaign plans, the newest first."""
    with deps.database.reading() as connection:
        found = campaigns.every(connection, segmentation=segmentation, after=after, limit=limit + 1)
    shown = [PlanShown.of(plan) for plan in found[:limit]]
    return respond(Done(Page[PlanShown](items=shown, next=shown[-1].id if len(found) > limit else None)))


@router.get("/{id}", response_model=PlanDetail, summary="Read a campaign plan")
def read(id: PlanId, caller: Reader, deps: DepsOf) -> Response:
    """Show a campaign plan in numbers, and how much is known of what came back."""
    with deps.database.reading() as connection:
        plan = campaigns.get(connection, id)
        shown = PlanDetail.of_all(
            plan, rows=campaigns.count_rows(connection, id), answered=campaigns.answered(connection, id),
            refused=campaigns.refused(connection, id),
        )  # fmt: skip
    return respond(Done(shown))


@router.get("/{id}/rows", response_class=StreamingResponse, responses=ANSWERS, summary="Send a campaign plan")
def rows(
    id: PlanId,
    caller: Reader,
    deps: DepsOf,
    format: Format = "csv",
    after: Annotated[str, Query(max_length=100, description="Only customers behind this key, to go on.")] = "",
) -> Response:
    """Give out who gets which campaign, a row per customer by key. Personal data: the audit log holds who asked first.

    `send` is yes where the campaign is a contact and the customer consents to it at this moment, objections that came
    after the plan included: send those rows. Long after the plan they are kept no longer.
    """
    with deps.database.reading() as connection:
        plan = campaigns.get(connection, id)
    campaigns.check_rows(plan)
    details: Any = {"format": format, "from_the_start": not after}
    deps.serving.audit.append(Entry("plan.read", plan.subject, details, caller.actor, deps.clock())).result()
    write = _csv if format == "csv" else _lines
    kind, name = (CSV, f"plan-{id}.csv") if format == "csv" else (LINES, f"plan-{id}.ndjson")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(write(_parts(deps, plan, after)), media_type=kind, headers=headers)


@router.delete("/{id}", status_code=204, summary="Withdraw a campaign plan")
def withdraw(id: PlanId, write: Planning) -> Response:
    """Take back a plan that nobody sent, with its rows; one with results stays."""

    def command(connection: Connection, now: datetime) -> Done:
        campaigns.withdraw(connection, id, actor=write.actor, now=now)
        return Done(status=204)

    return write.once(command)


async def _sent(request: Request) -> tuple[bytes, str]:
    """Return the body and its kind; the problem `media-type` for another one than CSV and JSON lines."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (CSV, LINES):
        raise Problem("media-type", "results are sent in another kind of content", where="Content-Type",
                      rule=f"{CSV} or {LINES}")  # fmt: skip
    return await request.body(), kind


@router.post("/{id}/results", response_model=Recorded, openapi_extra=SENT, summary="Record results")
def record(
    id: PlanId,
    write: Annotated[Write, writes("results:write")],
    sent: Annotated[tuple[bytes, str], Depends(_sent)],
    complete: Annotated[bool, Query(description="These are the last: whoever is not among them did nothing.")] = False,
) -> Response:
    """Join what came back with the plan: late, partial and repeated rows in any order give the same.

    Columns: `customer`, `time`, any of the outcomes (`delivered`, `opened`, `clicked`, `redeemed`, `unsubscribed`,
    `spend`, `margin`), and as you like `id`, `plan` and `campaign`. A row that cannot be believed is refused, counted
    and named with its reason; the others are kept.
    """
    from evenhand.customers.results import REASONS
    from evenhand.server.campaigns import recording, watching

    table = recording.read_results(*sent)
    with write.deps.database.reading() as connection:
        judged = recording.judge(connection, table, id)  # beforehand: nobody else waits for it

    def command(connection: Connection, now: datetime) -> Done:
        plan = campaigns.get(connection, id)
        kept, tally = recording.record(connection, plan, table, judged, complete=complete, actor=write.actor, now=now)
        looks = (tally.written > 0 or kept != plan) and watching.ask_look(connection, kept, now=now)
        answered = campaigns.answered(connection, id)
        return Done(Recorded.of(kept, tally, REASONS, answered=answered, looks=looks))

    return write.once(command)


# -------------------------------------------------------------------------------------------------- inside


def _parts(deps: Deps, plan: campaigns.Plan, after: str) -> Iterator[list[dict[str, Any]]]:
    """Yield rows part by part, each of one moment; nobody writes rows of a plan after it was made."""
    about = plan.document["about"]
    channels = {one["id"]: one["channel"] for one in about["campaigns"]}
    block = about["period"] // about["block_periods"]
    while True:
        with deps.database.reading() as connection:
            found = campaigns.rows_of(connection, plan.id, after=after, limit=AT_ONCE)
            consents = consents_of(connection, [row.customer for row in found])
        yield [
            {
                "plan": plan.id, **{name: getattr(row, name) for name in SHOWN}, "period": about["period"],
                "block": block, "send": consents.get(row.customer, {}).get(channels[row.campaign], False),
            }
            for row in found
        ]  # fmt: skip
        if len(found) < AT_ONCE:
            return
        after = found[-1].customer


def _csv(parts: Iterator[list[dict[str, Any]]]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for part in parts:
        writer.writerows(part)
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def _lines(parts: Iterator[list[dict[str, Any]]]) -> Iterator[str]:
    for part in parts:
        yield "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in part)
