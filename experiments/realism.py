"""The realism report of a simulator on a customer table: figures, pictures and a page, whole in one folder or not at
all.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from evenhand.customers import Customers
from evenhand.errors import ArtefactError
from evenhand.experiments.report.realism_page import render_realism
from evenhand.simulator import Realism, Simulator
from evenhand.simulator.realism import FULL, Budget, first_lines, realism, targets_of
from evenhand.whole import whole_folder

__all__ = ["RealismReport", "realism_report", "room_for_realism", "save_realism"]

KIND, VERSION = "evenhand realism", 1
FILE = "realism.json"
OURS = {".json", ".html", ".png"}
VERSIONED = ("evenhand", "numba", "numpy", "pandas", "scikit-learn", "scipy")
DPI = 130


@dataclass(frozen=True)
class RealismReport:
    """What was found, and what it takes to find it again."""

    found: Realism
    simulator: dict[str, Any]  # name, sha256, customers, periods, seed
    data: dict[str, Any]  # name, customers, judged, sha256, sources
    held_out: bool | None  # None: nobody can tell
    remark: str  # on how far the customers were held out
    seed: int

    @property
    def verdict(self) -> str:
        """The first line: how many targets are met, and before that, when nobody was held out, that it flatters."""
        return ("NOT HELD OUT: " if self.held_out is False else "") + first_lines(self.found)[0]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data; the same report gives the same."""
        return {
            "kind": KIND,
            "version": VERSION,
            "verdict": self.verdict,
            "targets": [target._asdict() for target in targets_of(self.found)],
            "held_out": self.held_out,
            "remark": self.remark,
            "simulator": self.simulator,
            "data": self.data,
            "seed": self.seed,
            "versions": {name: version(name) for name in VERSIONED} | {"python": platform.python_version()},
            "realism": self.found.to_dict(),
        }

    def to_json(self) -> str:
        """Return `to_dict` as text."""
        return json.dumps(self.to_dict(), indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def realism_report(
    simulator: Simulator,
    customers: Customers,
    *,
    everyone: bool = False,
    seed: int = 0,
    budget: Budget = FULL,
    tell: Callable[[str, int], None] = lambda task, done: None,
) -> RealismReport:
    """Judge `simulator` on the held-out 30 % of `customers`, or on `everyone` where it has seen none of them."""
    _fits(simulator, customers)
    judged, lenders = (customers, None) if everyone else (customers.holdout, customers.fit)
    found = realism(simulator, judged, fit=lenders, seed=seed, budget=budget, tell=tell)
    held_out, remark = _held_out(simulator, customers, everyone)
    content = simulator.content
    return RealismReport(
        found=found,
        simulator={
            "name": content.name,
            "sha256": simulator.hash,
            "customers": content.customers,
            "periods": content.periods,
            "seed": content.seed,
        },
        data={
            "name": customers.schema.name,
            "customers": customers.n,
            "judged": found.n,
            "sha256": _sha256(customers),
            "sources": [asdict(source) for source in customers.sources],
        },
        held_out=held_out,
        remark=remark,
        seed=seed,
    )


def _fits(simulator: Simulator, customers: Customers) -> None:
    ours, theirs = (
        ", ".join(sorted(campaign.id for campaign in one.campaigns))
        for one in (simulator.catalogue, customers.catalogue)
    )
    if ours != theirs:
        raise ArtefactError(
            f"the simulator knows the campaigns {ours}; the customers have {theirs}",
            where=customers.schema.name,
            rule="a simulator is judged on customers of the business that it was calibrated on",
            mend="give the customers that belong to this simulator, or calibrate on these",
        )


def _held_out(simulator: Simulator, customers: Customers, everyone: bool) -> tuple[bool | None, str]:
    """Say whether the judged customers were held out, as far as the number of calibrated customers tells."""
    seen = simulator.content.customers
    if everyone:
        return (
            None,
            f"Judged on all {customers.n:,} customers: that the simulator never saw them is the word of whoever asked.",
        )
    if seen == customers.fit.n:
        return True, f"Calibrated on {seen:,} customers, as many as the fitted 70 % are, and judged on the others."
    if seen == customers.n:
        return False, (
            f"NOT HELD OUT: calibrated on {seen:,} customers, as many as the table has, so that it has seen those on "
            "which it is judged, and the figures flatter it. To judge it, calibrate on `customers.fit`."
        )
    return None, f"Calibrated on {seen:,} customers; whether those judged are among them cannot be told."


def _sha256(customers: Customers) -> str:
    """Return one hash for all that was read: the files' or tables' own hashes, and how many customers there are."""
    told = [(source.name, source.rows, source.sha256) for source in customers.sources]
    return hashlib.sha256(json.dumps([told, customers.n, customers.periods]).encode()).hexdigest()


def save_realism(report: RealismReport, folder: Path) -> Path:
    """Write realism.json, realism.html and a PNG for each picture; replaces an earlier such folder, and no other."""
    room_for_realism(folder)
    pictures = report.found.pictures()
    page = render_realism(report.to_dict(), report.found, pictures)
    try:
        with whole_folder(folder) as fresh:
            (fresh / FILE).write_text(report.to_json(), encoding="utf-8")
            (fresh / "realism.html").write_text(page, encoding="utf-8")
            for name, figure in pictures.items():
                figure.savefig(fresh / f"{name}.png", dpi=DPI, metadata={"Software": None})
    except OSError as error:
        raise ArtefactError(f"cannot be written: {error.strerror}", where=str(folder)) from None
    return folder


def room_for_realism(folder: Path) -> None:
    """Raise ArtefactError unless `folder` is new, empty, or holds an earlier realism report and nothing else."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ArtefactError("is a file", where=str(folder), rule="--out names a folder", mend="give another name")
    there = sorted(item.name for item in folder.iterdir())
    strange = [name for name in there if Path(name).suffix not in OURS] if _is_ours(folder) else there
    if not strange:
        return
    raise ArtefactError(
        f"holds {strange[0]} already",
        where=str(folder),
        rule="a realism report overwrites nothing but an earlier one",
        mend="give a new folder",
    )


def _is_ours(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / FILE).read_bytes())["kind"] == KIND)
    except (OSError, ValueError, KeyError, TypeError):
        return False
