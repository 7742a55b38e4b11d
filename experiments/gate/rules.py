"""The promotion gate: STOP, INVALID, SHIP or HOLD, in this order, from a registered plan and its evidence.

STOP      the primary metric, a guardrail or a fairness difference, testable or not, is harmed beyond its margin (Holm),
          valid or not
INVALID   another plan, another policy, data before the plan, an integrity check that failed or that nobody made, a
          result that is missing, more information claimed than there are units
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
from evenhand.experiments.gate.evidence import Evidence
from evenhand.experiments.gate.gains import differences, ends, gain_tests
from evenhand.experiments.gate.harm import harm_tests
from evenhand.experiments.gate.validity import faults
from evenhand.experiments.inference.fairness import FairnessPair
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan

__all__ = ["decide"]

EARNED: dict[str, Level] = {"simulated": "validated", "logged": "validated", "live": "proven"}


def decide(registered: RegisteredPlan, evidence: Evidence) -> Decision:
    """Return the gate's decision; DataError on evidence that no plan could have brought about."""
    plan = registered.plan
    pairs = differences(plan, evidence)
    harm = harm_tests(plan, evidence, pairs)
    gains = gain_tests(plan, evidence, pairs)
    tests = (*harm, *gains)
    untested = _untested(plan, pairs)
    remarks = _remarks(plan, evidence, untested)
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


def _remarks(plan: ExperimentPlan, evidence: Evidence, untested: Sequence[str]) -> tuple[str, ...]:
    remarks = [f"Not enough data, neither passed nor failed: {'; '.join(untested)}."] if untested else []
    remarks += [
        f"{check.what} {f'To do: {check.mend}.' if check.mend else ''}".strip()
        for check in evidence.integrity
        if check.status in ("warning", "not enough data")
    ]
    if evidence.final and evidence.looks[-1] < 1:
        at = f"at {evidence.looks[-1]:.0%} of the planned information no look will follow"
        remarks.append(
            f"It is said that {at}: true bounds only if that was not decided by what was seen."
            if ends(plan, evidence)
            else f"It is said that {at}; that counts once the planned weeks are over."
        )
    return (*remarks, f"All numbers are {evidence.origin}.")


def _apart(test: Test) -> str:
    z = test.told
    if test.needed is None:
        return f"{z} standard errors away from its null, and this look has no error rate left to spend"
    return f"{z} standard errors away from its null where {test.needed:.2f} are needed at this look"


def _harm_in_words(test: Test) -> str:
    return f"Harm beyond its margin: {test.of}, {_apart(test)}."


def _gain_in_words(test: Test) -> str:
    shown = "better" if test.question == "superior" else "within its margin"
    return f"{test.of} is shown to be {shown}: {_apart(test)}."
