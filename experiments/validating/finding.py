"""What a simulated trial found, as the evidence that the gate judges."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from evenhand.envs import Setup
from evenhand.experiments.gate import Evidence, MetricResult
from evenhand.experiments.gate.evidence import FairnessCounts, GroupTally
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan
from evenhand.experiments.validating.planning import groups_of
from evenhand.experiments.validating.spread import counted, design_effect, difference
from evenhand.experiments.validating.twins import METRICS, Twins
from evenhand.segments import content_hash
from evenhand.simulator import Simulator

__all__ = ["STARTS", "evidence_of"]

STARTS = date(2026, 1, 5)  # a Monday: simulated weeks have no date, and only their number matters


def evidence_of(registered: RegisteredPlan, twins: Twins, *, simulator: Simulator, setup: Setup) -> Evidence:
    """Return the evidence on the arm `policy` of a plan, all of it simulated."""
    plan = registered.plan
    n = plan.units_after(plan.weeks) // 2  # everybody takes part, in both arms
    groups = groups_of(simulator, setup)
    return Evidence(
        origin="simulated",
        plan_sha256=registered.sha256,
        data_sha256=content_hash({name: values.tolist() for name, values in _finite(twins).items()}),
        policy_sha256=plan.arm("policy").sha256,
        arm="policy",
        start=STARTS,
        until=STARTS + timedelta(days=7 * plan.weeks - 1),
        units={"today": n, "policy": n},
        looks=(1.0,),
        metrics=tuple(MetricResult.of(name, difference(twins, k)) for k, name in enumerate(METRICS)),
        fairness=_counts(plan, twins, simulator, groups),
        design_effect=design_effect(twins, *groups) if groups else 1.0,
    )


def _counts(
    plan: ExperimentPlan, twins: Twins, simulator: Simulator, groups: tuple[int, list[int]] | None
) -> tuple[FairnessCounts, ...]:
    if groups is None or not plan.fairness:
        return ()
    position, members = groups
    attribute = simulator.protected[position]

    def tallies(arm: str) -> dict[str, GroupTally]:
        rates = twins.today_rates if arm == "today" else twins.policy_rates
        found = {
            attribute.groups[k].name: counted(rates[:, position, k], twins.members[:, position, k]) for k in members
        }
        return {name: GroupTally(n=one.n, positive=one.positive) for name, one in found.items()}

    margin = plan.fairness[0]
    return (
        FairnessCounts(
            attribute=margin.attribute, criterion=margin.criterion, control=tallies("today"),
            treatment=tallies("policy"),
        ),
    )  # fmt: skip


def _finite(twins: Twins) -> dict[str, NDArray[np.float64]]:
    """Return the trial's numbers with -1 for the rate of a group without members: NaN is no JSON."""
    return {name: np.nan_to_num(values, nan=-1.0) for name, values in twins._asdict().items()}
