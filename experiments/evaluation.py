"""Evidence: every policy on the same unseen populations with the same luck, and the comparison that decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from evenhand.agents import (
    FEASIBLE_SHARE,
    Outcomes,
    Policy,
    PopulationPool,
    feasible_share,
    gaps_of,
    no_contact_profit,
    roll_out,
)
from evenhand.envs import Setup
from evenhand.errors import DataError
from evenhand.experiments.paired import compare
from evenhand.experiments.report import Comparison, Gap, Mean, PolicyEvidence
from evenhand.experiments.workers import Task, side_by_side
from evenhand.simulator import Simulator

__all__ = ["EVALUATION_SEED", "Entrant", "Evaluation", "Kind", "evaluate_entrants"]

EVALUATION_SEED = 500_000_000  # populations that neither training, validation nor tuning ever saw

Kind = Literal["today", "baseline", "learned"]


@dataclass(frozen=True)
class Entrant:
    """A policy as it enters the comparison."""

    name: str
    label: str
    policy: Policy
    setup: Setup
    kind: Kind = "baseline"
    edits: int = 0  # changes that it makes before the first period


@dataclass(frozen=True)
class Evaluation:
    """What every policy did in each of n populations, and what follows."""

    policies: tuple[PolicyEvidence, ...]
    comparison: Comparison | None
    profits: dict[str, NDArray[np.float64]]  # (n,) money per customer and period beyond contacting nobody
    gaps: dict[str, NDArray[np.float64]]  # (n,) of the constrained attribute; zeros without one
    scenario: str = ""  # whose dynamics the populations had; empty: those of the study's simulator

    def table(self) -> pd.DataFrame:
        """Return means per policy, the best profit first."""
        rows = [
            {
                "policy": p.label,
                "profit": p.profit.mean,
                "low": p.profit.low,
                "high": p.profit.high,
                "redemption": p.redemption.mean,
                "unsubscribe": p.unsubscribe.mean,
                "churn": p.churn.mean,
                **{f"{name} gap": gap.mean for name, gap in p.gap.items()},
                "feasible": p.feasible_share,
            }
            for p in self.policies
        ]
        return pd.DataFrame(rows).set_index("policy").sort_values("profit", ascending=False)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, populations included."""
        return {
            "scenario": self.scenario,
            "policies": [p.model_dump(mode="json") for p in self.policies],
            "comparison": self.comparison.model_dump(mode="json") if self.comparison else None,
            "profits": {name: values.tolist() for name, values in self.profits.items()},
            "gaps": {name: values.tolist() for name, values in self.gaps.items()},
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Evaluation:
        """Read what `to_dict` gave."""
        comparison = Comparison.model_validate(data["comparison"]) if data["comparison"] else None
        return cls(
            tuple(PolicyEvidence.model_validate(row) for row in data["policies"]),
            comparison,
            {name: np.array(values) for name, values in data["profits"].items()},
            {name: np.array(values) for name, values in data["gaps"].items()},
            data.get("scenario", ""),
        )

    def __repr__(self) -> str:
        return self.table().to_string(float_format=lambda value: f"{value:.4f}")

    def plot(self) -> Figure:
        """Return profit against gap, a point with intervals per policy."""
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axes = figure.add_subplot()
        for p in self.policies:
            gap = next((g for g in p.gap.values() if g.tolerance is not None), None)
            if gap is None:
                continue
            spread = [[p.profit.mean - p.profit.low], [p.profit.high - p.profit.mean]]
            axes.errorbar([gap.mean], [p.profit.mean], yerr=spread, marker="o", label=p.label)
        for tolerance in {g.tolerance for p in self.policies for g in p.gap.values() if g.tolerance is not None}:
            axes.axvline(tolerance, color="0.6", linestyle=":")
        axes.set(xlabel="gap between groups", ylabel="profit per customer and period")
        if axes.get_legend_handles_labels()[1]:
            axes.legend(fontsize=8)
        return figure


def evaluate_entrants(
    entrants: Sequence[Entrant],
    simulator: Simulator,
    setup: Setup,
    *,
    populations: int = 256,
    n_customers: int = 1000,
    seed: int = 0,
    workers: int = 1,
    on_progress: Callable[[str, int], None] | None = None,
) -> Evaluation:
    """Roll everyone out over `populations` unseen populations and compare the learned one with the best fair other.

    A policy is feasible when at least 90 % of the populations keep the constrained gap within tolerance; the best
    feasible baseline is the feasible one with the highest mean profit, today's segmentation included.
    """
    names = [entrant.name for entrant in entrants]
    if len(set(names)) < len(names):
        raise DataError(f"two entrants share a name: {', '.join(names)}", mend="give each a name of its own")
    common = {
        "simulator": simulator,
        "first_seed": EVALUATION_SEED + 100_000 * (seed % 1000),
        "populations": populations,
        "n_customers": n_customers,
    }
    tasks = [Task("no contact", _run_no_contact, {"setup": setup, **common})]
    tasks += [Task(e.name, _run, {"entrant": e, **common}) for e in entrants]
    yardstick, *outcomes = side_by_side(tasks, workers=workers, on_progress=on_progress)
    profits = {e.name: o.profit - yardstick for e, o in zip(entrants, outcomes, strict=True)}
    gaps = {e.name: gaps_of(o, setup.constraint) for e, o in zip(entrants, outcomes, strict=True)}
    evidence = tuple(
        _evidence(e, o, profits[e.name], gaps[e.name], simulator, setup)
        for e, o in zip(entrants, outcomes, strict=True)
    )
    return Evaluation(evidence, _compare(evidence, profits, seed), profits, gaps)


def _pool(simulator: Simulator, first_seed: int, populations: int, n_customers: int) -> PopulationPool:
    return PopulationPool(simulator, first_seed=first_seed, count=populations, n_customers=n_customers, keep=False)


def _run(
    *, entrant: Entrant, simulator: Simulator, first_seed: int, populations: int, n_customers: int,
    progress: Callable[[int], None],
) -> Outcomes:  # fmt: skip
    pool = _pool(simulator, first_seed, populations, n_customers)
    return roll_out(
        entrant.policy, entrant.setup, pool, range(populations), extra_edits=entrant.edits, progress=progress
    )


def _run_no_contact(
    *, setup: Setup, simulator: Simulator, first_seed: int, populations: int, n_customers: int,
    progress: Callable[[int], None],
) -> NDArray[np.float64]:  # fmt: skip
    return no_contact_profit(setup, _pool(simulator, first_seed, populations, n_customers), range(populations))


def _evidence(
    entrant: Entrant,
    outcome: Outcomes,
    profit: NDArray[np.float64],
    gap: NDArray[np.float64],
    simulator: Simulator,
    setup: Setup,
) -> PolicyEvidence:
    c = setup.constraint
    share = feasible_share(gap, c)
    found: dict[str, Gap] = {}
    for position, attribute in enumerate(simulator.protected):
        groups = [k for k, g in enumerate(attribute.groups) if g.constrained]
        if len(groups) > 1:
            tolerance = c.tolerance if c and c.attribute == position else None
            found[attribute.name] = Gap.of(outcome.gap(position, groups), tolerance=tolerance)
    return PolicyEvidence(
        name=entrant.name,
        label=entrant.label,
        kind=entrant.kind,
        feasible=share >= FEASIBLE_SHARE,
        feasible_share=share,
        profit=Mean.of(profit),
        redemption=Mean.of(outcome.redemption),
        unsubscribe=Mean.of(outcome.unsubscribe / setup.horizon),
        churn=Mean.of(outcome.churn / setup.horizon),
        gap=found,
    )


def _compare(
    evidence: Sequence[PolicyEvidence], profits: dict[str, NDArray[np.float64]], seed: int
) -> Comparison | None:
    learned = next((p for p in evidence if p.kind == "learned"), None)
    others = [p for p in evidence if p.kind != "learned" and p.feasible]
    if learned is None or not others:
        return None
    best = max(others, key=lambda p: p.profit.mean)
    return Comparison.of(best.name, compare(profits[learned.name], profits[best.name], seed=seed))
