"""Independent tasks side by side in processes of their own, with progress; the results never depend on the order."""

from __future__ import annotations

import multiprocessing as mp
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from queue import Empty
from typing import Any

from evenhand.errors import EvenhandError

__all__ = ["Report", "Task", "side_by_side"]

Report = Callable[[Any], None]  # what a task calls with its progress
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Task:
    """A function of a module with its keyword arguments; it is called with `progress` besides."""

    name: str
    run: Callable[..., Any]
    arguments: dict[str, Any] = field(default_factory=dict)


def side_by_side(
    tasks: Sequence[Task], *, workers: int, on_progress: Callable[[str, Any], None] | None = None
) -> list[Any]:
    """Return the results of `tasks` in their order; one worker runs them here, more in fresh processes.

    `on_progress` gets the name of a task and whatever it reported. The first error is raised, side by side after all
    have ended; a process that dies is an EvenhandError.
    """
    tell = on_progress or (lambda name, message: None)
    if workers <= 1:
        return [task.run(**task.arguments, progress=_teller(tell, task.name)) for task in tasks]
    context = mp.get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(workers, mp_context=context) as pool:
        messages = manager.Queue()
        futures = [pool.submit(_work, task, messages) for task in tasks]
        _listen(futures, messages, tell)
        try:
            return [future.result() for future in futures]
        except BrokenProcessPool as error:
            raise EvenhandError(
                "a process that worked on the side ended before its task",
                mend="in a script, call this under `if __name__ == '__main__':`; if memory ran out, use one worker",
            ) from error


def _teller(tell: Callable[[str, Any], None], name: str) -> Report:
    return lambda message: tell(name, message)


def _work(task: Task, messages: Any) -> Any:
    return task.run(**task.arguments, progress=lambda message: messages.put((task.name, message)))


def _listen(futures: Sequence[Future[Any]], messages: Any, tell: Callable[[str, Any], None]) -> None:
    while True:
        ended = all(future.done() for future in futures)
        try:
            while True:
                tell(*messages.get(timeout=POLL_SECONDS))
        except Empty:
            if ended:
                return
