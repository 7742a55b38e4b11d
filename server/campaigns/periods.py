"""What each period showed of a segmentation: its campaign plans with their results, and observations, in counts.

Nothing here knows a customer: the registry counts plans in the database, and observations are counts.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection

from evenhand.registry import campaigns
from evenhand.registry.campaigns import Cell, Observation, Plan
from evenhand.segments import NO_CONTACT

__all__ = ["Counts", "Seen", "Share", "seen_by_period"]

T = TypeVar("T")
MOST = 26  # periods, the newest
MOST_ROWS = 400_000  # of the plans that are counted for one page, but for two: a second or two each 100,000
KEPT = 400  # plans whose counts are remembered


class Share(NamedTuple):
    """So many of so many."""

    yes: int
    of: int


class Seen(NamedTuple):
    """One period, by segment; a segment is left out of what is not known of it."""

    number: int
    starts: date | None  # None: only observations tell of it
    answers_missing: bool  # of its plan
    sizes: Mapping[str, int]
    stayed: Mapping[str, Share]  # of those who were in the segment the period before
    engaged: Mapping[str, Share]  # of those who were contacted
    converted: Mapping[str, Share]
    benefits: Mapping[str, Mapping[str, Share]]  # by protected attribute and group; "" is the unknown group


class Counts:
    """The counts of plans, remembered as long as they stand: an old plan is not counted again for each look."""

    def __init__(self) -> None:
        self._cells = OrderedDict[tuple[Any, ...], list[Cell]]()
        self._stayed = OrderedDict[tuple[Any, ...], dict[str, tuple[int, int]]]()
        self._lock = Lock()

    def cells(self, connection: Connection, plan: Plan) -> list[Cell]:
        """Return the cells of a plan."""
        stamp = campaigns.stamp_of(connection, plan.id, plan.completed_at)
        return self._kept(self._cells, (plan.id, stamp), lambda: campaigns.cells_of(connection, plan.id))

    def stayed(self, connection: Connection, before: Plan, after: Plan) -> dict[str, tuple[int, int]]:
        """Return who stayed from one plan to the next; rows only ever go with an erased customer."""
        sizes = [campaigns.count_rows(connection, plan.id) for plan in (before, after)]
        key = (before.id, after.id, *sizes)
        return self._kept(self._stayed, key, lambda: campaigns.stayed(connection, before.id, after.id))

    def _kept(self, kept: OrderedDict[tuple[Any, ...], T], key: tuple[Any, ...], count: Callable[[], T]) -> T:
        with self._lock:
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
        found = count()
        with self._lock:
            kept[key] = found
            while len(kept) > KEPT:
                kept.popitem(last=False)
        return found


def seen_by_period(connection: Connection, segmentation: str, counts: Counts, *, today: date) -> list[Seen]:
    """Return the newest periods that have begun, the oldest first: plans, and observations where plans tell less."""
    plans = _plans(connection, segmentation, today)
    told: dict[int, list[Observation]] = {}
    for one in campaigns.observed_all(connection, segmentation, limit=4 * MOST):
        told.setdefault(one.period, []).append(one)
    found: dict[int, Seen] = {number: _of_observations(number, several) for number, several in told.items()}
    before: Plan | None = None
    for plan in plans:
        stayed = {} if before is None else counts.stayed(connection, before, plan)
        seen = _of_plan(plan, counts.cells(connection, plan), stayed)
        found[seen.number] = _with_rates(seen, found.get(seen.number))
        before = plan
    return [found[number] for number in sorted(found)][-MOST:]


def _plans(connection: Connection, segmentation: str, today: date) -> list[Plan]:
    """Return the plans that are counted, the oldest first: the newest that have begun, as far as their rows allow."""
    found, rows = list[Plan](), 0
    for plan in campaigns.every(connection, segmentation=segmentation):
        if plan.forgotten or date.fromisoformat(plan.document["starts"]) > today:
            continue
        rows += int(plan.document["customers"])
        if len(found) == MOST or (len(found) >= 2 and rows > MOST_ROWS):
            break
        found.append(plan)
    return sorted(found, key=lambda plan: str(plan.document["starts"]))


def _of_plan(plan: Plan, cells: Sequence[Cell], stayed: Mapping[str, tuple[int, int]]) -> Seen:
    about = plan.document["about"]
    settled = plan.completed_at is not None or all(cell.answered == cell.customers for cell in cells)
    contacted = [cell for cell in cells if cell.campaign != NO_CONTACT.id]
    rates = {
        name: _shares((cell.segment, getattr(cell, name), cell.customers) for cell in contacted)
        if settled and _told(contacted, name, complete=plan.completed_at is not None)
        else {}
        for name in ("engaged", "redeemed")
    }
    good = {one["id"] for one in about["campaigns"] if one["beneficial"]}
    return Seen(
        number=int(about["period"]), starts=date.fromisoformat(plan.document["starts"]), answers_missing=not settled,
        sizes=_sums((cell.segment, cell.customers) for cell in cells),
        stayed={segment: Share(still, members) for segment, (members, still) in stayed.items()},
        engaged=rates["engaged"], converted=rates["redeemed"],
        benefits={
            name: _shares(
                (cell.groups.get(name) or "", cell.customers * (cell.campaign in good), cell.customers)
                for cell in cells
            )
            for name in about["protected"]
        },
    )  # fmt: skip


def _told(cells: Sequence[Cell], name: str, *, complete: bool) -> bool:
    """Whether an outcome is known of everybody who was contacted; of a complete plan, silence means that it was not."""
    known = [cell.told_opened if name == "engaged" else cell.told_redeemed for cell in cells]
    return any(known) if complete else all(n == cell.customers for n, cell in zip(known, cells, strict=True))


def _of_observations(number: int, several: Iterable[Observation]) -> Seen:
    """Return a period as it was told, of all versions together."""
    rows = [segment for one in several for segment in one.document["segments"]]
    sent = [(row["segment"], part) for row in rows for part in row["campaigns"] if part["campaign"] != NO_CONTACT.id]
    return Seen(
        number, None, answers_missing=False, sizes=_sums((row["segment"], row["customers"]) for row in rows),
        stayed={}, engaged=_shares((segment, part["opens"], part["sends"]) for segment, part in sent),
        converted=_shares((segment, part["redemptions"], part["sends"]) for segment, part in sent), benefits={},
    )  # fmt: skip


def _with_rates(seen: Seen, told: Seen | None) -> Seen:
    """Return what a plan showed, with the rates that were told where its own results do not tell them."""
    if told is None:
        return seen
    return seen._replace(engaged=seen.engaged or told.engaged, converted=seen.converted or told.converted)


def _sums(pairs: Iterator[tuple[str, int]]) -> dict[str, int]:
    found = Counter[str]()
    for name, n in pairs:
        found[name] += n
    return dict(found)


def _shares(triples: Iterator[tuple[str, int, int]]) -> dict[str, Share]:
    yes, of = Counter[str](), Counter[str]()
    for name, some, every in triples:
        yes[name] += some
        of[name] += every
    return {name: Share(yes[name], of[name]) for name in of if of[name]}
