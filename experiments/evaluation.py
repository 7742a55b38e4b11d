"""Evidence: every policy on the same unseen populations with the same luck, and the comparison that decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from evenhand.agents import (
    FEASIBLE_SHARE,
    Outcomes,
    Policy,
    PopulationPool,
    gaps_of,
    held_in,
    no_contact_profit,
    roll_out,
)
from evenhand.envs import Constraint, Parity, Setup
from evenhand.errors import DataError
from evenhand.experiments.granularity import GranularityWatch, granularity_of
from evenhand.experiments.over_seeds import over_seeds, seeds_of_one_procedure
from evenhand.experiments.paired import compare
from evenhand.experiments.report import Comparison, Elsewhere, Gap, Mean, OverSeeds, PolicyEvidence
from evenhand.experiments.welfare import WelfareWatch, welfare_of
from evenhand.experiments.workers import Task, side_by_side
from evenhand.fairness import wilson
from evenhand.simulator import Simulator
from evenhand.simulator.scenarios import describe

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

    @property
    def manifest(self) -> dict[str, Any]:
        """What a trained policy says of its training; empty of others."""
        found: dict[str, Any] = getattr(self.policy, "manifest", {})
        return found


@dataclass(frozen=True)
class Evaluation:
    """What every policy did in each of n populations, and what follows."""

    policies: tuple[PolicyEvidence, ...]
    comparison: Comparison | None
    profits: dict[str, NDArray[np.float64]]  # (n,) money per customer and period beyond contacting nobody
    gaps: dict[str, NDArray[np.float64]]  # (n,) of the constrained attribute; zeros without one
    held: dict[str, NDArray[np.bool_]]  # (n,) whether every active constraint held
    over_seeds: OverSeeds | None = None  # all trainings of the learned policy's procedure; null without a comparison
    elsewhere: tuple[Elsewhere, ...] = ()  # the same on dynamics that training never saw
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
                "populations": p.profit.n,
            }
            for p in self.policies
        ]
        return pd.DataFrame(rows).set_index("policy").sort_values("profit", ascending=False)

    def on(self, scenario: str) -> Evaluation:
        """Return the same, said to be on the dynamics of `scenario`."""
        return replace(self, scenario=scenario)

    def summary(self, scenario: str) -> Elsewhere:
        """Return what the chosen learned policy did here, where the dynamics are those of `scenario`."""
        learned = next(p for p in self.policies if p.kind == "learned")
        rival = self.comparison.baseline if self.comparison else ""
        return Elsewhere(
            scenario=scenario,
            line=describe(scenario).line,
            learned=learned.profit,
            feasible_share=learned.feasible_share,
            comparison=self.comparison,
            baseline=next((p.label for p in self.policies if p.name == rival), ""),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, populations included."""
        return {
            "scenario": self.scenario,
            "policies": [p.model_dump(mode="json") for p in self.policies],
            "comparison": self.comparison.model_dump(mode="json") if self.comparison else None,
            "profits": {name: values.tolist() for name, values in self.profits.items()},
            "gaps": {name: values.tolist() for name, values in self.gaps.items()},
            "held": {name: values.tolist() for name, values in self.held.items()},
            "over_seeds": self.over_seeds.model_dump(mode="json") if self.over_seeds else None,
            "elsewhere": [one.model_dump(mode="json") for one in self.elsewhere],
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
            {name: np.array(values, np.bool_) for name, values in data["held"].items()},
            OverSeeds.model_validate(data["over_seeds"]) if data["over_seeds"] else None,
            tuple(Elsewhere.model_validate(row) for row in data["elsewhere"]),
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

    A policy is feasible when at least 95 % of the populations keep the constrained gap within tolerance; the best
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
    tasks += [Task(e.name, _run, {"entrant": e, "judged": setup.constraints, **common}) for e in entrants]
    yardstick, *runs = side_by_side(tasks, workers=workers, on_progress=on_progress)
    entered = dict(zip(names, zip(entrants, runs, strict=True), strict=True))
    profits = {name: run.outcomes.profit - yardstick for name, (_, run) in entered.items()}
    gaps = {name: gaps_of(run.outcomes, setup.parity) for name, (_, run) in entered.items()}
    held = {name: held_in(run.outcomes) for name, (_, run) in entered.items()}
    evidence = tuple(
        _evidence(entrant, run, profits[name], held[name], simulator, setup) for name, (entrant, run) in entered.items()
    )
    comparison = _compare(evidence, profits, seed)
    trainings = None
    if comparison:
        learned = seeds_of_one_procedure({e.name: e.manifest for e in entrants if e.kind == "learned"})
        trainings = over_seeds(
            [profits[name] for name in learned],
            [held[name] for name in learned],
            profits[comparison.baseline],
            name=comparison.baseline,
            seed=seed,
        )
    return Evaluation(evidence, comparison, profits, gaps, held, trainings)


class _Run(NamedTuple):
    """What a roll-out left."""

    outcomes: Outcomes
    levels: NDArray[np.float64]  # see WelfareWatch
    cuts: NDArray[np.float64]  # see GranularityWatch


def _pool(simulator: Simulator, first_seed: int, populations: int, n_customers: int) -> PopulationPool:
    return PopulationPool(simulator, first_seed=first_seed, count=populations, n_customers=n_customers, keep=False)


def _run(
    *, entrant: Entrant, judged: Sequence[Constraint], simulator: Simulator, first_seed: int, populations: int,
    n_customers: int,
    progress: Callable[[int], None],
) -> _Run:  # fmt: skip
    pool = _pool(simulator, first_seed, populations, n_customers)
    welfare, cuts = WelfareWatch(entrant.setup.horizon), GranularityWatch(entrant.setup.horizon)
    outcomes = roll_out(
        entrant.policy, entrant.setup, pool, range(populations),
        judged=judged, watchers=(welfare, cuts), measure=True, progress=progress,
    )  # fmt: skip
    return _Run(outcomes, welfare.levels, cuts.rows)


def _run_no_contact(
    *, setup: Setup, simulator: Simulator, first_seed: int, populations: int, n_customers: int,
    progress: Callable[[int], None],
) -> NDArray[np.float64]:  # fmt: skip
    return no_contact_profit(setup, _pool(simulator, first_seed, populations, n_customers), range(populations))


def _evidence(
    entrant: Entrant,
    run: _Run,
    profit: NDArray[np.float64],
    held: NDArray[np.bool_],
    simulator: Simulator,
    setup: Setup,
) -> PolicyEvidence:
    outcome, n = run.outcomes, len(held)
    share = float(held.mean())
    low, high = (float(limit) for limit in wilson(held.sum(), n))
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
        **_gaps(outcome, simulator, setup),
        held=Mean(mean=share, low=min(low, share), high=max(high, share), n=n),
        welfare=welfare_of(run.levels, simulator),
        granularity=granularity_of(run.cuts),
    )


