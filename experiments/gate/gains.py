"""SHIP: what must be shown before a challenger is promoted.

A primary metric must be superior (Holm over the primaries, Bonferroni over the challengers). Every guardrail and every
testable fairness difference must be non-inferior; since all must be, their error rate is not divided. All bounds are
those of the present look.
"""

from __future__ import annotations

from collections.abc import Sequence

from evenhand.experiments.gate.decision import Test
from evenhand.experiments.gate.evidence import Evidence, FairnessCounts
from evenhand.experiments.gate.orientation import oriented, z_beyond
from evenhand.experiments.inference.fairness import FairnessPair, GroupCount, fairness_pairs
from evenhand.experiments.sequential import critical_value
from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["differences", "ends", "gain_tests"]


def gain_tests(plan: ExperimentPlan, evidence: Evidence, pairs: Sequence[FairnessPair]) -> tuple[Test, ...]:
    """Return every test that a promotion must pass, the primary metrics first, of which one is enough."""
    return (*_superiority(plan, evidence), *_guardrails(plan, evidence), *_fairness(plan, evidence, pairs))


def ends(plan: ExperimentPlan, evidence: Evidence) -> bool:
    """Return whether the evidence is that of a last look, which may spend the error rate that is left.

    Before the planned weeks are over nobody can know that for a reason that has nothing to do with the effect.
    """
    return evidence.final and evidence.days >= 7 * plan.weeks


def differences(plan: ExperimentPlan, evidence: Evidence) -> tuple[FairnessPair, ...]:
    """Return every fairness difference for which there are counts."""
    counted = {(counts.attribute, counts.criterion): counts for counts in evidence.fairness}
    z, z_split = (
        critical_value(plan.monitoring, evidence.looks, alpha=alpha, final=ends(plan, evidence))
        for alpha in (plan.alpha, plan.alpha / 2)
    )
    pairs: list[FairnessPair] = []
    for margin in plan.fairness:
        counts = counted.get((margin.attribute, margin.criterion))
        if counts is not None:
            pairs += fairness_pairs(
                *_same_groups(counts),
                attribute=margin.attribute, criterion=margin.criterion, margin=margin.margin,
                testable=margin.testable or (), against=margin.against, z=z, z_split=z_split,
                design_effect=evidence.design_effect,
            )  # fmt: skip
    return tuple(pairs)


def _same_groups(counts: FairnessCounts) -> tuple[dict[str, GroupCount], dict[str, GroupCount]]:
    """Return both arms' counts; a group that one arm lacks has no units there, which `faults` reports."""
    names = dict.fromkeys([*counts.control, *counts.treatment])
    nobody = GroupCount(0, 0)
    control, treatment = (
        {name: arm[name].count if name in arm else nobody for name in names}
        for arm in (counts.control, counts.treatment)
    )
    return control, treatment


def _superiority(plan: ExperimentPlan, evidence: Evidence) -> tuple[Test, ...]:
    found = [
        (name, z_beyond(estimate, 0.0, "greater"))
        for name in plan.primary
        if (estimate := oriented(plan, evidence, name)) is not None
    ]
    tests: list[Test] = []
    standing = True
    for k, (name, z) in enumerate(sorted(found, key=lambda item: -item[1])):
        alpha = plan.alpha / (len(plan.challengers) * (len(plan.primary) - k))
        needed = critical_value(plan.monitoring, evidence.looks, alpha=alpha, final=ends(plan, evidence))
        test = Test.made("superior", name, z, needed)
        standing = standing and test.passed
        tests.append(test.model_copy(update={"passed": standing}))
    return tuple(tests)


def _guardrails(plan: ExperimentPlan, evidence: Evidence) -> tuple[Test, ...]:
    needed = critical_value(plan.monitoring, evidence.looks, alpha=plan.alpha, final=ends(plan, evidence))
    return tuple(
        Test.made("non-inferior", guard.metric, z_beyond(estimate, -guard.margin, "greater"), needed)
        for guard in plan.guardrails
        if (estimate := oriented(plan, evidence, guard.metric, relative=guard.relative)) is not None
    )


def _fairness(plan: ExperimentPlan, evidence: Evidence, pairs: Sequence[FairnessPair]) -> tuple[Test, ...]:
    against = {(margin.attribute, margin.criterion): margin.against for margin in plan.fairness}
    tests = []
    for pair in pairs:
        if pair.verdict == "not enough data":
            continue
        split = against[pair.attribute, pair.criterion] == "control"
        alpha = plan.alpha / 2 if split else plan.alpha
        needed = critical_value(plan.monitoring, evidence.looks, alpha=alpha, final=ends(plan, evidence))
        tests += [Test.made("non-inferior", _named(pair, side.group, side.other), side.z_passed, needed)
                  for side in pair.shortfalls]  # fmt: skip
    return tuple(tests)


def _named(pair: FairnessPair, group: str, other: str) -> str:
    return f"{group} against {other} ({pair.attribute}, {pair.criterion})"
