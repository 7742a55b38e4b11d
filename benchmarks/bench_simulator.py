"""How fast the simulator is, everything switched on, beside its NumPy reference and the machine's own copy speed.

    python benchmarks/bench_simulator.py [--sizes 1000,10000,...] [--quick]

Prints a table and writes results/simulator.json beside this file, all from one run on one thread. Every effect of
`types.Behaviour` is on; who leaves is replaced in the next period, so the population stays constant and a step is one
of a living customer. Both sides of a ratio are measured in turns, and medians are quoted: other work on the machine
only adds. The reference is timed twice: with the float32 functions that it shares with the kernel (`numpy`), and with
NumPy's own exp, log, sin and cos and SciPy's ndtr in their place (`numpy_native`), so that the kernel is not compared
with a NumPy that does not use what NumPy has.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from evenhand.simulator import CampaignEffects, Population, Simulation, Traits, equations, reference
from evenhand.simulator.population import KEPT_SPEND, KEPT_TRIPS
from evenhand.simulator.reference import advance_reference
from evenhand.simulator.surroundings import surroundings
from evenhand.simulator.types import HERE, Outcome, behaviour_record

RESULT = Path(__file__).parent / "results" / "simulator.json"
SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
CAMPAIGNS = 4
SECONDS = 2.0  # spent on the kernel at each size, and at least five rounds
TARGETS = {"steps_per_second": 20e6, "aim": 60e6, "ratio_from_1e6": 2.0, "aim_ratio": 5.0, "flat": 1.5}

EVERYTHING = {
    "zero_inflation": 0.1, "drift_persistence": 0.92, "drift_sd": 0.4, "taste_persistence": 0.95,
    "taste_sd": 0.5, "margin_rate": 0.25, "discount_share": 0.5, "fatigue_decay": 0.8, "fatigue_open": 1.0,
    "fatigue_lift": 0.7, "fatigue_unsubscribe": 1.0, "fatigue_churn": 0.15, "satisfaction_decay": 0.9,
    "satisfaction_gain": 1.0, "satisfaction_churn": 1.0, "dependence_decay": 0.95, "dependence_wait": 0.15,
    "dependence_redeem": 0.5, "unsubscribe_base": 0.0015, "contact_value": 0.01, "return_base": 0.01,
    "return_contact": 0.02, "arrival": 0.02, "replacement": 1.0, "contact_cap": 0.95, "consumption_cap": 4.0,
    "weather_persistence": 0.7, "weather_trips": 0.05, "shock_chance": 0.02, "shock_size": -0.2, "shock_decay": 0.7,
}  # fmt: skip


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(str(n) for n in SIZES), help="numbers of customers")
    parser.add_argument("--quick", action="store_true", help="the kernel alone, without environment and training")
    asked = parser.parse_args()
    figures = measure([int(n) for n in asked.sizes.split(",")], quick=asked.quick)
    if not asked.quick:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(table(figures))


def measure(sizes: list[int], *, quick: bool = False) -> dict[str, Any]:
    """Return the figures of one run; compiling is not counted."""
    _kernel_round(_populations(1_000), rounds=2)()
    figures: dict[str, Any] = {
        "date": date.today().isoformat(),
        "machine": f"{_processor()}, {platform.system()}, one thread",
        "versions": {name: version(name) for name in ("numpy", "numba", "scipy")}
        | {"python": platform.python_version()},
        "behaviour": "every effect on, population constant",
        "copy_bytes_per_second": copy_bandwidth(),
        "bytes_per_customer": bytes_per_customer(),
    }
    keys = ("kernel_steps_per_second", "numpy_steps_per_second", "numpy_native_steps_per_second", "ratio")
    figures |= {key: {} for key in (*keys, "ratio_native", "copy_bandwidth_fraction", "living_share")}
    moved = sum(bytes_per_customer().values())
    for n in sizes:
        kernel, plain, native, living = compare(n)
        put = {
            "kernel_steps_per_second": round(kernel),
            "numpy_steps_per_second": round(plain),
            "numpy_native_steps_per_second": round(native),
            "ratio": round(kernel / plain, 2),
            "ratio_native": round(kernel / native, 2),
            "copy_bandwidth_fraction": round(kernel * moved / figures["copy_bytes_per_second"], 3),
            "living_share": round(living, 4),
        }
        for key, value in put.items():
            figures[key][str(n)] = value
    figures["verdict"] = verdict(figures)
    if not quick:
        figures |= environment_figures()
    return figures


# -- the kernel and its reference --------------------------------------------------------------------------------


def _populations(n: int, seed: int = 0) -> Population:
    """Return one random population of `n` customers with every effect on."""
    rng = np.random.default_rng(seed)

    def uniform(low: float, high: float, *shape: int) -> NDArray[np.float32]:
        return rng.random(shape, np.float32) * np.float32(high - low) + np.float32(low)

    def by_campaign(first: float, last: float) -> NDArray[np.float32]:
        return np.array([[0, *np.linspace(first, last, CAMPAIGNS - 1)]], np.float32)

    traits = Traits(
        rate=uniform(0.05, 2.5, 1, n), dispersion=uniform(0.3, 2.0, 1, n),
        basket=uniform(5, 60, 1, n), basket_sd=uniform(0.2, 1.0, 1, n),
        browse=uniform(0.0, 0.3, 1, n), hazard=uniform(0.0005, 0.01, 1, n), closing=uniform(-1, 1, 1, n),
        openness=uniform(-2, 1, 1, n, CAMPAIGNS), interest=uniform(-3, 0, 1, n, CAMPAIGNS),
        affinity=uniform(0.5, 1.5, 1, n, CAMPAIGNS),
    )  # fmt: skip
    effects = CampaignEffects(
        cost=by_campaign(0.1, 0.05), discount=by_campaign(2.5, 0.0), lift=by_campaign(0.1, 0.05),
        bonus=by_campaign(0.4, 0.2), weight=by_campaign(1.0, 0.5), closing=by_campaign(0.2, -0.2),
        loading=by_campaign(0.5, -0.5), weather=by_campaign(-0.2, 0.2), delivery=by_campaign(0.9, 0.99),
        channel=np.arange(CAMPAIGNS, dtype=np.uint8) % 4, beneficial=np.ones(CAMPAIGNS, np.uint8),
    )  # fmt: skip
    record = behaviour_record(EVERYTHING)[None]
    absent = np.where(rng.random((1, n), np.float32) < 0.01, 2, 0).astype(np.uint8)
    return Population(
        seed=seed, traits=traits, behaviour=record, effects=effects, absent=absent,
        season=np.linspace(0.8, 1.2, 52, dtype=np.float32)[None], consent=rng.integers(1, 16, (1, n), np.uint8),
        features=np.zeros((1, n, 0), np.float32), feature_names=(), groups=np.zeros((1, n, 0), np.int8),
        expected_response=traits.interest, expected_openness=np.zeros(1, np.float32), expected_hazard=traits.hazard,
        expected_effects=effects, expected_behaviour=record,
    )  # fmt: skip


def _given(n: int) -> NDArray[np.int8]:
    return np.random.default_rng(1).integers(0, CAMPAIGNS, (1, n), np.int8)


def _kernel_round(p: Population, *, rounds: int) -> Callable[[], tuple[float, float]]:
    """Return a function that lets `rounds` periods pass: seconds per period, and the share that is living."""
    run, given = Simulation(p, np.array([5], np.uint64)), _given(p.size)

    def go() -> tuple[float, float]:
        start = time.perf_counter()
        for _ in range(rounds):
            run.advance(given)
        return (time.perf_counter() - start) / rounds, float((run.state.absent == HERE).mean())

    return go


def _reference_round(p: Population) -> Callable[[], float]:
    """Return a function that lets one period pass in NumPy: seconds."""
    seeds, given = np.array([5], np.uint64), _given(p.size)
    state = Simulation(p, seeds).state

    def go() -> float:
        start = time.perf_counter()
        around = surroundings(p.behaviour, p.season, seeds, 3)
        advance_reference(
            state, p.traits, p.behaviour[0], p.effects, p.consent, given, 5, 3, log_factor=around.log_factor[0],
            weather=around.weather[0], kept_trips=KEPT_TRIPS, kept_spend=KEPT_SPEND,
        )  # fmt: skip
        return time.perf_counter() - start

    return go


@contextmanager
def native_functions() -> Iterator[None]:
    """Let the reference use NumPy's and SciPy's own elementary functions."""

    def pair(u: NDArray[np.float32], v: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        radius, angle = np.sqrt(np.float32(-2) * np.log(u)), np.float32(2 * np.pi) * v
        return radius * np.cos(angle), radius * np.sin(angle)

    def chance(z: NDArray[np.float32], density: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(ndtr(z), np.float32)

    with (
        patch.multiple(equations, exp=np.exp, log=np.log, normal_chance=chance),
        patch.multiple(reference, exp=np.exp, normal_pair=pair),
    ):
        yield


def compare(n: int) -> tuple[float, float, float, float]:
    """Return customers a second of the kernel, the reference and the reference with native functions, and the share
    of living customers; medians of rounds taken in turns.
    """
    p = _populations(n)
    once = _kernel_round(p, rounds=1)()[0]
    turns = 3 if n >= 10_000_000 else 5 if n >= 1_000_000 else 9
    rounds = max(3, int(SECONDS / turns / once))
    kernel, plain = _kernel_round(p, rounds=rounds), _reference_round(p)
    seconds: list[tuple[float, float, float]] = []
    living = 1.0
    for _ in range(turns):
        mine, living = kernel()
        theirs = plain()
        with native_functions():
            native = plain()
        seconds.append((mine, theirs, native))
    middle = np.median(np.array(seconds), axis=0)
    return n / middle[0], n / middle[1], n / middle[2], living


def bytes_per_customer() -> dict[str, int]:
    """Return what one step reads and writes per customer, bytes, counted over the arrays that the kernel is given."""
    p = _populations(128)
    run = Simulation(p, np.array([5], np.uint64))

    def each(arrays: tuple[NDArray[Any], ...]) -> int:
        return sum(a.nbytes for a in arrays) // p.size

    return {
        "state_read": each(run.state),
        "state_written": each(run.state),
        "traits_read": each(p.traits) + each((p.consent,)),
        "campaign_read": 1,
        "outcome_written": sum(getattr(run.outcome, name).nbytes for name in Outcome._fields) // p.size,
    }


def copy_bandwidth(megabytes: int = 400) -> float:
    """Return bytes read and written a second by copying a large array, median."""
    source = np.ones(megabytes * 250_000, np.float32)
    target = np.empty_like(source)
    seconds = []
    for _ in range(9):
        start = time.perf_counter()
        np.copyto(target, source)
        seconds.append(time.perf_counter() - start)
    return float(2 * source.nbytes / np.median(seconds[1:]))


def verdict(figures: dict[str, Any]) -> dict[str, bool]:
    """Return whether each target is met."""
    speed = {int(n): v for n, v in figures["kernel_steps_per_second"].items()}
    ratio = {int(n): min(v, figures["ratio_native"][n]) for n, v in figures["ratio"].items()}
    large = [v for n, v in speed.items() if n >= 10_000] or [0.0]
    met = {
        "20 million a second from 10,000 customers": min(large) >= TARGETS["steps_per_second"],
        "aim: 60 million a second": min(large) >= TARGETS["aim"],
        "never slower than NumPy": min(ratio.values()) >= 1,
        "2 times NumPy from 1,000,000": all(v >= TARGETS["ratio_from_1e6"] for n, v in ratio.items() if n >= 1_000_000),
        "aim: 5 times NumPy": all(v >= TARGETS["aim_ratio"] for n, v in ratio.items() if n >= 1_000_000),
        "cost flat within 1.5 times": max(large) / max(min(large), 1.0) <= TARGETS["flat"],
    }
    return {name: bool(there) for name, there in met.items()}


# -- environment and training ------------------------------------------------------------------------------------


def environment_figures() -> dict[str, Any]:
    """Return environment steps a second, single and in batches, and the environment's share of a training iteration."""
    from evenhand.customers import demo_customers, rfm_segmentation
    from evenhand.envs import build_setup
    from evenhand.fairness import DemographicParity
    from evenhand.simulator import calibrate

    customers = demo_customers()
    simulator = calibrate(customers, seed=0, replicates=5)
    today = rfm_segmentation(customers)
    setup = build_setup(simulator, today, constraints=[DemographicParity("income", tolerance=0.05)])
    steps = {
        f"{envs} x {n}": round(env_steps(simulator, setup, envs=envs, customers=n, steps=steps), 1)
        for envs, n, steps in ((1, 1_000, 200), (64, 1_000, 26), (1, 10_000, 60), (64, 10_000, 8))
    }
    return {"env_steps_per_second": steps, "training_share_in_environment": training_share(simulator, today, setup)}


