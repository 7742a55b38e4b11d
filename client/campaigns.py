"""The loop from Python: campaign plans out, results in, observations, and what came of a change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, cast

from evenhand.client.answers import Outcome, Plan, PlanRow, Recorded
from evenhand.client.wire import Wire

__all__ = ["Campaigns"]

AT_ONCE = 50_000  # rows of results in one request


class Campaigns:
    """What a business's own sending tool does with the policy server; part of `Client`."""

    _wire: Wire

    def plan(self, segmentation: str, starts: date | str, **options: Any) -> Plan:
        """Make a campaign plan from a day on (`period`, `periods`, `exploration`, …); the same again is the same."""
        body = {"segmentation": segmentation, "starts": str(starts), **options}
        return cast(Plan, self._wire.write("POST", "/v1/campaign-plans", body))

    def plan_rows(self, id: str, *, after: str = "") -> Iterator[PlanRow]:
        """Yield who gets which campaign, one customer at a time by key; contact those whose `send` is true."""
        query = {"format": "ndjson", "after": after or None}
        return cast("Iterator[PlanRow]", self._wire.lines(f"/v1/campaign-plans/{id}/rows", **query))

    def withdraw_plan(self, id: str) -> None:
        """Take back a plan that was not sent."""
        self._wire.write("DELETE", f"/v1/campaign-plans/{id}")

    def record(self, id: str, rows: Iterable[Mapping[str, Any]], *, complete: bool = False) -> list[Recorded]:
        """Send results, and say with `complete` that whoever is not among them did nothing; an answer for each part.

        A row has `customer`, `time` (ISO 8601) and outcomes: `delivered`, `opened`, `clicked`, `redeemed`,
        `unsubscribed`, `spend`, `margin`. Rows that are sent again are known again; refused ones are counted.
        """
        lines, answers = [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows], list[Recorded]()
        for start in range(0, len(lines), AT_ONCE):
            part, last = lines[start : start + AT_ONCE], start + AT_ONCE >= len(lines)
            path = f"/v1/campaign-plans/{id}/results"
            said = self._wire.post_lines(path, part, complete="true" if complete and last else None)
            answers.append(cast(Recorded, said))
        return answers

    def observe(
        self, segmentation: str, version: int, *, plan: str | None = None, period: int | None = None,
        segments: Sequence[Mapping[str, Any]] = (), replace: bool = False,
    ) -> int:  # fmt: skip
        """Keep what was seen of a version, told by `segments` or counted from a plan's results; return its id."""
        body: dict[str, Any] = {"version": version, "segments": list(segments), "period": period, "plan": plan}
        path = f"/v1/segmentations/{segmentation}/observations"
        return int(self._wire.write("POST", path, {**body, "replace": replace})["id"])

    def outcome(self, request: int) -> Outcome:
        """Return what was foretold of a request and what came of it."""
        return cast(Outcome, self._wire.get(f"/v1/change-requests/{request}/outcome"))
