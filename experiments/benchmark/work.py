"""What it takes to run one cell: opponents tuned and measured, what to begin with, a training, the planner's play."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.agents import Greedy, LearnedPolicy, PopulationPool, Training, feasible_share, roll_out, train
from evenhand.agents.baselines.planner import Planner
from evenhand.agents.baselines.registry import OPPONENTS, named, plain
from evenhand.agents.learning.train import VALIDATION_SEED
from evenhand.errors import ArtefactError
from evenhand.experiments.ablations import acting_setup, begun_without, without_part
from evenhand.experiments.beginning import BEGUN, Beginning
from evenhand.experiments.benchmark.business import Business, business_of
from evenhand.experiments.benchmark.cells import HOUSEHOLDS, SHIFTED, Cell
from evenhand.experiments.benchmark.clock import Clock
from evenhand.experiments.benchmark.measure import Measured, blast, measure, nobody, realised
from evenhand.experiments.benchmark.store import Store
from evenhand.experiments.evaluation import Entrant
from evenhand.experiments.opponents import ALWAYS, Opponents, begin, entrants
from evenhand.experiments.training import what_to_train

__all__ = ["run_cell"]

Json = dict[str, Any]
FloatArray = NDArray[np.float64]
DIGITS = 7  # significant ones of every number in a file


def run_cell(cell: Cell, store: Store, work: Path) -> Path:
    """Run a cell and write its file; what a stopped call left half done in the folder `work` is gone on with."""
    begun, cpu = time.perf_counter(), time.process_time()
    home = HOUSEHOLDS if cell.scenario == SHIFTED else cell.scenario
    business = business_of(home, cell.delayed, store.scale.settings, shifted=cell.scenario == SHIFTED)
    parts = {"opponents": _opponents, "beginning": _beginning, "planner": _planner, "seed": _seed}
    found, more = parts[cell.part](cell, business, store, work)
    minutes = (time.perf_counter() - begun) / 60
    return store.write(cell, found, minutes=minutes, cpu_minutes=(time.process_time() - cpu) / 60 + more)


# --------------------------------------------------------------------------------------------------- opponents
def _opponents(cell: Cell, business: Business, store: Store, work: Path) -> tuple[Json, float]:
    if cell.scenario == SHIFTED:  # other dynamics, the same opponents
        before = _found(cell.needs[0], store)
        tuned, spent = before["tuned"], before["tuning_cpu_minutes"]
    else:
        tuned, spent = _tuned(business)
    rows = entrants(business.setup, business.layout, Opponents.from_dict(tuned, business.setup))
    rows.append(blast(business))
    pool, n = business.unseen(), business.settings.populations
    base = nobody(business.setup, pool, n)
    validation = business.pool(VALIDATION_SEED, business.settings.validation_populations)
    played = {row.name: measure(row, business, pool, base) for row in rows}
    found = {
        "tuned": tuned,
        "tuning_cpu_minutes": spent,
        "nobody": _row(base),  # beyond today
        "players": {
            row.name: {"label": row.label, "validation": _validated(row, validation), **_plain(played[row.name])}
            for row in rows
        },
        "realised": _realised(rows, played, business, pool, store.scale.realised_populations),
    }
    return found, 0.0


def _tuned(business: Business) -> tuple[Json, dict[str, float]]:
    """Return what tuning finds for every opponent, and the CPU minutes that each took."""
    wanted = {*(name.strip() for name in business.settings.opponents.split(",")), *ALWAYS}
    found, spent = {}, {}
    for name in (o.name for o in OPPONENTS if o.name in wanted):
        begun = time.process_time()
        found[name] = {"needs": named(name).needs, **plain(named(name).tune(business.case))}
        spent[name] = round((time.process_time() - begun) / 60, 3)
    return found, spent


def _validated(player: Entrant, pool: PopulationPool) -> Json:
    """Return what a player brings where checkpoints are chosen, in the measure of the learning curves."""
    outcome = roll_out(player.policy, player.setup, pool, range(pool.count), against_twin=True)
    return {"profit": _number(outcome.profit.mean()), "feasible": _number(feasible_share(outcome))}


def _realised(
    rows: Sequence[Entrant], played: dict[str, Measured], business: Business, pool: PopulationPool, n: int
) -> Json:
    """Return expected and realised profit of two players in the first populations, one beside the other."""
    n = min(n, len(played[rows[0].name].profit))
    two = [row for row in rows if row.name in ALWAYS]
    profits = realised(two, business.setup, pool, n)
    return {
        row.name: {"expected": _row(played[row.name].profit[:n]), "realised": _row(profit)}
        for row, profit in zip(two, profits, strict=True)
    }


# --------------------------------------------------------------------------------------------------- beginning
def _beginning(cell: Cell, business: Business, store: Store, work: Path) -> tuple[Json, float]:
    opponents, base = _before(cell, business, store)
    if cell.scenario == SHIFTED:  # other dynamics, the same plan
        opponents = _begun(opponents, _found(cell.needs[0], store), business)
    else:
        opponents = begin(opponents, business.simulator, business.today, business.setup, business.settings)
    rows = [row for row in entrants(business.setup, business.layout, opponents) if row.name.endswith(BEGUN)]
    validation = business.pool(VALIDATION_SEED, business.settings.validation_populations)
    found = {
        "beginning": opponents.beginning.to_dict() if opponents.beginning else None,
        "players": {
            row.name: {
                "label": row.label,
                "validation": _validated(row, validation),
                **_plain(measure(row, business, business.unseen(), base)),
            }
            for row in rows
        },
    }
    return found, 0.0


def _begun(opponents: Opponents, found: Json, business: Business) -> Opponents:
    """Return the opponents with what a cell of the part `beginning` found."""
    row = found["beginning"]
    return replace(opponents, beginning=Beginning.from_dict(row, business.setup) if row else None)


# ----------------------------------------------------------------------------------------------------- planner
def _planner(cell: Cell, business: Business, store: Store, work: Path) -> tuple[Json, float]:
    opponents, base = _before(cell, business, store)
    charges, tuning = business.setup.charges_in_units, store.scale.planner
    scout = Greedy(business.layout, business.setup.horizon, charges.edit, charges.complexity, opponents.start.tuning)
    player = Entrant("planner", "planner with access to the simulator", Planner(scout, tuning), business.setup)
    played = measure(player, business, business.unseen(), base[: store.scale.planner_populations])
    return {"label": player.label, "tuning": asdict(tuning), **_plain(played)}, 0.0


def _before(cell: Cell, business: Business, store: Store) -> tuple[Opponents, FloatArray]:
    """Return the tuned opponents, and what contacting nobody brings in each unseen population."""
    found = _found(Cell(cell.scenario, cell.delayed, "opponents"), store)
    return Opponents.from_dict(found["tuned"], business.setup), np.array(found["nobody"])


def _found(cell: Cell, store: Store) -> Json:
    content = store.read(cell)
    if content is None:
        raise ArtefactError(f"there is no {cell}", where=str(store.path(cell)), mend="run it first")
    found: Json = content["found"]
    return found


# ------------------------------------------------------------------------------------------------------- seeds
def _seed(cell: Cell, business: Business, store: Store, work: Path) -> tuple[Json, float]:
    opponents, base = _before(cell, business, store)
    if cell.scenario == SHIFTED:
        policy = LearnedPolicy.load(_own(cell.needs[0], store, work) / "policy")
        played = measure(_player(cell, policy, business), business, business.unseen(), base)
        return _plain(played), 0.0
    opponents = _begun(opponents, _found(Cell(cell.scenario, cell.delayed, "beginning"), store), business)
    opponents = begun_without(cell.variant, opponents)
    own = _own(cell, store, work)
    own.mkdir(parents=True, exist_ok=True)
    clock = Clock(own / "clock.json")
    whole = what_to_train(business.simulator, business.today, business.setup, opponents, business.settings)
    training = train(
        **without_part(cell.variant, whole),
        seed=1000 * business.settings.seed + cell.seed - 1,
        snapshot=own / "half-done.npz",
        progress=clock,
    )
    seconds = clock.seconds
    played = measure(_player(cell, training.policy, business), business, business.unseen(), base)
    shutil.rmtree(own / "policy", ignore_errors=True)
    training.policy.save(own / "policy")
    fingerprint = json.loads((own / "policy" / "policy.json").read_bytes())["sha256"]
    (own / "half-done.npz").unlink(missing_ok=True)
    found = {
        "policy": fingerprint,
        "curve": [
            {
                **{k: _number(v) for k, v in asdict(point).items()},
                "cpu_minutes": _number(clock.at(point.steps) / 60),
            }
            for point in training.curve
        ],
        "kept": training.kept.steps,
        "learned": training.learned,
        "confirmation": _confirmation(training),
        "training_cpu_minutes": _number(seconds / 60),
        **_plain(played),
    }
    return found, clock.earlier / 60


def _confirmation(training: Training) -> Json | None:
    found = training.confirmation
    return {k: _number(v) for k, v in asdict(found).items() if v is not None} if found else None


def _player(cell: Cell, policy: LearnedPolicy, business: Business) -> Entrant:
    acting = acting_setup(cell.variant, business.setup).begun_with(policy.beginning)
    return Entrant("learned", cell.variant, policy, acting, kind="learned")


def _own(cell: Cell, store: Store, work: Path) -> Path:
    """Return the folder of what a training leaves outside the results: its half-done state, then its policy."""
    return work / cell.folder / f"{cell.stem}-{(store.key(cell) or '')[:12]}"


# ------------------------------------------------------------------------------------------------- plain data
def _plain(played: Measured) -> Json:
    return {
        "profit": _row(played.profit),
        "held": "".join("01"[int(held)] for held in played.held),
        "contact": _number(played.contact),
        "tweaks": _number(played.tweaks),
        "funnel": {name: _row(values, digits=5) for name, values in played.funnel.items()},
    }


def _row(values: FloatArray, *, digits: int = DIGITS) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in values]


def _number(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
