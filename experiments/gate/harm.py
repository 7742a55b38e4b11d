"""STOP: is anything harmed beyond its margin? Checked first, and even when the trial is otherwise invalid.

Harm of any kind is enough to stop, so the tests form a union and Holm's step-down keeps their common error rate: the
worst of m must reach the bound of this look at alpha / m, the next that at alpha / (m - 1), and so on. Under planned
looks the bounds are of the Pocock type, which lets harm be seen early; nobody is served by waiting. After the planned
end, when that has spent everything, bounds for looks at any time take over: harm is watched as long as a trial runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from evenhand.experiments.gate.decision import Test
from evenhand.experiments.gate.evidence import Evidence
from evenhand.experiments.gate.orientation import oriented, z_beyond
from evenhand.experiments.inference.fairness import FairnessPair
from evenhand.experiments.sequential import AlwaysValid, Monitoring, Spending, critical_value
from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["harm_monitoring", "harm_tests"]


def harm_tests(plan: ExperimentPlan, evidence: Evidence, pairs: Sequence[FairnessPair]) -> tuple[Test, ...]:
    """Return the test of harm of each primary metric, guardrail and fairness difference, the worst first.

    Groups too small to be tested are among them: their intervals hold, it is only that nobody can expect them to show
    that all is well.
    """
    found = [(name, z) for name, z in _metrics(plan, evidence)]
    found += [
        (f"{side.group} against {side.other} ({pair.attribute}, {pair.criterion})", side.z_harmed)
        for pair in pairs
        for side in pair.shortfalls
    ]
    found.sort(key=lambda item: (-item[1], item[0]))
    tests: list[Test] = []
    standing = True  # Holm: the first that does not reject ends it
    for k, (name, z) in enumerate(found):
        needed = _bound(plan, evidence, plan.alpha / (len(found) - k))
        test = Test.made("harmed", name, z, needed)
        standing = standing and test.passed
        tests.append(test.model_copy(update={"passed": standing}))
    return tuple(tests)


def _metrics(plan: ExperimentPlan, evidence: Evidence) -> list[tuple[str, float]]:
    margins = dict.fromkeys(plan.primary, (0.0, False)) | {
        guard.metric: (guard.margin, guard.relative) for guard in plan.guardrails
    }
    return [
        (name, z_beyond(estimate, -margin, "less"))
        for name, (margin, relative) in margins.items()
        if (estimate := oriented(plan, evidence, name, relative=relative)) is not None
    ]


def _bound(plan: ExperimentPlan, evidence: Evidence, alpha: float) -> float:
    planned = critical_value(harm_monitoring(plan), evidence.looks, alpha=alpha)
    over = evidence.looks[-1] > 1 and math.isinf(planned)
    return critical_value(AlwaysValid(), evidence.looks, alpha=alpha) if over else planned


def harm_monitoring(plan: ExperimentPlan) -> Monitoring:
    """Return how the bounds of harm are found at the looks of a plan."""
    return Spending("pocock") if isinstance(plan.monitoring, Spending) else plan.monitoring
