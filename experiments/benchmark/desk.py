"""Works through a plan, two processes side by side, as long as there is time; whoever is stopped goes on next time."""

from __future__ import annotations

import multiprocessing as mp
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from evenhand.experiments.benchmark.cells import Cell
from evenhand.experiments.benchmark.store import Store
from evenhand.experiments.benchmark.work import run_cell

__all__ = ["work_through"]

Say = Callable[[str], None]


def work_through(
    plan: Sequence[Cell], store: Store, work: Path, *, minutes: float, processes: int = 2, say: Say = lambda line: None
) -> list[Cell]:
    """Run the cells that do not stand, each in a process of its own, and return those that failed.

    No cell is begun whose usual time no longer fits; one that still runs when time is up is stopped, and a training
    goes on from its last rollout at the next call.
    """
    desk = _Desk(plan, store, work, time.monotonic() + 60 * minutes, say)
    if processes == 1:
        desk.alone()
    else:
        desk.side_by_side(processes)
    return desk.failed


class _Desk:
    def __init__(self, plan: Sequence[Cell], store: Store, work: Path, end: float, say: Say) -> None:
        self.plan, self.store, self.work, self.end, self.say = plan, store, work, end, say
        self.failed: list[Cell] = []
        self.stood: set[Cell] = set()  # known to stand: nothing that a cell depends on changes while we work
        self.running: dict[SpawnProcess, Cell] = {}

    def alone(self) -> None:
        """Run one cell after the other in this process."""
        while cell := self._next():
            self.say(f"{cell} ...")
            run_cell(cell, self.store, self.work)
            self._tell(cell)

    def side_by_side(self, processes: int) -> None:
        """Keep processes busy until nothing is left that fits."""
        context = mp.get_context("spawn")
        try:
            while True:
                while len(self.running) < processes and (cell := self._next()):
                    self.say(f"{cell} ... (usually {self.store.usual_minutes(cell):.0f} minutes)")
                    process = context.Process(target=run_cell, args=(cell, self.store, self.work), daemon=True)
                    process.start()
                    self.running[process] = cell
                if not self.running:
                    return
                wait([process.sentinel for process in self.running], timeout=max(0.0, self.end - time.monotonic()))
                if time.monotonic() >= self.end:
                    return
                for process in [process for process in self.running if not process.is_alive()]:
                    self._tell(self.running.pop(process))
        finally:
            for process, cell in self.running.items():
                self.say(f"{cell} is stopped; a training goes on from here at the next call")
                process.terminate()
                process.join()

    def _next(self) -> Cell | None:
        """Return the first cell that is to be run, can be, and fits."""
        left = (self.end - time.monotonic()) / 60
        for cell in self.plan:
            if cell in self.failed or cell in self.running.values() or self._stands(cell):
                continue
            if all(self._stands(needed) for needed in cell.needs) and self.store.usual_minutes(cell) <= left:
                return cell
        return None

    def _stands(self, cell: Cell) -> bool:
        if cell not in self.stood and self.store.stands(cell):
            self.stood.add(cell)
        return cell in self.stood

    def _tell(self, cell: Cell) -> None:
        if not self._stands(cell):
            self.failed.append(cell)
            self.say(f"{cell} FAILED")
            return
        made = (self.store.read(cell) or {})["made"]
        done = sum(self._stands(one) for one in self.plan)
        self.say(f"{cell} done in {made['minutes']} minutes; {done} of {len(self.plan)} cells stand")
