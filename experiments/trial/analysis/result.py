"""What an analysis found, as one object: it prints, it becomes tables and plain values, and it fills evidence."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any

import pandas as pd

from evenhand.errors import DataError, nearest
from evenhand.experiments.gate.evidence import Evidence, MetricResult, Origin
from evenhand.experiments.gate.gains import differences
from evenhand.experiments.inference import OverTime
from evenhand.experiments.inference.fairness import FairnessPair
from evenhand.experiments.trial.analysis.effects import Effect
from evenhand.experiments.trial.analysis.groups import Parting
from evenhand.experiments.trial.analysis.look import Look
from evenhand.experiments.trial.analysis.span import Span
from evenhand.experiments.trial.check import Check
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan

__all__ = ["Analysis", "Course", "Trial"]


@dataclass(frozen=True, slots=True)
class Course:
    """The effect on one metric period by period."""

    metric: str
    arm: str
    over_time: OverTime | None
    reason: str = ""  # why there is none


@dataclass(frozen=True, slots=True)
class Trial:
    """What the data are: their hash, origin, days, and how many units and randomised clusters each arm has."""

    data_sha256: str
    origin: Origin
    span: Span
    units: dict[str, int]
    clusters: dict[str, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Everything that the data of a trial say, at one look.

    `unjudged` has the metrics of which no number can be told, with why: they are missing from the evidence, and the
    gate says so. `evidence` is what the gate judges a challenger on.
    """

    registered: RegisteredPlan
    trial: Trial
    look: Look
    effects: tuple[Effect, ...]
    unjudged: dict[str, str]
    groups: tuple[Parting, ...]
    courses: tuple[Course, ...]
    checks: tuple[Check, ...]  # of the whole trial
    evidences: dict[str, Evidence] = field(repr=False)  # by challenger

    @property
    def plan(self) -> ExperimentPlan:
        """The plan that the trial follows."""
        return self.registered.plan

    def evidence(self, arm: str | None = None) -> Evidence:
        """Return the gate's evidence on a challenger, the only one by default; DataError where it is not said which."""
        if arm is None and len(self.evidences) == 1:
            return next(iter(self.evidences.values()))
        if arm not in self.evidences:
            close = nearest(arm, self.evidences) if arm else None
            raise DataError(
                f"no challenger {arm!r}" if arm else "which challenger?",
                rule=f"the plan has {', '.join(self.evidences)}",
                mend=f"did you mean {close!r}?" if close else None,
            )
        return self.evidences[arm]

    def effect(self, metric: str, arm: str | None = None) -> Effect:
        """Return the effect on a metric; DataError where it could not be judged, with why."""
        arm = arm or self.evidence().arm
        for effect in self.effects:
            if (effect.metric, effect.arm) == (metric, arm):
                return effect
        self.plan.metric(metric)
        raise DataError(self.unjudged.get(metric, f"no effect of {arm!r}"), where=f"metric {metric!r}")

    def fairness(self, arm: str | None = None) -> tuple[FairnessPair, ...]:
        """Return every fairness difference of a challenger, with this look's intervals and verdicts."""
        return differences(self.plan, self.evidence(arm))

    def failed(self) -> tuple[Check, ...]:
        """Return the integrity checks that failed: the gate calls such a trial invalid."""
        return tuple(dict.fromkeys(check for e in self.evidences.values() for check in e.integrity
                                   if check.status == "failed"))  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Return a row per metric and challenger."""
        return pd.DataFrame([_row(effect) for effect in self.effects])

    def groups_frame(self) -> pd.DataFrame:
        """Return a row per metric, challenger, factor and group."""
        rows = []
        for parting in self.groups:
            told = {"metric": parting.metric, "arm": parting.arm, "factor": parting.factor}
            for group, effect in parting.effects.items():
                low, high = effect.interval()
                rows.append({**told, "group": group, "difference": effect.value, "low": low, "high": high,
                             "interaction": parting.p_adjusted})  # fmt: skip
            rows += [{**told, "group": group, "unjudged": why} for group, why in parting.unjudged.items()]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON; None where a number does not exist."""
        return {
            "format": "evenhand analysis", "version": 1,
            "plan": {"name": self.plan.name, "sha256": self.registered.sha256},
            "trial": _plain(self.trial), "look": {**_plain(self.look), "needed": _plain(self.look.needed(self.plan))},
            "effects": [_plain(effect) for effect in self.effects], "unjudged": dict(self.unjudged),
            "groups": [_plain(parting) for parting in self.groups],
            "courses": [_plain(course) for course in self.courses],
            "fairness": {arm: [_plain(pair) for pair in self.fairness(arm)] for arm in self.evidences},
            "evidence": {arm: found.model_dump(mode="json") for arm, found in self.evidences.items()},
        }  # fmt: skip

    def __repr__(self) -> str:
        units = ", ".join(f"{arm} {n:,}" for arm, n in self.trial.units.items())
        text = [f"{self.plan.name}: {units}; {self.trial.span.start} to {self.trial.span.until}, "
                f"look {len(self.look.shares)} at {self.look.shares[-1]:.0%}, {self.trial.origin}"]  # fmt: skip
        text += [f"  {in_words(effect)}" for effect in self.effects]
        text += [f"  {metric}: not judged, {why}" for metric, why in self.unjudged.items()]
        text += [f"  FAILED: {check.what}" for check in self.failed()]
        return "\n".join(text)

    def _repr_html_(self) -> str:
        import html

        return (
            f"<pre>{html.escape(repr(self))}</pre>{self.to_frame().to_html(index=False, float_format='{:.4g}'.format)}"
        )


def in_words(effect: Effect) -> str:
    """Return an effect as a line: the difference, its interval at this look, the lift."""
    limits = "no bound at this look" if effect.low is None else f"[{effect.low:+.4g}, {effect.high:+.4g}]"
    relative = f", {effect.lift.value:+.1%}" if effect.lift else ""
    return (
        f"{effect.metric} ({effect.role}, {effect.arm}): {effect.control.value:.4g} -> {effect.treatment.value:.4g}, "
        f"{effect.difference.value:+.4g} {limits}{relative}"
    )


def results_of(effects: tuple[Effect, ...], arm: str) -> tuple[MetricResult, ...]:
    """Return a challenger's effects as the gate reads them."""
    return tuple(MetricResult.of(e.metric, e.difference, e.lift) for e in effects if e.arm == arm)


def _row(effect: Effect) -> dict[str, Any]:
    guard, shrunken, stopped = effect.noninferiority, effect.shrunken, effect.stopped
    return {
        "metric": effect.metric, "arm": effect.arm, "role": effect.role, "control": effect.control.value,
        "treatment": effect.treatment.value, "difference": effect.difference.value, "se": effect.difference.se,
        "low": effect.low, "high": effect.high, "lift": effect.lift.value if effect.lift else None,
        "z": effect.z, "needed": effect.needed, "p_value": effect.p_value, "p_adjusted": effect.p_adjusted,
        "within_margin": guard.holds if guard else None, "shrunken": shrunken.estimate.value if shrunken else None,
        "after_stopping": stopped.value if stopped else None,
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(part) for key, part in asdict(value).items()}
    if hasattr(value, "_asdict"):
        return {key: _plain(part) for key, part in value._asdict().items()}
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return str(value)  # a day