def _gaps(outcome: Outcomes, simulator: Simulator, setup: Setup) -> dict[str, dict[str, Gap]]:
    """Return the gaps of every attribute with two groups to compare, by criterion; a limit stands where one was set."""
    limits = {(c.attribute, c.among): c.tolerance for c in setup.constraints if isinstance(c, Parity)}
    found: dict[str, dict[str, Gap]] = {"gap": {}, "opportunity": {}, "odds": {}}
    for position, attribute in enumerate(simulator.protected):
        groups = [k for k, g in enumerate(attribute.groups) if g.constrained]
        if len(groups) < 2:
            continue
        everyone, would, rest = (outcome.gap(position, groups, among) for among in ("everyone", "converts", "rest"))
        both = limits.get((position, "rest"))  # equalized odds alone limits who would not convert
        one = limits.get((position, "converts")) if both is None else None
        found["gap"][attribute.name] = Gap.of(everyone, tolerance=limits.get((position, "everyone")))
        found["opportunity"][attribute.name] = Gap.of(would, tolerance=one)
        found["odds"][attribute.name] = Gap.of(np.maximum(would, rest), tolerance=both)
    return found


def _compare(
    evidence: Sequence[PolicyEvidence], profits: dict[str, NDArray[np.float64]], seed: int
) -> Comparison | None:
    learned = next((p for p in evidence if p.kind == "learned"), None)
    others = [p for p in evidence if p.kind != "learned" and p.feasible]
    if learned is None or not others:
        return None
    best = max(others, key=lambda p: p.profit.mean)
    return Comparison.of(best.name, compare(profits[learned.name], profits[best.name], seed=seed))
