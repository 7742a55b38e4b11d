"""The present look: which share of the planned information the data hold, and what an effect must reach."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scipy.special import ndtr

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.gate.evidence import Evidence, MetricResult
from evenhand.experiments.inference import Prior, noninferiority, shrink
from evenhand.experiments.inference.multiple import benjamini_hochberg, holm
from evenhand.experiments.sequential import (
    AlwaysValid,
    Stopped,
    after_stopping,
    always_valid_p_value,
    bounds,
    critical_value,
)
from evenhand.experiments.trial.analysis.effects import Effect, interval_at
from evenhand.experiments.trial.analysis.span import Span
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan

__all__ = ["Look", "judged", "look_at"]


@dataclass(frozen=True, slots=True)
class Look:
    """The shares of the planned information at all looks so far; `final`: no look will follow, whatever was seen."""

    shares: tuple[float, ...]
    final: bool = False

    def needed(self, plan: ExperimentPlan, tests: int = 1) -> float:
        """Return how many standard errors a difference must reach, with the error rate divided by so many tests."""
        return critical_value(plan.monitoring, self.shares, alpha=plan.alpha / tests, final=self.final)

    @property
    def ends(self) -> bool:
        """Whether the planned information is there, or no look will follow."""
        return self.final or self.shares[-1] >= 1


def look_at(
    registered: RegisteredPlan, units: Mapping[str, int], span: Span, previous: Sequence[Evidence], *,
    share: float | None, final: bool,
) -> Look:  # fmt: skip
    """Return the present look after those of the `previous` evidence, the latest last.

    Without `share` it is the share of the planned units that are there; where all of them are there from the start, as
    in a campaign, times the share of the planned days. Raises DataError where earlier evidence is of another plan, has
    more units than now, or where there is no more information than before.
    """
    plan = registered.plan
    if final and span.days < 7 * plan.weeks:
        raise DataError(
            f"no look is to follow, and the data span {span.days} days of the planned {7 * plan.weeks}",
            rule="before the planned weeks are over, what was seen may be why no look follows",
            mend="leave --final out; the gate ships nothing before",
        )  # fmt: skip
    for earlier in previous:
        if earlier.final:
            raise DataError("an earlier look said that none would follow", rule="the last look has spent all there is",
                            mend="plan a new trial")  # fmt: skip
        if earlier.plan_sha256 != registered.sha256:
            raise DataError(
                f"earlier evidence is of plan {earlier.plan_sha256[:12]}…", rule="all looks are at one trial",
                mend="give the evidence of this trial's looks",
            )  # fmt: skip
        if any(count > units.get(arm, 0) for arm, count in earlier.units.items()):
            raise DataError("an arm has fewer units than at the look before", rule="data only grow",
                            mend="find which units are lost")  # fmt: skip
    if share is None:
        share = sum(units.values()) / plan.units_after(plan.weeks)
        if not plan.expected.units_per_week:
            share *= min(1.0, span.days / (7 * plan.weeks))
    if not (math.isfinite(share) and share > 0):
        raise DataError(f"a look at {share} of the information", rule="a share above 0", mend="0.5 is half of it")
    before = previous[-1].looks if previous else ()
    share = round(share, 9)
    if before and share <= before[-1]:
        raise DataError(
            f"this look has {share:.4g} of the planned information, the one before had {before[-1]:.4g}",
            rule="each look has more", mend="are these the data of the look before?",
        )  # fmt: skip
    return Look((*before, share), final)


def judged(
    plan: ExperimentPlan, effects: Sequence[Effect], look: Look, priors: Mapping[str, Prior],
    previous: Sequence[Evidence] = (),
) -> list[Effect]:  # fmt: skip
    """Return the effects with what this look allows to say of them, after those of the `previous` evidence."""
    needed = look.needed(plan)
    found = [_at_look(plan, effect, look, needed) for effect in effects]
    for role, adjust in (("primary", holm), ("guardrail", None), ("secondary", benjamini_hochberg)):
        at = [k for k, effect in enumerate(found) if effect.role == role]
        p = [found[k].p_value for k in at]
        for k, adjusted in zip(at, adjust(p) if adjust and p else p, strict=True):
            found[k] = replace(found[k], p_adjusted=adjusted)
    tests = len(plan.primary) * len(plan.challengers)
    through = {(e.arm, result.metric) for e in previous for result in e.metrics if _was_through(plan, e, result, tests)}
    return [
        _modest(plan, effect, look, tests, priors, ended=(effect.arm, effect.metric) in through)
        if effect.role == "primary" else effect
        for effect in found
    ]  # fmt: skip


def _was_through(plan: ExperimentPlan, earlier: Evidence, result: MetricResult, tests: int) -> bool:
    z = abs(result.difference.value) / result.difference.se
    return z >= Look(earlier.looks, earlier.final).needed(plan, tests)


def _at_look(plan: ExperimentPlan, effect: Effect, look: Look, needed: float) -> Effect:
    low, high = interval_at(effect.difference, needed)
    z = effect.difference.value / effect.difference.se
    if isinstance(plan.monitoring, AlwaysValid):
        p = always_valid_p_value(z, look.shares[-1], alpha=plan.alpha)
    else:
        p = effect.difference.p_value()
    guarded = None
    guard = next((guard for guard in plan.guardrails if guard.metric == effect.metric), None)
    estimate = None if guard is None else effect.lift if guard.relative else effect.difference
    if guard is not None and estimate is not None and math.isfinite(needed):
        better = plan.metric(effect.metric).direction == "up"
        tail = max(float(ndtr(-needed)), 1e-300)
        guarded = noninferiority(estimate, guard.margin, larger_is_better=better, alpha=tail)
    return replace(effect, low=low, high=high, z=z, needed=needed, p_value=p, noninferiority=guarded)


def _modest(
    plan: ExperimentPlan, effect: Effect, look: Look, tests: int, priors: Mapping[str, Prior], *, ended: bool
) -> Effect:
    """Add the estimate against the winner's curse, and after the end of the trial that which knows of its looks.

    Where an earlier look had already `ended` the trial and it ran on, there is none: its order of endings counts the
    first one alone.
    """
    least = plan.expected.of(effect.metric).effect or math.nan
    prior = priors.get(effect.metric) or Prior(0.0, least, "the plan's least effect worth finding, as the spread")
    stopped = None if ended else _stopped(plan, effect, look, tests)
    return replace(effect, shrunken=shrink(effect.difference, prior), stopped=stopped)


def _stopped(plan: ExperimentPlan, effect: Effect, look: Look, tests: int) -> Stopped | None:
    if isinstance(plan.monitoring, AlwaysValid):
        return None  # the confidence sequence holds at any stop as it is
    if not look.ends and abs(effect.z) < look.needed(plan, tests):
        return None
    curve = bounds(plan.monitoring, look.shares, alpha=plan.alpha / tests, final=look.final)
    try:
        return after_stopping(effect.difference.value, effect.difference.se, curve, level=1 - plan.alpha)
    except EvenhandError:  # an earlier look would have ended this trial: nothing unbiased is left to say
        return None
