"""From cells to one result: learned less the best feasible baseline, scenario by scenario, disappointments first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.agents import FEASIBLE_SHARE
from evenhand.experiments.aggregate import (
    LEAST_SEEDS,
    Estimate,
    iqm_interval,
    mean_over_both,
    percent_of_baseline,
    probability_of_improvement,
    share_held,
)
from evenhand.experiments.benchmark.cells import (
    LEARNED_BASELINES,
    MANY,
    SCENARIOS,
    SHIFTED,
    STRENGTHS,
    VARIANTS,
    Cell,
    Place,
    home,
)
from evenhand.experiments.benchmark.lifts import lifts_of
from evenhand.experiments.benchmark.store import Store, made
from evenhand.experiments.benchmark.verdicts import says
from evenhand.experiments.paired import mean_interval

__all__ = ["Board", "Row", "gather"]

Json = dict[str, Any]
FloatArray = NDArray[np.float64]
DIGITS = 6
UNGUARDED = ("no-constraint",)  # whose curve is of learning without the shield, beside no other's validation profit
CLAIMED = ("gain_percent", "gain_low", "gain_high", "gain_money", "minutes_to_beat")  # against the best baseline


class Row(NamedTuple):
    """A player on the unseen populations."""

    name: str
    label: str
    profit: FloatArray  # (P,)
    held: NDArray[np.bool_]  # (P,)
    funnel: dict[str, FloatArray]  # (P,) each
    validation: float | None  # profit where checkpoints are chosen

    @classmethod
    def of(cls, name: str, label: str, found: Json) -> Row:
        """Read what a cell says of a player."""
        return cls(
            name,
            label,
            np.array(found["profit"]),
            np.array([mark == "1" for mark in found["held"]]),
            {key: np.array(values) for key, values in found["funnel"].items()},
            None if name in UNGUARDED else _validation(found),
        )


def _validation(found: Json) -> float | None:
    """Return what a baseline, or the kept checkpoint of a training, brought where checkpoints are chosen."""
    if "validation" in found:
        return float(found["validation"]["profit"])
    return next((point["profit"] for point in found.get("curve", []) if point["steps"] == found["kept"]), None)


@dataclass(frozen=True)
class Board:
    """Everything that is known of one scenario at one strength."""

    place: Place
    baselines: tuple[Row, ...]  # planner-free
    learned: tuple[Row, ...]  # a row per training seed
    curves: tuple[list[Json], ...]  # of the same seeds
    planner: Row | None
    ablations: tuple[Row, ...]
    realised: Json
    spent: Json  # CPU minutes of tuning, by opponent
    trained: tuple[float, ...]  # CPU minutes of each training
    begun: Json | None  # the plan that learning begins with; None: today's segmentation
    stale: int  # cells of earlier code among these

    @cached_property
    def best(self) -> Row | None:
        """The best feasible baseline on the very populations of the comparison, which leans against learning."""
        return self._best_of(self.baselines)

    @cached_property
    def best_that_did_not_learn(self) -> Row | None:
        """The best of those that are no PPO, on the same populations."""
        return self._best_of([row for row in self.baselines if row.name not in LEARNED_BASELINES])

    def _best_of(self, rows: Sequence[Row]) -> Row | None:
        feasible = [row for row in rows if row.held.mean() >= FEASIBLE_SHARE]
        return max(feasible, key=lambda row: row.profit.mean(), default=None)

    @cached_property
    def profits(self) -> FloatArray:
        """Profit of every seed in every population, (S, P)."""
        return np.stack([row.profit for row in self.learned])

    @cached_property
    def held(self) -> NDArray[np.bool_]:
        """Whether every constraint held, (S, P)."""
        return np.stack([row.held for row in self.learned])


def gather(store: Store, *, stale: bool = False) -> Json:
    """Add up all cells that stand; with `stale` also those of earlier code, counted where they enter."""
    boards = {name: board_of(store, home(name), stale=stale) for name in SCENARIOS}
    scenarios = {name: _summary(board) for name, board in boards.items() if board}
    strengths: Json = {}
    for name, board in boards.items():
        if name in (SHIFTED, "no_delayed_effects") or not board:
            continue
        for delayed in sorted(STRENGTHS):
            there = board_of(store, replace(board.place, delayed=delayed), stale=stale)
            if there:
                strengths.setdefault(name, {})[f"{delayed:g}"] = _summary(there)
    return {"says": says(scenarios), "scenarios": scenarios, "strengths": strengths, "gathered": made()}


def board_of(store: Store, place: Place, *, stale: bool = False) -> Board | None:
    """Return what is known of a place; None without opponents and a training."""
    old = 0

    def found(cell: Cell) -> Json | None:
        nonlocal old
        content, fresh = store.read(cell), store.stands(cell)
        if content is None or not (fresh or stale):
            return None
        old += not fresh
        body: Json = content["found"]
        return body

    def seed(number: int, variant: str = "full") -> Json | None:
        return found(Cell(place.home, place.delayed, "seed", number, variant))

    opponents = found(Cell(place.home, place.delayed, "opponents"))
    beginning = found(Cell(place.home, place.delayed, "beginning")) or {"beginning": None, "players": {}}
    trainings = [one for k in range(MANY) if (one := seed(k + 1))]
    if not opponents or not trainings:
        return None
    variants = {name: one for name in VARIANTS if (one := seed(1, name))}
    planner = found(Cell(place.home, place.delayed, "planner"))
    labels = {"myopic": "PPO with gamma 0", "no-constraint": "PPO that learned without limits"}
    return Board(
        place=place,
        baselines=(
            *(Row.of(name, row["label"], row) for name, row in (opponents["players"] | beginning["players"]).items()),
            *(Row.of(name, labels[name], variants[name]) for name in LEARNED_BASELINES if name in variants),
        ),
        learned=tuple(Row.of("learned", "learned", one) for one in trainings),
        curves=tuple(one.get("curve", []) for one in trainings),
        planner=Row.of("planner", planner["label"], planner) if planner else None,
        ablations=tuple(Row.of(name, name, one) for name, one in variants.items()),
        realised=opponents["realised"],
        spent=opponents["tuning_cpu_minutes"],
        trained=tuple(one.get("training_cpu_minutes", 0.0) for one in trainings),
        begun=beginning["beginning"],
        stale=old,
    )


def _summary(board: Board) -> Json:
    best, learned = board.best, board.profits
    rows = sorted(board.baselines, key=lambda row: -row.profit.mean())
    found: Json = {
        "seeds": len(learned),
        "populations": learned.shape[1],
        "learned": _estimate(mean_over_both(learned)),
        "players": {
            row.name: {
                "label": row.label,
                "profit": _mean(row.profit),
                "feasible_share": _number(row.held.mean()),
            }
            for row in rows
        },
        "begins_with": board.begun["label"] if board.begun else None,
        **_shares(board),
        "best_baseline": best.name if best else None,
        "cpu_minutes_of_training": [_number(minutes) for minutes in board.trained],
        "cpu_minutes_of_tuning": board.spent,
        "expected_less_realised": _check(board.realised),
        "curves": [[[p["steps"], p["cpu_minutes"], p["profit"], p["feasible"]] for p in c] for c in board.curves if c],
        "stale_cells": board.stale,
    }
    found |= _against(board, best) if best else dict.fromkeys(CLAIMED)  # null where nobody fair is there to beat
    if best is not (other := board.best_that_did_not_learn) and other:
        found["over_who_did_not_learn"] = {
            "name": other.name,
            **_estimate(percent_of_baseline(learned, other.profit)),
            "minutes_to_beat": _middle([one and one[0] for one in _first_beats(board, other)]),
            "validation": other.validation,
        }
    if board.planner:
        found["planner"] = _beside_planner(board, board.planner, best)
    found["ablations"] = {row.name: _mean(row.profit - learned.mean(axis=0)) for row in board.ablations}
    return found


def _shares(board: Board) -> Json:
    held = share_held(board.held)
    return {"feasible_share": _number(held.value), "feasible": _estimate(held)}


def _against(board: Board, best: Row) -> Json:
    learned, base = board.profits, mean_interval(best.profit)
    gain, beat = percent_of_baseline(learned, best.profit), _first_beats(board, best)
    per_seed = 100 * (learned.mean(axis=1) - base.mean) / abs(base.mean)
    minutes = [one[0] if one else None for one in beat]
    return {
        "gain_percent": _number(gain.value),
        "gain_low": _number(gain.low),
        "gain_high": _number(gain.high),
        "gain_money": _estimate(mean_over_both(learned - best.profit)),
        "gain_iqm_over_seeds": _estimate(iqm_interval(per_seed[:, None])) if len(learned) >= LEAST_SEEDS else None,
        "chance_to_improve": _estimate(probability_of_improvement(learned, best.profit)),
        "base_clearly_above_zero": base.low > 0,
        "validation_of_best_baseline": best.validation,
        "minutes_to_beat": _middle(minutes),
        "minutes_to_beat_by_seed": minutes,
        "steps_to_beat_by_seed": [one[1] if one else None for one in beat],
        "lifts": lifts_of(board.place.name, board.learned, best, board.baselines),
    }


def _first_beats(board: Board, best: Row) -> list[tuple[float, int] | None]:
    """Return CPU minutes and steps of the first feasible checkpoint of each seed that beats the baseline, if any does.

    Both on the same validation populations.
    """
    if best.validation is None:
        return []
    return [
        next(
            (
                (point["cpu_minutes"], point["steps"])
                for point in curve
                if point["profit"] > best.validation and point["feasible"] >= FEASIBLE_SHARE
            ),
            None,
        )
        for curve in board.curves
        if curve
    ]


def _middle(values: Sequence[float | None]) -> float | None:
    """Return the median, None where half or more never got there."""
    if not values:
        return None
    middle = float(np.median([np.inf if value is None else value for value in values]))
    return _number(middle) if np.isfinite(middle) else None


def _beside_planner(board: Board, planner: Row, best: Row | None) -> Json:
    n = len(planner.profit)
    found: Json = {
        "populations": n,
        "profit": _mean(planner.profit),
        "feasible_share": _number(planner.held.mean()),
        "learned_less_planner": _estimate(mean_over_both(board.profits[:, :n] - planner.profit)),
    }
    if best:
        found["planner_less_best_baseline"] = _mean(planner.profit - best.profit[:n])
    return found


def _check(realised: Json) -> Json:
    """Return expected less realised profit with its interval: how far the measure is from what happens."""
    return {name: _mean(np.array(row["expected"]) - np.array(row["realised"])) for name, row in realised.items()}


def _estimate(found: Estimate) -> Json:
    return {"value": _number(found.value), "low": _number(found.low), "high": _number(found.high)}


def _mean(values: FloatArray) -> Json:
    found = mean_interval(values)
    return {"value": _number(found.mean), "low": _number(found.low), "high": _number(found.high)}


def _number(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
