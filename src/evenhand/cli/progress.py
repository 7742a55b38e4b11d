"""What a person sees while long work runs: one bar a task, with the time left, and what was found last."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

__all__ = ["Bars"]

ROOMY = 100  # columns from which a note fits beside a bar


class Bars:
    """Progress bars by task name; silent where nobody looks (no terminal)."""

    def __init__(self, console: Console, totals: dict[str, int], *, total: int | None = None) -> None:
        """Know how long each task is; others are `total` long, or get a spinner and a count."""
        self._totals, self._total = totals, total
        self._known: dict[str, TaskID] = {}
        note = [TextColumn("{task.fields[note]}", markup=False)]
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<16}", markup=False),
            BarColumn(bar_width=28 if console.width >= ROOMY else 12),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            *(note if console.width >= ROOMY else []),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def tell(self, name: str, message: Any) -> None:
        """Take a task's report: a count so far, a sentence, or a checkpoint of learning."""
        if name not in self._known:
            self._known[name] = self._progress.add_task(name, total=self._totals.get(name, self._total), note="")
        task = self._known[name]
        if isinstance(message, int):
            self._progress.update(task, completed=message)
        elif isinstance(message, str):
            self._progress.update(task, note=message)
        else:
            note = f"profit {message.profit:+.4f} · gap {message.gap:.3f} · fair in {message.feasible:.0%}"
            self._progress.update(task, completed=message.steps, note=note)