def env_steps(simulator: Any, setup: Any, *, envs: int, customers: int, steps: int) -> float:
    """Return environment steps a second with random valid tweaks, the no-op twin included; resets are not counted."""
    from evenhand.envs import World

    populations = [simulator.population(seed=k, n=customers) for k in range(envs)]
    world, rng, seeds = World(setup), np.random.default_rng(0), np.arange(envs, dtype=np.uint64)
    world.reset(populations, seeds)
    seconds = []
    for step in range(-2, steps):
        rows = np.where(world.allowed(), rng.random(world.mask.shape), -1.0).argmax(axis=1)
        start = time.perf_counter()
        _, _, done = world.step(rows)
        if step >= 0:
            seconds.append(time.perf_counter() - start)
        if done:
            world.reset(populations, seeds)
    return float(envs / np.median(seconds))


def training_share(simulator: Any, today: Any, setup: Any) -> float:
    """Return which share of a training iteration (rollout and updates, default budget) passes in the environment."""
    from evenhand.agents.baselines.greedy import GreedyTuning
    from evenhand.agents.learning.learned import NetSettings
    from evenhand.agents.learning.settings import Budget
    from evenhand.agents.learning.train import train
    from evenhand.envs import SegmentationVectorEnv

    budget = Budget(
        steps=64 * 26 * 4, train_populations=64, validation_populations=2, confirmation_populations=4, checkpoints=1
    )
    marks: list[tuple[float, float]] = []
    spent = 0.0
    step = SegmentationVectorEnv.step

    def timed(self: Any, actions: Any) -> Any:
        nonlocal spent
        start = time.perf_counter()
        answer = step(self, actions)
        spent += time.perf_counter() - start
        return answer

    def progress(_: Any) -> None:
        marks.append((time.perf_counter(), spent))

    net = NetSettings(
        max_segments=setup.max_segments, n_campaigns=len(simulator.catalogue.campaigns), horizon=setup.horizon,
        edit=setup.charges_in_units.edit, complexity=setup.charges_in_units.complexity, tuning=GreedyTuning(),
    )  # fmt: skip
    with patch.object(SegmentationVectorEnv, "step", timed):
        train(simulator, today, setup, net, seed=0, budget=budget, progress=progress)
    starts = marks[2:-1]  # of iterations, without the first, whose checkpoint is judged, and the last look
    total, inside = starts[-1][0] - starts[0][0], starts[-1][1] - starts[0][1]
    return round(inside / total, 3)


