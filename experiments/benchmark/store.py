"""The files of the cells: written whole or not at all, and keyed by all that they follow from."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from evenhand.errors import ArtefactError
from evenhand.experiments.beginning import START
from evenhand.experiments.benchmark.cells import Cell, Scale
from evenhand.experiments.benchmark.code import LEARNED_WITH, PLAYED_WITH, ROOT, code_hash, versions
from evenhand.whole import write_whole

__all__ = ["Store", "made"]

Json = dict[str, Any]
OF_OPPONENTS = (
    "seed", "attribute", "tolerance", "horizon", "max_segments", "replicates", "training_customers",
    "validation_populations", "tuning_populations", "populations", "customers", "opponents",
)  # fmt: skip
OF_BEGINNING = (*OF_OPPONENTS, "whole_plans")
NOT_OF_SEEDS = ("training_seeds", "shifted_populations", "effect_draws", "recommendations", "opponents", "whole_plans")
VERSIONED = sorted(("evenhand", *PLAYED_WITH, *LEARNED_WITH))
MINUTES = {  # of a cell, until one of its kind has been run
    "opponents": 40.0,
    "beginning": 10.0,
    "planner": 20.0,
    "seed": 20.0,
}


@dataclass(frozen=True)
class Store:
    """Cells of one scale under one folder."""

    root: Path
    scale: Scale
    tree: Path = ROOT  # of the code that keys follow from

    def cells(self) -> list[Cell]:
        """Return every cell that has a file, in the order of their paths."""
        contents = [json.loads(file.read_bytes()) for file in sorted(self.root.glob("*/*/*.json"))]
        return [Cell(**content["cell"]) for content in contents]

    def path(self, cell: Cell) -> Path:
        """Return where a cell's file is."""
        return self.root / cell.folder / f"{cell.stem}.json"

    def read(self, cell: Cell) -> Json | None:
        """Return a cell's content, None where there is no file; ArtefactError for a file that is no cell."""
        try:
            content: Json = json.loads(self.path(cell).read_bytes())
            content["key"], content["found"], content["made"]
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise ArtefactError(f"is no cell: {error}", where=str(self.path(cell)), mend="delete it") from None
        return content

    def key(self, cell: Cell) -> str | None:
        """Return the hash of code, settings, seed and what the cell stands on; None until that stands."""
        if not all(self.stands(needed) for needed in cell.needs):
            return None
        settings = self.scale.settings.model_dump()
        trained = [name for name in settings if name not in NOT_OF_SEEDS]
        mine = {"opponents": OF_OPPONENTS, "beginning": OF_BEGINNING}.get(cell.part, trained)
        of = {
            "cell": str(cell),
            "code": code_hash(learning=cell.part == "seed", root=self.tree),
            "versions": versions(learning=cell.part == "seed"),
            "settings": {name: settings[name] for name in mine},
            "stands on": [_used(cell, needed, self.read(needed) or {}) for needed in cell.needs],
            "planner": [asdict(self.scale.planner), self.scale.planner_populations] if cell.part == "planner" else [],
        }
        return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()

    def stands(self, cell: Cell) -> bool:
        """Say whether a cell was run, by today's code and settings."""
        content = self.read(cell)
        return content is not None and content["key"] == self.key(cell)

    def write(self, cell: Cell, found: Json, *, minutes: float, cpu_minutes: float) -> Path:
        """Write what a cell found, with its key and how it came about."""
        content = {
            "cell": asdict(cell),
            "key": self.key(cell),
            "made": {**made(), "minutes": round(minutes, 2), "cpu_minutes": round(cpu_minutes, 2)},
            "found": found,
        }
        return write_whole(self.path(cell), json.dumps(content, allow_nan=False) + "\n")

    def usual_minutes(self, cell: Cell) -> float:
        """Return the minutes that cells of its kind took so far, or what is guessed before there is one."""
        kind = "seed-*" if cell.part == "seed" else cell.part
        files = self.root.glob(f"*/*/{kind}.json")
        known = [json.loads(file.read_bytes())["made"]["minutes"] for file in files]
        return float(median(known)) if known else MINUTES[cell.part]


def _used(cell: Cell, needed: Cell, content: Json) -> Any:
    """Return what a cell takes from one that it stands on."""
    found = content["found"]
    if needed.part == "seed":
        return found["policy"]
    if needed.part == "beginning":
        return found["beginning"]
    return found["tuned"] if cell.part in ("opponents", "beginning") else found["tuned"][START]


def made() -> Json:
    """Return date, machine and versions."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONED}},
    }
