"""What a plan needs and what it can find: units per test, weeks, and which groups have enough members to be tested."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from evenhand.errors import DataError
from evenhand.experiments.sequential import looks_inflation
from evenhand.experiments.trial.parts import FairnessMargin, ProportionMetric
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.power import Design, clustered, each_power, group_units, pair_power

__all__ = ["GroupNeed", "Needs", "TestNeed", "completed", "needs", "with_groups"]


@dataclass(frozen=True, slots=True)
class TestNeed:
    """One test of one challenger against the control; units are those of all arms of the trial."""

    __test__ = False  # no test class, whatever pytest makes of its name

    metric: str
    role: Literal["primary", "guardrail"]
    arm: str
    effect: float  # the least effect worth finding, or the margin in the metric's units
    wanted_power: float
    units: int  # needed
    power: float  # with the units there are
    detectable: float | None  # effect that they find with the wanted power; None without units


@dataclass(frozen=True, slots=True)
class GroupNeed:
    """Units of each group and arm that a fairness margin needs, and how many each group will have in its least arm."""

    attribute: str
    criterion: str
    margin: float
    units: int
    expected: dict[str, int]
    testable: tuple[str, ...]
    power: float  # that every two testable groups pass, if they are treated alike and were independent

    @property
    def left_out(self) -> tuple[str, ...]:
        """Return the groups that are too small, to be reported as "not enough data"."""
        return tuple(group for group in self.expected if group not in self.testable)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a plan needs beside what it has."""

    units: int  # of all arms together, at the end of the planned weeks
    inflation: float  # by looks
    design_effect: float  # by clusters
    tests: tuple[TestNeed, ...]
    groups: tuple[GroupNeed, ...]
    weeks: int | None  # whole weeks until there are enough units; None: never

    @property
    def needed(self) -> int:
        """Return the units that the most demanding test needs."""
        return max(test.units for test in self.tests)

    @property
    def enough(self) -> bool:
        """Return whether every test gets the units it needs."""
        return self.needed <= self.units

    @property
    def ships(self) -> float:
        """Return the probability that the gate ships the first challenger if everything is as the plan expects.

        As if its tests were independent, and one of several primary metrics enough. Each test has the plan's power;
        all of them together have less.
        """
        arm = self.tests[0].arm
        of = [test for test in self.tests if test.arm == arm]
        gain = max(test.power for test in of if test.role == "primary")
        return (
            gain
            * math.prod(test.power for test in of if test.role == "guardrail")
            * math.prod(group.power for group in self.groups)
        )


def needs(plan: ExperimentPlan) -> Needs:
    """Return what `plan` needs, by formula; `simulated_power` checks it by simulation."""
    expected = plan.expected
    inflation = looks_inflation(plan.monitoring, plan.looks.fractions, alpha=plan.alpha, power=plan.power)
    effect = clustered(expected.cluster_size, expected.icc, expected.cluster_size_cv)
    units = plan.units_after(plan.weeks)
    tests = tuple(_test(plan, name, "primary", arm, inflation, effect, units)
                  for arm in plan.challengers for name in plan.primary) + tuple(
        _test(plan, guard.metric, "guardrail", arm, inflation, effect, units)
        for arm in plan.challengers for guard in plan.guardrails
    )  # fmt: skip
    groups = tuple(_group(plan, margin, inflation * effect, units) for margin in plan.fairness)
    return Needs(units, inflation, effect, tests, groups, _weeks(plan, max(test.units for test in tests)))


def with_groups(plan: ExperimentPlan) -> ExperimentPlan:
    """Return the plan with its testable groups named by power; DataError where others have been named by hand."""
    named = []
    for margin, need in zip(plan.fairness, needs(plan).groups, strict=True):
        if margin.testable is not None and margin.testable != need.testable:
            raise DataError(
                f"testable groups of {margin.attribute} are {', '.join(margin.testable) or 'none'}",
                where=f"plan {plan.name!r}",
                rule=f"power names them: {', '.join(need.testable) or 'none'} ({need.units:,} a group and arm)",
                mend="leave testable out of the plan",
            )
        named.append({**margin.model_dump(mode="json"), "testable": list(need.testable)})
    return plan.changed(fairness=named) if named else plan


def completed(plan: ExperimentPlan) -> bool:
    """Return whether the plan names its testable groups, as power does."""
    return all(margin.testable is not None for margin in plan.fairness)


def _weeks(plan: ExperimentPlan, needed: int) -> int | None:
    if plan.units_after(plan.weeks) >= needed:
        return plan.weeks
    if not plan.expected.units_per_week:
        return None
    missing = needed / (1 - plan.holdback) - plan.expected.units
    return math.ceil(missing / plan.expected.units_per_week)


def _test(
    plan: ExperimentPlan, name: str, role: Literal["primary", "guardrail"], arm: str, inflation: float,
    design_effect: float, units: int,
) -> TestNeed:  # fmt: skip
    assumed, metric = plan.expected.of(name), plan.metric(name)
    if role == "primary":
        change = assumed.effect or 0.0
        power, alpha = plan.power, plan.alpha / (len(plan.primary) * len(plan.challengers))
    else:
        guard = next(guard for guard in plan.guardrails if guard.metric == name)
        change = guard.margin * (abs(assumed.mean) if guard.relative else 1)
        power, alpha = each_power(plan.power, len(plan.guardrails)), plan.alpha
    loss = design_effect * (1 - assumed.r2)
    if isinstance(metric, ProportionMetric):
        better = assumed.mean + (change if metric.direction == "up" else -change) * (role == "primary")
        plain = Design.proportions(assumed.mean, better)
    else:
        plain = Design.means(assumed.sd or 0.0)
    design = Design(
        plain.variance_control * loss, plain.variance_treatment * loss, plan.arm(plan.control).share,
        plan.arm(arm).share, alpha, inflation,
    )  # fmt: skip
    return TestNeed(
        name, role, arm, change, power, design.units(change, power),
        design.power(change, units) if units else 0.0, design.detectable(units, power) if units else None,
    )  # fmt: skip


def _group(plan: ExperimentPlan, margin: FairnessMargin, inflation: float, units: int) -> GroupNeed:
    needed = group_units(
        margin.margin, margin.rate, alpha=plan.alpha, power=plan.power, against=margin.against, gap=margin.gap,
        inflation=inflation,
    )  # fmt: skip
    least = min(arm.share for arm in plan.arms)
    expected = {group: math.floor(units * least * share) for group, share in margin.groups.items()}
    testable = tuple(group for group, n in expected.items() if n >= needed)
    power = math.prod(
        pair_power(
            margin.margin, margin.rate, (expected[a], expected[b]), alpha=plan.alpha, against=margin.against,
            gap=margin.gap, inflation=inflation,
        )
        for a, b in combinations(testable, 2)
    )  # fmt: skip
    return GroupNeed(margin.attribute, margin.criterion, margin.margin, needed, expected, testable, power)
