"""How often looks, intervals of fairness differences and the gate err: 20,000 simulated trials each, fixed seed.

`make bench-error-rates` takes about a minute, prints one JSON line and keeps it in benchmarks/results/.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from evenhand.experiments.gate.error_rates import aa_plan, gate_rates
from evenhand.experiments.inference.fairness_coverage import fairness_coverage
from evenhand.experiments.sequential.error_rates import error_rates

RESULT = Path(__file__).parent / "results" / "error_rates.json"
SEED = 1
GATES = {"1 look": (1, False), "5 looks": (5, False), "20 looks": (20, False), "20 looks, any time": (20, True)}


def measure() -> dict[str, Any]:
    """Return every error rate; the same on every machine but for `seconds`."""
    start = time.perf_counter()
    coverage = fairness_coverage(seed=SEED)
    large = [cell.covered for cell in coverage if min(cell.sizes) > 1000]
    return {
        "benchmark": "error_rates",
        "seed": SEED,
        "replications": 20_000,
        "looks_20": {rate.way: rate._asdict() for rate in error_rates(seed=SEED)},
        "fairness_coverage": {
            "cells": len(coverage),
            "least": min(cell.covered for cell in coverage),
            "least_large": min(large),
            "most_large": max(large),
        },
        "gate_aa": {
            name: gate_rates(aa_plan(looks=looks, any_time=any_time), seed=SEED)._asdict()
            for name, (looks, any_time) in GATES.items()
        },
        "gate_effect": gate_rates(aa_plan(looks=5), seed=SEED, effect=0.01, replications=2000)._asdict(),
        "seconds": round(time.perf_counter() - start, 1),
    }


if __name__ == "__main__":
    line = json.dumps(measure())
    RESULT.write_text(line + "\n", encoding="utf-8")
    print(line)
