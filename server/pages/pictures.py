"""Charts of view models, with titles and descriptions in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count

from markupsafe import Markup

from evenhand.experiments.svg import tag
from evenhand.server.pages import charts
from evenhand.server.pages.charts.svg import rect
from evenhand.server.pages.models.dashboard import Course, GapSeries, Metric, Period, Point
from evenhand.server.pages.models.experiments import Look
from evenhand.server.pages.models.parts import Estimate, Gap, Outcome, Segment, Unit
from evenhand.server.pages.models.policies import Calibration, Curve
from evenhand.server.pages.models.segmentations import Version
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.words import N_

__all__ = ["Pictures"]

_WORSE, _BETTER = N_("← worse"), N_("better →")
_LESS_BETTER, _MORE_WORSE = N_("← better"), N_("worse →")  # where less is better
_RATES = N_("Who receives beneficial offers, by %(attribute)s, before and after")
_RATIOS = N_("Ratio to the reference group, by %(attribute)s")
_CANNOT = N_("too few to tell")
_TILES = N_("Segments: the area of a tile is its number of customers")
_TREE = N_("Segments in their order: the first match wins; widths are numbers of customers")
_TIMELINE = N_("Versions in time")
_LEARNING = N_("Profit on validation customers against steps of training")
_BASELINE = N_("best fair alternative")
_GAPS = N_("Gaps between groups over time")
_TOLERANCE = N_("tolerance")
_COURSE = N_("%(what)s, period by period")
_PERIOD = N_("Period %(n)s")
_PATH = N_("Path of %(metric)s, in standard errors from no effect, against the share of the planned information")
_SHOWN_BETTER, _SHOWN_HARM = N_("shown to be better"), N_("shown to harm")
_CALIBRATION = N_("What was predicted against what came")
_PREDICTED, _REALISED = N_("predicted →"), N_("↑ came true")


class Pictures:
    """Draws for one page: each picture gets a name of its own, so ids never meet twice."""

    def __init__(self, speech: Speech, period: str) -> None:
        self.say = speech
        self.period = period
        self._numbers = count(1)

    def swatch(self, tone: int) -> Markup:
        """Draw the small square of a campaign."""
        return charts.swatch(self._name(), tone)

    def said(self, estimate: Estimate, outcome: Outcome) -> str:
        """Write an estimate as its chart does."""
        return self.say.interval(estimate, outcome.unit, self.say.digits(outcome.estimates), signed=True)

    def effects(self, outcome: Outcome) -> Markup:
        """Draw what is expected of a metric, by kind of evidence."""
        say, digits = self.say, self.say.digits(outcome.estimates)
        rows = [
            charts.Effect(e.source, say.word("source", e.source), self.said(e, outcome), e.mean, e.low, e.high)
            for e in outcome.estimates
        ]
        return charts.effects(
            rows,
            name=self._name(),
            title=say.word("metric", outcome.metric),
            desc=_told(rows),
            write=lambda value: say.amount(value, outcome.unit, digits),
            ends=(say(_WORSE), say(_BETTER)) if outcome.better == "high" else (say(_LESS_BETTER), say(_MORE_WORSE)),
        )

    def rates(self, gap: Gap) -> Markup:
        """Draw the rates of an attribute's groups, before and after."""
        say = self.say
        rows = [
            charts.Rate(row.group, f"{say.share(row.before, 1)} → {say.share(row.after, 1)}", row.before, row.after)
            for row in gap.groups
        ]
        title = say(_RATES) % {"attribute": gap.attribute}
        return charts.rates(rows, name=self._name(), title=title, desc=_told(rows), write=say.share)

    def ratios(self, gap: Gap) -> Markup:
        """Draw the ratios of an attribute's groups to its reference group."""
        say = self.say
        rows = [
            charts.Ratio(row.group, self.ratio(row.ratio, row.low, row.high), row.ratio, row.low, row.high)
            for row in gap.groups
            if row.note not in ("reference", "unknown")
        ]
        title = say(_RATIOS) % {"attribute": gap.attribute}
        write = partial(say.number, digits=2)
        return charts.ratios(rows, name=self._name(), title=title, desc=_told(rows), write=write)

    def ratio(self, ratio: float | None, low: float | None, high: float | None) -> str:
        """Write a ratio with its interval, or that it cannot be told."""
        if ratio is None:
            return self.say(_CANNOT)
        said = self.say.number(ratio, 2)
        return said if low is None or high is None else f"{said} {self.say.limits(low, high, 'points', 2)}"

    def tiles(self, segments: Sequence[Segment], *, upright: bool = False) -> Markup:
        """Draw segments as tiles; upright for narrow screens."""
        say = self.say
        rows = [charts.Tile(s.name, s.campaign.name, s.campaign.tone, s.customers, say.number(s.customers))
                for s in segments]  # fmt: skip
        desc = "; ".join(f"{row.name}: {row.said}, {row.campaign}" for row in rows)
        return charts.tiles(rows, name=self._name(), title=say(_TILES), desc=desc, upright=upright)

    def tree(self, segments: Sequence[Segment]) -> Markup:
        """Draw segments as the list of questions that they are."""
        say = self.say
        rows = [charts.Branch(s.name, s.campaign.name, s.campaign.tone, s.customers, say.number(s.customers))
                for s in segments]  # fmt: skip
        desc = "; ".join(f"{row.name}: {row.said}, {row.campaign}" for row in rows)
        return charts.tree(rows, name=self._name(), title=say(_TREE), desc=desc)

    def timeline(self, versions: Sequence[Version]) -> Markup:
        """Draw the versions of a segmentation in time."""
        say = self.say
        moments = [
            charts.Moment(v.number, v.at.timestamp(), v.standing, f"{v.number}: {say.day(v.at)}, {v.by.display}")
            for v in versions
        ]
        ends = (say.day(min(v.at for v in versions)), say.day(max(v.at for v in versions)))
        desc = "; ".join(moment.said for moment in moments)
        return charts.timeline(moments, name=self._name(), title=say(_TIMELINE), desc=desc, ends=ends)

    def learning(self, curves: Sequence[Curve], baseline: float | None) -> Markup:
        """Draw the learning curves of a policy's seeds."""
        say = self.say
        desc = "; ".join(f"{curve.name}: {say.number(curve.values[-1], 4)}" for curve in curves if curve.values)
        return charts.lines(
            [charts.Curve(curve.name, curve.steps, curve.values) for curve in curves],
            name=self._name(),
            title=say(_LEARNING),
            desc=desc,
            write=partial(say.number, digits=3),
            write_x=say.number,
            limit=None if baseline is None else charts.Limit(say(_BASELINE), baseline),
        )

    def gaps(self, series: GapSeries) -> Markup:
        """Draw the gaps between groups over time."""
        say = self.say
        xs = list(range(len(series.periods)))
        last = [(one.name, next((v for v in reversed(one.values) if v is not None), None)) for one in series.series]
        return charts.lines(
            [charts.Curve(one.name, xs, one.values) for one in series.series],
            name=self._name(),
            title=say(_GAPS),
            desc="; ".join(f"{name}: {say.number(value, 3)}" for name, value in last if value is not None),
            write=partial(say.number, digits=2),
            write_x=lambda x: say.day(series.periods[min(max(round(x), 0), len(xs) - 1)]),
            limit=None if series.tolerance is None else charts.Limit(say(_TOLERANCE), series.tolerance),
            from_zero=True,
        )

    def begin(self, period: Period) -> str:
        """Write which period it is: its first day, or its number where no campaign plan says when it was."""
        return self.say(_PERIOD) % {"n": period.number} if period.starts is None else self.say.day(period.starts)

    def begins(self, periods: Sequence[Period]) -> str:
        """Write several periods."""
        return self.say.listed(self.begin(one) for one in periods)

    def point(self, metric: Metric, point: Point | None) -> str:
        """Write a value with its interval, that there were too few, or a dash where nothing is known."""
        say = self.say
        if point is None:
            return "–"
        if point.value is None:
            return say(_CANNOT)
        if metric == "size":
            return say.number(point.value)
        unit: Unit = "points" if metric == "gap" else "share"
        digits = 3
        said = say.amount(point.value, unit, digits)
        if point.low is None or point.high is None:
            return said
        return f"{said} {say.limits(point.low, point.high, unit, digits)}"

    def course(self, course: Course, periods: Sequence[Period]) -> Markup:
        """Draw how one thing went over the periods, a segment or an attribute a row."""
        say = self.say
        rows = [
            charts.Panel(
                row.name, self.point(course.metric, row.last),
                [None if one is None or one.value is None else (one.value, one.low, one.high) for one in row.points],
                row.limit,
            )
            for row in course.lines
        ]  # fmt: skip
        write: Callable[[float], str] = say.number if course.metric == "size" else say.share
        if course.metric == "gap":
            write = partial(say.number, digits=2)
        return charts.panels(
            rows,
            name=self._name(),
            title=say(_COURSE) % {"what": say.word("course", course.metric)},
            desc=_told(rows),
            write=write,
            ends=(self.begin(periods[0]), self.begin(periods[-1])),
            alike=course.metric != "size",
        )

    def sequential(self, looks: Sequence[Look], metric: str) -> Markup:
        """Draw the path of an experiment through its bounds."""
        say = self.say
        steps = [charts.Step(look.information, look.z, look.upper, look.lower) for look in looks]
        taken = [f"{say.share(s.share)}: {say.number(s.z, 2, signed=True)}" for s in steps if s.z is not None]
        return charts.sequential(
            steps,
            name=self._name(),
            title=say(_PATH) % {"metric": metric},
            desc="; ".join(taken),
            write=partial(say.number, signed=True),
            write_x=say.share,
            words=(say(_SHOWN_BETTER), say(_SHOWN_HARM)),
        )

    def calibration(self, rows: Sequence[Calibration]) -> Markup:
        """Draw what was predicted against what came."""
        say = self.say
        digits = say.digits([one for row in rows for one in (row.predicted, row.realised)])
        pairs = [
            charts.Pair(
                f"{row.request}: {say.interval(row.predicted, 'money', digits)} / "
                f"{say.interval(row.realised, 'money', digits)}",
                (row.predicted.mean, row.predicted.low, row.predicted.high),
                (row.realised.mean, row.realised.low, row.realised.high),
            )
            for row in rows
        ]
        return charts.calibration(
            pairs,
            name=self._name(),
            title=say(_CALIBRATION),
            desc="; ".join(pair.label for pair in pairs),
            write=partial(say.number, digits=max(digits - 1, 0)),
            words=(say(_PREDICTED), say(_REALISED)),
        )

    def meter(self, used: float) -> Markup:
        """Draw how much of a limit is used; over 1 it is broken."""
        full = 200 * min(max(used, 0.0), 1.0)
        over = " over" if used > 1 else ""
        parts = [rect(0, 0, 200, 10, "back", rx=3), rect(0, 0, full, 10, "full", rx=3)]
        return tag(
            "svg", *parts, class_=f"meter{over}", viewBox="0 0 200 10", preserveAspectRatio="none", aria_hidden="true"
        )

    def _name(self) -> str:
        return f"picture-{next(self._numbers)}"


def _told(
    rows: Sequence[charts.Effect] | Sequence[charts.Rate] | Sequence[charts.Ratio] | Sequence[charts.Panel],
) -> str:
    return "; ".join(f"{row.label}: {row.said}" for row in rows)
