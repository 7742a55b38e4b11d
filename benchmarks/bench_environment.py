"""Steps per second of the environment: E segmentations side by side, random valid tweaks, the no-op twin included.

    python benchmarks/bench_environment.py [--envs 32] [--customers 1000] [--steps 52]

Prints one JSON line and writes the same to results/environment.json beside this file. One step moves all E
environments one period on; `env_steps_per_second` counts each of them.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from evenhand.customers import demo_customers, rfm_segmentation
from evenhand.envs import World, build_setup
from evenhand.fairness import DemographicParity
from evenhand.simulator import calibrate

RESULT = Path(__file__).parent / "results" / "environment.json"
SEED = 0


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envs", type=int, default=32)
    parser.add_argument("--customers", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=52)
    asked = parser.parse_args()
    figures = measure(asked.envs, asked.customers, asked.steps)
    line = json.dumps(figures)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(line + "\n", encoding="utf-8")
    print(line)


def measure(envs: int, customers: int, steps: int) -> dict[str, float]:
    """Return the figures of one run; compiling and resetting are not counted."""
    table = demo_customers()
    simulator = calibrate(table, seed=SEED, replicates=5)
    constraint = DemographicParity("age", tolerance=0.05)
    setup = build_setup(simulator, rfm_segmentation(table), constraints=[constraint])
    populations = [simulator.population(seed=SEED + k, n=customers) for k in range(envs)]
    world, rng = World(setup), np.random.default_rng(SEED)
    seeds = np.arange(envs, dtype=np.uint64)
    world.reset(populations, seeds)
    seconds: list[float] = []
    for step in range(-2, steps):
        luck = rng.random(world.mask.shape)
        rows = np.where(world.allowed(), luck, -1.0).argmax(axis=1)
        start = time.perf_counter()
        _, _, done = world.step(rows)
        if step >= 0:  # the first two compile
            seconds.append(time.perf_counter() - start)
        if done:
            world.reset(populations, seeds)
    middle = float(np.median(seconds))  # the median: other work on the machine only adds
    return {
        "envs": envs,
        "customers": customers,
        "steps": steps,
        "milliseconds_per_step": round(1e3 * middle, 2),
        "env_steps_per_second": round(envs / middle, 1),
        "customer_periods_per_second": round(envs * customers / middle),
    }


if __name__ == "__main__":
    main()
