"""The promotion gate: STOP, INVALID, SHIP or HOLD, in this order, from a registered plan and its evidence.

STOP      the primary metric, a guardrail or a fairness difference is harmed beyond its margin (Holm), valid or not
INVALID   another plan, another policy, data before the plan, a failed integrity check, a result that is missing
SHIP      a primary metric superior, every guardrail and every testable fairness difference non-inferior, the planned
          weeks over, and for logged data support
HOLD      otherwise: go on, or end without promotion

Non-inferiority must hold everywhere at once, so its error rate is not divided; several primaries or challengers are
(Holm over primaries, Bonferroni over challengers). All bounds are those of the present look. Pure: the same plan
and evidence give the same decision.
"""

from __future__ import annotations

from collections.abc import Sequence

from evenhand.experiments.gate.decision import Decision, Level, Test, Verdict
from evenhand.experiments.gate.evidence import Evidence, FairnessCounts
from evenhand.experiments.gate.harm import harm_tests
from evenhand.experiments.gate.orientation import oriented, z_beyond
from evenhand.experiments.gate.validity import faults
from evenhand.experiments.inference.fairness import FairnessPair, GroupCount, fairness_pairs
from evenhand.experiments.sequential import critical_value
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan

__all__ = ["decide"]

EARNED: dict[str, Level] = {"simulated": "validated", "logged": "validated", "live": "proven"}


def decide(registered: RegisteredPlan, evidence: Evidence) -> Decision:
    """Return the gate's decision; DataError on evidence that no plan could have brought about."""
    plan = registered.plan
    pairs = _pairs(plan, evidence)
    harm = harm_tests(plan, evidence, pairs)
    gains = (*_superiority(plan, evidence), *_guardrails(plan, evidence), *_fairness(plan, evidence, pairs))
    tests = (*harm, *gains)
    untested = _untested(plan, pairs)
    remarks = _remarks(evidence, untested)
    harmed = tuple(_harm_in_words(test) for test in harm if test.passed)
    wrong = faults(registered, evidence)
    if harmed:
        return _unpromoted("STOP", harmed, (*wrong, *remarks), tests, untested)
    if wrong:
        return _unpromoted("INVALID", wrong, remarks, tests, untested)
    lacking = (*_not_shown(gains), *_circumstances(plan, evidence))
    if lacking:
        return _unpromoted("HOLD", lacking, remarks, tests, untested)
    reasons = tuple(_gain_in_words(test) for test in gains if test.passed)
    return Decision(
        verdict="SHIP", level=EARNED[evidence.origin], reasons=reasons, remarks=remarks, tests=tests, untested=untested
    )


def _unpromoted(
    verdict: Verdict, reasons: tuple[str, ...], remarks: tuple[str, ...], tests: tuple[Test, ...],
    untested: tuple[str, ...],
) -> Decision:  # fmt: skip
    return Decision(
        verdict=verdict, level="candidate", reasons=reasons, remarks=remarks, tests=tests, untested=untested
    )


def _pairs(plan: ExperimentPlan, evidence: Evidence) -> tuple[FairnessPair, ...]:
    """Return every fairness difference for which there are counts."""
    counted = {(counts.attribute, counts.criterion): counts for counts in evidence.fairness}
    z, z_split = (
        critical_value(plan.monitoring, evidence.looks, alpha=alpha, final=evidence.final)
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
        needed = critical_value(plan.monitoring, evidence.looks, alpha=alpha, final=evidence.final)
        test = Test.made("superior", name, z, needed)
        standing = standing and test.passed
        tests.append(test.model_copy(update={"passed": standing}))
    return tuple(tests)


def _guardrails(plan: ExperimentPlan, evidence: Evidence) -> tuple[Test, ...]:
    needed = critical_value(plan.monitoring, evidence.looks, alpha=plan.alpha, final=evidence.final)
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
        needed = critical_value(plan.monitoring, evidence.looks, alpha=alpha, final=evidence.final)
        tests += [Test.made("non-inferior", _named(pair, side.group, side.other), side.z_passed, needed)
                  for side in pair.shortfalls]  # fmt: skip
    return tuple(tests)


def _untested(plan: ExperimentPlan, pairs: Sequence[FairnessPair]) -> tuple[str, ...]:
    """Return what of the plan's fairness could not be judged, in words."""
    untested = [f"{pair.a} and {pair.b} ({pair.attribute}, {pair.criterion})" for pair in pairs
                if pair.verdict == "not enough data"]  # fmt: skip
    seen = {(pair.attribute, pair.criterion, group) for pair in pairs for group in (pair.a, pair.b)}
    untested += [
        f"{group} ({margin.attribute}, {margin.criterion})"
        for margin in plan.fairness
        for group in margin.groups
        if (margin.attribute, margin.criterion, group) not in seen
    ]
    return tuple(untested)


def _not_shown(gains: Sequence[Test]) -> tuple[str, ...]:
    superior = [test for test in gains if test.question == "superior"]
    lacking = []
    if not any(test.passed for test in superior):
        best = max(superior, key=lambda test: test.z)
        lacking.append(f"No primary metric is shown to be better: {best.of} is {_apart(best)}.")
    lacking += [
        f"{test.of} is not shown to be within its margin: {_apart(test)}."
        for test in gains
        if test.question == "non-inferior" and not test.passed
    ]
    return tuple(lacking)


def _circumstances(plan: ExperimentPlan, evidence: Evidence) -> tuple[str, ...]:
    lacking = []
    if evidence.days < 7 * plan.weeks:
        lacking.append(f"The data span {evidence.days} days of the planned {7 * plan.weeks}.")
    if evidence.origin == "logged" and evidence.support is None:
        lacking.append("Nobody checked whether the logs hold what the challenger would have done (support).")
    if evidence.support is not None and evidence.support.status != "ok":
        lacking.append(f"No support: {evidence.support.what}")
    return tuple(lacking)


def _remarks(evidence: Evidence, untested: Sequence[str]) -> tuple[str, ...]:
    remarks = [f"Not enough data, neither passed nor failed: {'; '.join(untested)}."] if untested else []
    remarks += [
        f"{check.what} {f'To do: {check.mend}.' if check.mend else ''}".strip()
        for check in evidence.integrity
        if check.status in ("warning", "not enough data")
    ]
    return (*remarks, f"All numbers are {evidence.origin}.")


def _named(pair: FairnessPair, group: str, other: str) -> str:
    return f"{group} against {other} ({pair.attribute}, {pair.criterion})"


def _apart(test: Test) -> str:
    if test.needed is None:
        return f"{test.z:.2f} standard errors away from its null, and this look has no error rate left to spend"
    return f"{test.z:.2f} standard errors away from its null where {test.needed:.2f} are needed at this look"


def _harm_in_words(test: Test) -> str:
    return f"Harm beyond its margin: {test.of}, {_apart(test)}."


def _gain_in_words(test: Test) -> str:
    shown = "better" if test.question == "superior" else "within its margin"
    return f"{test.of} is shown to be {shown}: {_apart(test)}."
