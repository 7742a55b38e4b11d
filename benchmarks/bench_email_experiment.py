"""Does the simulator foretell the e-mail experiment? Calibrated on random halves, judged on the others.

`make bench-email` prints the shares of cells (arm x {everyone, three types of buyers} x outcome) that lie within the
95 % interval of the difference and the known differences between types of buyers; both go to benchmarks/results/.
The data of the experiment is not part of the project; without it nothing is measured.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.customers import Customers, read_customers
from evenhand.simulator import calibrate
from evenhand.simulator.answers.experiment_check import foretell, table_of

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "hillstrom.parquet"
RESULT = ROOT / "benchmarks" / "results" / "email_experiment.json"
HALVES, REPLICATES, DRAWS, NEEDED = 20, 20, 40, 0.90
ARMS = {"No E-Mail": "none", "Mens E-Mail": "mens", "Womens E-Mail": "womens"}
SCHEMA = """
name = "e-mail experiment of 2008"
id = "customer"
features = [
  { column = "recency", label = "last purchase", unit = "months ago" },
  { column = "history", label = "spent in the past year", unit = "money", decimals = 2 },
  { column = "mens", label = "bought mens' goods", kind = "flag" },
  { column = "womens", label = "bought womens' goods", kind = "flag" },
  { column = "newbie", label = "new in the past year", kind = "flag" },
  { column = "zip_code", label = "area", kind = "category" },
  { column = "channel", label = "channel of past purchases", kind = "category" },
]
campaigns = [
  { id = "mens", name = "Mens e-mail", channel = "email" },
  { id = "womens", name = "Womens e-mail", channel = "email" },
]
[log]
file = "log.parquet"
customer = "customer"
campaign = "arm"
visited = "visit"
redeemed = "conversion"
spend = "spend"
"""


def email_experiment(data: Path = DATA) -> Customers:
    """Return the experiment as a customer table with a campaign log, read as any business's own would be."""
    table = pd.read_parquet(data).rename_axis("customer").reset_index()
    table["arm"] = table["segment"].map(ARMS)
    log = ["visit", "conversion", "spend"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "schema.toml").write_text(SCHEMA, encoding="utf-8")
        table[["customer", "arm", *log]].to_parquet(folder / "log.parquet")
        table.drop(columns=[*log, "arm", "segment", "history_segment"]).to_parquet(folder / "customers.parquet")
        return read_customers(folder / "customers.parquet", schema=folder / "schema.toml")


def buyers(customers: Customers) -> dict[str, np.ndarray]:
    """Return masks of customers by what they bought before."""
    mens, womens = customers.frame["mens"].to_numpy(bool), customers.frame["womens"].to_numpy(bool)
    return {"mens only": mens & ~womens, "womens only": womens & ~mens, "both": mens & womens}


def judge(customers: Customers, half: int, *, replicates: int = REPLICATES, draws: int = DRAWS) -> pd.DataFrame:
    """Return the cells of one random half, foretold from the other."""
    fit, test = customers.split(0.5, seed=half)
    simulator = calibrate(fit, seed=half, replicates=replicates)
    cells = foretell(simulator, test, buyers(test), draws=draws, seed=1_000 * half)
    return table_of(cells).assign(half=half, audit=simulator.content.audit.verdict)


def known_differences(cells: pd.DataFrame) -> dict[str, bool]:
    """Return whether what is known of the experiment holds for mean foretold visits."""
    visits = cells[cells["outcome"] == "visits"].groupby(["group", "arm"])["foretold"].mean()
    mens, womens, both = (visits[group].to_dict() for group in ("mens only", "womens only", "both"))
    return {
        "mens-only: mens, then womens e-mail, then none": mens["mens"] > mens["womens"] > mens["none"],
        "womens-only: womens, then mens e-mail, then none": womens["womens"] > womens["mens"] > womens["none"],
        "both: mens, then womens e-mail, then none": both["mens"] > both["womens"] > both["none"],
        "mens-only: womens e-mail adds less than half of what the mens e-mail does": (
            mens["womens"] - mens["none"] < (mens["mens"] - mens["none"]) / 2
        ),
        "womens-only: both e-mails add alike, within a quarter": (
            abs(womens["womens"] - womens["mens"]) < (womens["womens"] - womens["none"]) / 4
        ),
    }


def summary(cells: pd.DataFrame) -> dict[str, object]:
    """Return what is kept: shares within by outcome and by cell, means seen and foretold, and the verdicts."""
    by_cell = cells.groupby(["arm", "group", "outcome"], sort=False)
    means = by_cell[["seen", "foretold", "error", "within"]].mean().reset_index()
    share = float(cells["within"].mean())
    differences = known_differences(cells)
    return {
        "share_within": share,
        "needed": NEEDED,
        "falls_short": share < NEEDED or not all(differences.values()),
        "share_within_by_outcome": cells.groupby("outcome", sort=False)["within"].mean().to_dict(),
        "known_differences": differences,
        "audited_as_randomised": float((cells["audit"] == "randomised").mean()),
        "halves": int(cells["half"].nunique()),
        "cells": means.round(6).to_dict("records"),
    }


def main() -> None:
    """Judge all halves, print what was found and keep it."""
    if not DATA.exists():
        print(f"not measured: no {DATA.name} in shared/data beside the project")
        sys.exit(0)
    start, customers = time.perf_counter(), email_experiment()
    cells = pd.concat([judge(customers, half) for half in range(HALVES)], ignore_index=True)
    found = {**summary(cells), "seconds": round(time.perf_counter() - start)}
    print_summary(found)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(found) + "\n", encoding="utf-8")


def print_summary(found: dict[str, object]) -> None:
    """Print the verdict first, then shares and means."""
    verdict = "FALLS SHORT" if found["falls_short"] else "holds"
    print(f"{verdict}: {found['share_within']:.1%} of cells within the 95 % interval ({NEEDED:.0%} needed)")
    for name, share in found["share_within_by_outcome"].items():  # type: ignore[attr-defined]
        print(f"  {name:<12} {share:.1%}")
    for name, holds in found["known_differences"].items():  # type: ignore[attr-defined]
        print(f"  {'yes' if holds else 'NO':<4} {name}")
    print(pd.DataFrame(found["cells"]).to_string(index=False, float_format=lambda x: f"{x:.4f}"))


if __name__ == "__main__":
    main()
