"""How a segmentation fared period by period, as pages show it: shares with their intervals, nothing of too few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from evenhand.registry.segmentations import Version
from evenhand.server.campaigns.periods import Seen, Share
from evenhand.server.pages.models.dashboard import Course, Metric, Period, Point, SegmentHealth, Trace
from evenhand.server.pages.views.samples import LEAST

__all__ = ["courses_of", "periods_of", "with_latest"]

UNKNOWN = ("", "unknown")  # how the unknown group is called
FEW = Point(value=None)


def periods_of(seen: Sequence[Seen]) -> tuple[Period, ...]:
    """Return the periods, the oldest first."""
    return tuple(Period(number=one.number, starts=one.starts, answers_missing=one.answers_missing) for one in seen)


def courses_of(
    seen: Sequence[Seen], kept: Sequence[Version], current: int, *, labels: Mapping[str, str],
    limit: tuple[str, float] | None,
) -> tuple[Course, ...]:  # fmt: skip
    """Return size, stability, engagement, conversion and gaps over the periods, as far as anything is known of each.

    Segments are those of the version `current`, and others that the newest period still has: a roll-out's. `labels` are
    those of protected attributes, and `limit` is the attribute whose gap the business limits, with its tolerance.
    """
    names = _segments(seen, kept, current)
    found = [
        _course("size", names, [{name: Point(value=float(n)) for name, n in one.sizes.items()} for one in seen]),
        _course("stability", names, [_known(one.stayed, exact=True) for one in seen]),
        _course("engagement", names, [_known(one.engaged) for one in seen]),
        _course("conversion", names, [_known(one.converted) for one in seen]),
    ]
    attributes = {name: labels.get(name, name) for one in seen for name in one.benefits}
    limits = {} if limit is None else dict([limit])
    gaps = _course("gap", attributes, [dict(_gaps(one.benefits)) for one in seen], limits)
    return tuple(course for course in (*found, gaps) if course.lines)


def with_latest(rows: Sequence[SegmentHealth], seen: Sequence[Seen], ids: Sequence[str]) -> tuple[SegmentHealth, ...]:
    """Return the rows of the segments `ids` with engagement and conversion of the newest period that tells each."""
    engaged, converted = (
        _known(next((found for one in reversed(seen) if (found := getattr(one, name))), {}))
        for name in ("engaged", "converted")
    )
    return tuple(
        replace(row, engagement=engaged.get(id), conversion=converted.get(id))
        for row, id in zip(rows, ids, strict=True)
    )


def _segments(seen: Sequence[Seen], kept: Sequence[Version], current: int) -> dict[str, str]:
    """Return the names of the segments to show by id, in their order."""
    newest_last = sorted(kept, key=lambda version: (version.number == current, version.number))
    names = {segment.id: segment.name for version in newest_last for segment in version.content.every}
    now = next(version for version in kept if version.number == current).content.ids
    others = [id for id in (seen[-1].sizes if seen else ()) if id not in now]
    return {id: names.get(id, id) for id in (*now, *others)}


def _course(
    metric: Metric, names: Mapping[str, str], periods: Sequence[Mapping[str, Point]], limits: Mapping[str, float] = {},
) -> Course:  # fmt: skip
    lines = [
        Trace(name=said, points=tuple(one.get(name) for one in periods), limit=limits.get(name))
        for name, said in names.items()
    ]
    return Course(metric=metric, lines=tuple(line for line in lines if line.last is not None))


def _known(shares: Mapping[str, Share], *, exact: bool = False) -> dict[str, Point]:
    """Return each share with its interval, unless everybody was counted so that there is nothing to be unsure of."""
    from evenhand.fairness.gaps import wilson  # scipy is slow to import

    found: dict[str, Point] = {}
    for name, share in shares.items():
        if share.of < LEAST:
            found[name] = FEW
            continue
        low, high = (None, None) if exact else (float(end) for end in wilson(share.yes, share.of))
        found[name] = Point(value=share.yes / share.of, low=low, high=high)
    return found


def _gaps(benefits: Mapping[str, Mapping[str, Share]]) -> Iterator[tuple[str, Point]]:
    """Yield the gap of each attribute: that of the two groups farthest apart, with the interval of their difference.

    Unknown and small groups are left out, as everywhere (`GroupRate.left_out`).
    """
    from evenhand.fairness.gaps import GroupRate, pairwise_differences, wilson

    for attribute, groups in benefits.items():
        rates = []
        for group, share in groups.items():
            low, high = wilson(share.yes, share.of)
            if group not in UNKNOWN:
                rates.append(GroupRate(group, share.of, share.yes / share.of, float(low), float(high)))
        apart = max(pairwise_differences(rates), key=lambda one: abs(one.difference), default=None)
        if apart is None:
            yield attribute, FEW
        else:
            ends = sorted((apart.low, apart.high) if apart.difference >= 0 else (-apart.high, -apart.low))
            yield attribute, Point(value=abs(apart.difference), low=ends[0], high=ends[1])