# -- what is printed ---------------------------------------------------------------------------------------------


def table(figures: dict[str, Any]) -> str:
    """Return the figures as lines for a terminal."""
    falls = [name for name, met in figures["verdict"].items() if not met]
    lines = ["Everything met." if not falls else "FALLS SHORT: " + "; ".join(falls)]
    lines.append(
        f"{'customers':>12} {'kernel M/s':>11} {'NumPy M/s':>10} {'native M/s':>11} {'ratio':>6} {'native':>7} copy"
    )
    for n, kernel in figures["kernel_steps_per_second"].items():
        lines.append(
            f"{int(n):>12,} {kernel / 1e6:>11.1f} {figures['numpy_steps_per_second'][n] / 1e6:>10.2f} "
            f"{figures['numpy_native_steps_per_second'][n] / 1e6:>11.2f} {figures['ratio'][n]:>6.1f} "
            f"{figures['ratio_native'][n]:>7.1f} {figures['copy_bandwidth_fraction'][n]:.0%}"
        )
    lines.append(f"bytes per customer and step: {sum(figures['bytes_per_customer'].values())}")
    for name in ("env_steps_per_second", "training_share_in_environment"):
        if name in figures:
            lines.append(f"{name}: {figures[name]}")
    return "\n".join(lines)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
