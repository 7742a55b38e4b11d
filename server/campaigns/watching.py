"""After results came in: what came of a roll-out is noted, and one that harms is stopped, by the system.

Results ask for a look in their own transaction, as a job: none is forgotten, and no request waits for statistics.
What is noted and the stop, with its audit rows and events, are kept by the commit that ends the job.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from evenhand.errors import EvenhandError
from evenhand.experiments.watching import Look, Margins, look, settled, units_of
from evenhand.registry import campaigns, jobs, requests
from evenhand.registry.actor import SYSTEM
from evenhand.registry.campaigns import Plan
from evenhand.registry.database import Database
from evenhand.registry.requests.states import ROLLING
from evenhand.segments.canonical import Json
from evenhand.server.campaigns.logs import log_of
from evenhand.server.deps import Clock, utc_now

__all__ = ["WATCH", "ask_look", "looked_at", "watch_once"]

WATCH = "watch"  # the kind of these jobs
FAR = 99.0  # standard errors: beyond them a tail is 0, and JSON has no infinity


def ask_look(connection: Connection, plan: Plan, *, now: Any) -> bool:
    """Ask for a look at the roll-out during which a plan was made; False where there was none."""
    if plan.request is None:
        return False
    jobs.add_once(connection, WATCH, f"requests/{plan.request}", {"request": plan.request}, now=now)
    return True


def watch_once(database: Database, margins: Margins, *, clock: Clock = utc_now) -> bool:
    """Take one look that is due; False when there is none. Whoever dies over it leaves it to be taken again."""
    with database.writing() as connection:
        job = jobs.take(connection, kind=WATCH, now=clock())
    if job is None:
        return False
    id = int(job.document["request"])
    try:
        with database.reading() as connection:
            found = looked_at(connection, id, margins, clock=clock)
    except EvenhandError as error:
        with database.writing() as connection:
            jobs.give_back(connection, job, str(error), now=clock())
        return True
    with database.writing() as connection:
        if jobs.finish(connection, job) and found is not None:
            _keep(connection, id, *found, clock=clock)
    return True


def looked_at(
    connection: Connection, id: int, margins: Margins, *, clock: Clock
) -> tuple[Look, dict[str, Json]] | None:
    """Return a look at a request's roll-out and the document of it; None while no plan of it is settled."""
    until = clock().date()
    plans = campaigns.of_request(connection, id)
    seen = [(plan, log) for plan in plans if (log := log_of(connection, plan)) is not None and settled(log)]
    if not seen:
        return None
    found = look(units_of([log for _, log in seen], until=until), margins)
    return found, _document(found, [plan.id for plan, _ in seen])


def _keep(connection: Connection, id: int, found: Look, document: dict[str, Json], *, clock: Clock) -> None:
    """Note what came, where it is another thing than before, and stop what must stop."""
    request, now = requests.get(connection, id), clock()
    if request.realised != document:
        request = requests.note_realised(connection, id, document, actor=SYSTEM, now=now)
    if found.harm and request.state in ROLLING:
        requests.stop(connection, id, reason=f"Stopped by itself. {found.harm}"[:2_000], actor=SYSTEM, now=now)


def _document(found: Look, plans: list[str]) -> dict[str, Json]:
    """Return what came, as pages read it: `profit` and the others as mean, low and high of new minus old."""
    effects: dict[str, Json] = {name: dict(effect._asdict()) for name, effect in found.effects.items()}
    gaps: dict[str, Json] = {name: {"coming": new, "current": old} for name, (new, old) in found.gaps.items()}
    alarms: list[Json] = [
        {"of": alarm.of, "z": max(-FAR, min(alarm.z, FAR)), "needed": alarm.needed, "raised": alarm.raised}
        for alarm in found.alarms
    ]
    return {
        **effects, "source": "live", "plans": list(plans), "periods": found.periods, "customers": dict(found.customers),
        "gaps": gaps, "alarms": alarms, "why": found.why, "harm": found.harm,
    }  # fmt: skip
