"""How often the gate ships or stops a challenger that changes nothing (A/A), and one that is as good as expected.

Each trial is drawn look by look with a yes-or-no primary metric, a guardrail and benefits in two groups, and judged
by the gate itself at every look until it ships or stops. Most looks need no judge: where no z comes near its bound,
neither SHIP nor STOP can follow. Such looks are left out, but for a sample of them that is judged all the same and must
hold.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.experiments.gate.decision import Verdict
from evenhand.experiments.gate.evidence import EstimateRecord, Evidence, FairnessCounts, GroupTally, MetricResult
from evenhand.experiments.gate.harm import harm_monitoring
from evenhand.experiments.gate.rules import decide
from evenhand.experiments.sequential import critical_value
from evenhand.experiments.trial.check import MISSING, SAMPLE_RATIO, Check
from evenhand.experiments.trial.needs import with_groups
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan

__all__ = ["GateRates", "aa_plan", "gate_rates"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

RATE, BENEFIT, MARGIN_SD, GUARD = 0.1, 0.3, 5.0, 0.16
NEAR = 0.97  # of a bound: z may be reckoned a little otherwise here than in the gate
FIRST = date(2026, 1, 5)


class GateRates(NamedTuple):
    """Shares of trials that ended so, with the Monte Carlo error of `shipped`."""

    shipped: float
    se: float
    stopped: float
    judged: int  # looks that the gate judged
    surprises: int  # looks of the sample that did not hold


def aa_plan(*, looks: int, any_time: bool = False, units: int = 32_000) -> RegisteredPlan:
    """Return a registered plan of an A/A test with so many looks; 32,000 units are about what it says it needs."""
    way = (
        {"kind": "any-time", "expected": looks}
        if any_time
        else {"kind": "planned", "fractions": [(k + 1) / looks for k in range(looks)]}
    )
    plan = with_groups(
        ExperimentPlan.from_dict(
            {
                "name": "A/A", "hypothesis": "None: both arms get the same.", "control": "a", "primary": ["orders"],
                "arms": [{"name": name, "share": 0.5, "of": "same", "sha256": "e" * 64} for name in "ab"],
                "metrics": [{"name": "orders", "kind": "proportion", "column": "ordered"},
                            {"name": "margin", "kind": "mean", "column": "margin"}],
                "guardrails": [{"metric": "margin", "margin": GUARD}],
                "fairness": [{"attribute": "income", "groups": {"low": 0.5, "high": 0.5}}],
                "looks": way, "weeks": 1, "salt": "aa",
                "expected": {"units": units, "metrics": [{"metric": "orders", "mean": RATE, "effect": 0.01},
                                                         {"metric": "margin", "mean": 2.0, "sd": MARGIN_SD}]},
            }
        )
    )  # fmt: skip
    return RegisteredPlan(plan, plan.sha256, datetime(2026, 1, 1, tzinfo=UTC))


def gate_rates(
    registered: RegisteredPlan, *, seed: int, replications: int = 20_000, sample: int = 100, effect: float = 0.0
) -> GateRates:
    """Return how trials of `aa_plan` end, A/A or with an `effect` on its primary metric; the same for the same seed."""
    rng = np.random.default_rng(seed)
    looks, units = registered.plan.looks.count, registered.plan.expected.units
    size = units // 2 // looks  # an arm, a look
    n = size * np.arange(1, looks + 1)
    orders = rng.binomial(size, (RATE, RATE + effect), (replications, looks, 2)).cumsum(axis=1)
    margin = (rng.normal(0, MARGIN_SD * np.sqrt(size), (replications, looks, 2))).cumsum(axis=1)
    benefit = rng.binomial(size // 2, BENEFIT, (replications, looks, 2, 2)).cumsum(axis=1)
    near = _near(registered, orders, margin, benefit, n)

    def verdict(trial: int, look: int) -> Verdict:
        here = (orders[trial, look], margin[trial, look], benefit[trial, look])
        return decide(registered, _evidence(registered, look, size, *here)).verdict

    ends: Counter[Verdict] = Counter()
    judged = 0
    for trial in np.flatnonzero(near.any(axis=1)):
        for look in np.flatnonzero(near[trial]):
            judged += 1
            found = verdict(int(trial), int(look))
            if found in ("SHIP", "STOP"):
                ends[found] += 1
                break
    quiet = np.argwhere(~near)
    picked = quiet[rng.choice(len(quiet), size=min(sample, len(quiet)), replace=False)]
    surprises = sum(verdict(int(trial), int(look)) != "HOLD" for trial, look in picked)
    ship = ends["SHIP"] / replications
    se = float(np.sqrt(ship * (1 - ship) / replications))
    return GateRates(ship, se, ends["STOP"] / replications, judged + len(picked), surprises)


def _near(
    registered: RegisteredPlan, orders: IntArray, margin: FloatArray, benefit: IntArray, n: IntArray
) -> NDArray[np.bool_]:
    """Whether a look (replications, looks) could be anything but HOLD."""
    plan = registered.plan
    shares = [tuple((k + 1) / n.size for k in range(look + 1)) for look in range(n.size)]
    gain = NEAR * np.array([critical_value(plan.monitoring, share, alpha=plan.alpha) for share in shares])
    harm = NEAR * np.array([critical_value(harm_monitoring(plan), share, alpha=plan.alpha) for share in shares])
    p = orders / n[:, None]
    primary = (p[..., 1] - p[..., 0]) / np.sqrt(np.maximum((p * (1 - p)).sum(axis=-1), 1e-12) / n)
    guard = ((margin[..., 1] - margin[..., 0]) / n + GUARD) / (MARGIN_SD * np.sqrt(2 / n))
    b = benefit / (n[:, None, None] // 2)
    gap = np.abs(b[..., 1, 0] - b[..., 1, 1]) - 0.05
    unfair = gap / np.sqrt(np.maximum((b[..., 1, :] * (1 - b[..., 1, :])).sum(axis=-1), 1e-12) / (n // 2))
    return np.asarray((primary > gain) | (primary < -harm) | (guard < -harm) | (unfair > harm))


def _evidence(
    registered: RegisteredPlan, look: int, size: int, orders: IntArray, margin: FloatArray, benefit: IntArray
) -> Evidence:
    """Return what a trial found after look number `look`, from 0: counts and sums (control, treatment)."""
    looks = registered.plan.looks.count
    n = size * (look + 1)
    p = orders / n
    arms = [
        {group: GroupTally(n=n // 2, positive=float(x)) for group, x in zip(("low", "high"), arm, strict=True)}
        for arm in benefit
    ]
    return Evidence(
        origin="live", plan_sha256=registered.sha256, data_sha256="d" * 64, policy_sha256="e" * 64, arm="b",
        start=FIRST, until=FIRST + timedelta(days=6 + look), units={"a": n, "b": n},
        looks=tuple((k + 1) / looks for k in range(look + 1)),
        metrics=(
            MetricResult(metric="orders", difference=EstimateRecord(
                value=float(p[1] - p[0]), se=float(np.sqrt((p * (1 - p)).sum() / n)), df=None)),
            MetricResult(metric="margin", difference=EstimateRecord(
                value=float(margin[1] - margin[0]) / n, se=MARGIN_SD * float(np.sqrt(2 / n)), df=None)),
        ),
        fairness=(FairnessCounts(attribute="income", criterion="benefit", control=arms[0], treatment=arms[1]),),
        integrity=(Check(name=SAMPLE_RATIO, status="ok", what="Units are split as planned."),
                   Check(name=MISSING, status="ok", what="No value is missing.")),
    )  # fmt: skip
