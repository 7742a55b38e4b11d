"""The path of a trial through its boundaries: standard errors from no effect at each look, and what is needed there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from evenhand.experiments.gate import Evidence
from evenhand.experiments.gate.gains import ends
from evenhand.experiments.gate.harm import harm_monitoring
from evenhand.experiments.report.ab.told import Told
from evenhand.experiments.report.figures import fixed, per_cent
from evenhand.experiments.report.panel import Panel
from evenhand.experiments.report.svg import picture
from evenhand.experiments.sequential import bounds, even_looks
from evenhand.experiments.svg import Scale, group, round_ticks, tag, text
from evenhand.experiments.trial.looks import PlannedLooks

__all__ = ["Course", "LookRow", "boundary_panel", "course_of", "crossed_before", "look_rows"]

WIDTH, HEIGHT = 320.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 34.0, 10.0, 18.0, 38.0
FARTHEST = 12.0  # standard errors: bounds and paths beyond are drawn at the edge


class LookRow(NamedTuple):
    """One look in words."""

    until: str
    share: str
    difference: str
    z: str
    needed: str


def look_rows(told: Told, metric: str) -> list[LookRow]:
    """Return every look whose evidence is at hand: when, how much, how far, and how far was needed."""
    upper = dict(zip(told.now.looks, _needed(told, told.now.looks), strict=True))
    rows = []
    for look in told.looks:
        result, share = told.result(metric, look), look.looks[-1]
        z = _z(told, metric, look)
        rows.append(
            LookRow(
                str(look.until), per_cent(share, 0), "–" if result is None else f"{result.difference.value:+.4g}",
                "–" if z is None else fixed(z, 2, signed=True),
                fixed(upper[share], 2) if math.isfinite(upper[share]) else "may not tell",
            )
        )  # fmt: skip
    return rows


class Course(NamedTuple):
    """The looks so far and to come, what each of them needs, and the path of one primary metric."""

    shares: list[float]  # (L,) of the planned information
    upper: list[float]  # (L,) standard errors from which on it is shown to be better; infinite: may not tell
    lower: list[float]  # (L,) below which harm is shown
    path: list[tuple[float, float]]  # share, standard errors from no effect, better upwards


def course_of(told: Told, metric: str) -> Course:
    """Return the course of a trial as far as its looks are at hand."""
    shares = [*told.now.looks, *_shares_to_come(told)]
    path = [(look.looks[-1], z) for look in told.looks if (z := _z(told, metric, look)) is not None]
    return Course(shares, _needed(told, shares), [-z for z in _harmful(told, shares)], path)


def boundary_panel(told: Told, metric: str) -> Panel:
    """Draw the bounds of the looks so far and to come, and the path of one primary metric through them."""
    shares, upper, lower, path = course_of(told, metric)
    most = max(1.0, shares[-1])
    finite = [abs(z) for z in (*upper, *lower, *(z for _, z in path)) if math.isfinite(z)]
    reach = min(FARTHEST, max([3.0, *finite]) + 0.6)
    x, y = Scale(0.0, most, LEFT, WIDTH - RIGHT), Scale(-reach, reach, HEIGHT - BOTTOM, TOP)
    parts = [
        _axes(x, y),
        _bound(shares, upper, x, y, "step", "shown to be better", above=True),
        _bound(shares, lower, x, y, "limit", "shown to harm", above=False),
        _path(path, x, y, metric),
    ]
    said = "; ".join(f"at {per_cent(share, 0)} of the information {fixed(z, 2, signed=True)}" for share, z in path)
    bounds_said = "; ".join(f"at {per_cent(share, 0)} {fixed(z, 2)}" for share, z in zip(shares, upper, strict=True)
                            if math.isfinite(z))  # fmt: skip
    label = (
        f"Path of {metric}, in standard errors from no effect: {said or 'no look'}. Needed: {bounds_said or 'none'}."
    )
    note = (
        f"Standard errors from no effect against the share of the planned information; the upper line is what {metric} "
        f"must reach to be shown better, the lower one where harm is shown · {told.now.origin}"
    )
    return Panel(f"The path of {metric}", note, picture(WIDTH, HEIGHT, label, parts))


def crossed_before(told: Told, metric: str) -> bool:
    """Return whether an earlier look at hand had already shown a primary metric to be better or worse."""
    upper = dict(zip(told.now.looks, _needed(told, told.now.looks), strict=True))
    return any(abs(z) >= upper[look.looks[-1]] for look in told.looks[:-1] if (z := _z(told, metric, look)) is not None)


def _z(told: Told, metric: str, look: Evidence) -> float | None:
    result = told.result(metric, look)
    if result is None:
        return None
    sign = 1.0 if told.plan.metric(metric).direction == "up" else -1.0
    return sign * result.difference.value / result.difference.se


def _shares_to_come(told: Told) -> list[float]:
    plan, last = told.plan, told.now.looks[-1]
    planned = plan.looks.fractions if isinstance(plan.looks, PlannedLooks) else even_looks(plan.looks.count)
    return [] if ends(told.plan, told.now) else [share for share in planned if share > last * (1 + 1e-9)]


def _needed(told: Told, shares: Sequence[float]) -> list[float]:
    """Return the bound of the best primary metric: Holm's first step over primaries and challengers."""
    plan = told.plan
    alpha = plan.alpha / (len(plan.primary) * len(plan.challengers))
    final = ends(told.plan, told.now) and len(shares) == len(told.now.looks)
    return list(bounds(plan.monitoring, tuple(shares), alpha=alpha, final=final).upper)


