"""The decision, the plan and the tests in words that a reviewer reads."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from evenhand.experiments.gate import Test
from evenhand.experiments.report.ab.boundary import crossed_before
from evenhand.experiments.report.ab.told import Told
from evenhand.experiments.report.cards import Card
from evenhand.experiments.report.figures import count, fixed, per_cent, significant
from evenhand.experiments.trial.looks import PlannedLooks
from evenhand.experiments.trial.parts import Metric, QuantileMetric, RatioMetric
from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["Fact", "cards", "headline", "metric_in_words", "modest_lines", "mood", "plan_facts", "test_in_words"]

MOODS = {"SHIP": "helped", "STOP": "harmed", "INVALID": "unfair", "HOLD": ""}
ANSWERS = {  # of a test that passed, and of one that did not
    "superior": ("is better", "not shown to be better"),
    "non-inferior": ("is within its margin", "not shown to be within its margin"),
    "harmed": ("is harmed beyond its margin", "no harm shown"),
}
ORIGINS = {
    "simulated": "simulated customers",
    "logged": "logged campaigns",
    "live": "a live trial on customers",
}


class Fact(NamedTuple):
    """A line of a list of facts."""

    name: str
    value: str


def headline(told: Told) -> str:
    """Return the decision as one sentence."""
    arm, control = told.now.arm, told.plan.control
    return {
        "SHIP": f"Ship {arm}: better than {control}, with every margin kept.",
        "STOP": f"Stop {arm}: it does harm.",
        "INVALID": "Invalid: these data cannot decide about this plan.",
        "HOLD": f"Hold: it is not shown that {arm} may replace {control}.",
    }[told.decision.verdict]


def mood(told: Told) -> str:
    """Return the colour class of the verdict."""
    return MOODS[told.decision.verdict]


def cards(told: Told) -> list[Card]:
    """Return the key numbers: the first primary effect, the look, units, days, and the level earned."""
    now, plan = told.now, told.plan
    days, planned = now.days, 7 * plan.weeks
    looks = len(now.looks)
    found = [
        Card(f"Effect on {plan.primary[0]}", *_effect(told)),
        Card(f"Look {looks}", per_cent(now.looks[-1], 0), "of the planned information", meter=min(now.looks[-1], 1.0)),
        Card("Units", count(sum(now.units.values())), ", ".join(f"{arm} {count(n)}" for arm, n in now.units.items())),
        Card("Days of data", count(days), f"of {count(planned)} planned · {_day(now.start)} to {_day(now.until)}",
             meter=min(days / planned, 1.0)),
        Card("Evidence", now.origin, f"from {ORIGINS[now.origin]} · the policy is {told.decision.level}"),
    ]  # fmt: skip
    return found


def _day(day: date) -> str:
    """Return a day that no line breaks."""
    return f"{day.day} {day:%b %Y}".replace(" ", "\u00a0")


def _effect(told: Told) -> tuple[str, str, Literal["good", "bad", "plain"]]:
    name = told.plan.primary[0]
    result = told.result(name)
    if result is None:
        return "–", "not in the evidence", "bad"
    effect = result.difference.estimate
    test = next((t for t in told.decision.tests if t.question == "superior" and t.of == name), None)
    harmed = any(t.passed for t in told.decision.tests if t.question == "harmed" and t.of == name)
    tone: Literal["good", "bad", "plain"] = "good" if test is not None and test.passed else "bad" if harmed else "plain"
    note = f"{told.now.arm} less {told.plan.control}, standard error {significant(effect.se)}"
    return ("+" if effect.value > 0 else "") + significant(effect.value), note, tone


def plan_facts(told: Told) -> list[Fact]:
    """Return what was fixed before the data, a line each."""
    plan = told.plan
    shares = ", ".join(f"{arm.name} {per_cent(arm.share, 0)} ({arm.kind} {arm.of})" for arm in plan.arms)
    looks = (
        f"at {', '.join(per_cent(share, 0) for share in plan.looks.fractions)} of the information, {plan.looks.family}"
        if isinstance(plan.looks, PlannedLooks)
        else "at any time, by a confidence sequence"
    )
    return [
        Fact("Arms", shares),
        Fact("Control", plan.control),
        Fact("Randomised", f"by {plan.cluster}, in clusters" if plan.cluster else f"by {plan.unit}"),
        Fact("Primary", ", ".join(plan.primary)),
        Fact("Guardrails", ", ".join(_guard(plan, g.metric, g.margin, g.relative) for g in plan.guardrails) or "none"),
        Fact("Fairness", ", ".join(
            f"{m.attribute} ({m.criterion}) within {fixed(m.margin, 2)}" for m in plan.fairness) or "none"),
        Fact("Covariates", ", ".join(plan.covariates) or "none"),
        Fact("Looks", looks),
        Fact("Error rate", f"{per_cent(plan.alpha, 0)} two-sided, power {per_cent(plan.power, 0)}"),
        Fact("Length", f"{plan.weeks} weeks at least"),
        Fact("Registered", f"{told.registered.registered:%Y-%m-%d %H:%M} UTC"),
    ]  # fmt: skip


def metric_in_words(metric: Metric) -> str:
    """Return what a metric is computed from, and which way is better."""
    if isinstance(metric, RatioMetric):
        what = f"{metric.numerator} per {metric.denominator}"
    elif isinstance(metric, QuantileMetric):
        what = f"quantile {metric.quantile:g} of {metric.column}"
    else:
        what = f"{'share of units with' if metric.kind == 'proportion' else 'mean'} {metric.column}"
    return f"{what}; {'more' if metric.direction == 'up' else 'less'} is better"


def test_in_words(test: Test) -> str:
    """Return the answer of one test."""
    yes, no = ANSWERS[test.question]
    return yes if test.passed else no


def modest_lines(told: Told) -> list[str]:
    """Return the estimates that know of early stops and of the winner's curse, where the analysis has them."""
    said = []
    for part in told.parts("effects"):
        # A trial that went on after a look that could have ended it is not the one that this estimate knows of.
        ended = crossed_before(told, part["metric"])
        if (found := part.get("stopped")) is not None and len(told.now.looks) > 1 and not ended:
            said.append(
                f"{part['metric']}, as the trial could have stopped before: {significant(found['value'])} "
                f"[{significant(found['low'])}, {significant(found['high'])}], median-unbiased."
            )
        if (found := part.get("shrunken")) is not None:
            estimate, prior = found["estimate"], found["prior"]
            said.append(
                f"{part['metric']}, against the winner's curse: {significant(estimate['value'])}, "
                f"standard error {significant(estimate['se'], 2)}; prior: {prior['source']}."
            )
    return said


def _guard(plan: ExperimentPlan, name: str, margin: float, relative: bool) -> str:
    worse = "fall" if plan.metric(name).direction == "up" else "rise"
    return f"{name} may {worse} by {per_cent(margin, 1) if relative else significant(margin)}"