def _harmful(told: Told, shares: Sequence[float]) -> list[float]:
    """Return the bound of the worst of all tests of harm: Holm's first step."""
    plan = told.plan
    tests = max(1, sum(test.question == "harmed" for test in told.decision.tests))
    return list(bounds(harm_monitoring(plan), tuple(shares), alpha=plan.alpha / tests).upper)


def _axes(x: Scale, y: Scale) -> Markup:
    parts = []
    for value in round_ticks(y.low, y.high, 6):
        class_ = "zero" if value == 0 else "grid"
        parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y(value), y2=y(value), class_=class_))
        parts.append(text(LEFT - 6, y(value) + 4, fixed(value, 0, signed=True), "tick", "end"))
    for value in round_ticks(x.low, x.high):
        anchor = "end" if x(value) > WIDTH - 24 else "middle"
        parts.append(text(x(value), HEIGHT - BOTTOM + 16, per_cent(value, 0), "tick", anchor))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, "share of the planned information", "tick", "middle"))
    return group(parts)


def _bound(
    shares: Sequence[float], values: Sequence[float], x: Scale, y: Scale, class_: str, name: str, *, above: bool
) -> Markup:
    """Draw a bound through its looks; a look that may not stop the trial has none."""
    points = [(x(s), y.inside(z)) for s, z in zip(shares, values, strict=True) if math.isfinite(z)]
    if not points:
        return Markup("")
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    ticks = [tag("line", x1=a, x2=a, y1=b - 3, y2=b + 3, class_=class_) for a, b in points]
    # Bounds fall with the looks: over the first of the upper ones, if it has a place there, and under the last is room.
    label = (
        text(points[0][0], points[0][1] - 8, name, f"tick {class_}-text")
        if above and points[0][0] < WIDTH / 2
        else text(WIDTH - RIGHT, points[-1][1] + 15, name, f"tick {class_}-text", "end")
    )
    return group([tag("polyline", points=line, class_=class_), *ticks, label], title=name)


def _path(path: Sequence[tuple[float, float]], x: Scale, y: Scale, metric: str) -> Markup:
    places = [(x(0.0), y(0.0)), *((x(share), y.inside(z)) for share, z in path)]
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    dots = [tag("circle", cx=a, cy=b, r=4.5, class_="dot") for a, b in places[1:]]
    return group([tag("polyline", points=line, class_="curve"), *dots], title=metric, class_="mark learned")
