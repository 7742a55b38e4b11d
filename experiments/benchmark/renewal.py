"""Cells of earlier code that today's code finds again: faster or clearer code need not cost hours of training.

A change of the code makes every cell stale, also one that computes the very same numbers. To keep the cells some are
run anew, by today's code, on what they stood on; only where every number of theirs comes out the same, to the digits
that cells hold, does today's key go to all the cells that stood by the earlier code. What was run anew is kept beside
them. Take a training that was run on this very machine: the bytes of a policy differ from one kind of processor to
another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from evenhand.errors import DataError
from evenhand.experiments.benchmark.cells import Cell
from evenhand.experiments.benchmark.code import code_hash
from evenhand.experiments.benchmark.store import Store, made
from evenhand.experiments.benchmark.work import DIGITS, run_cell
from evenhand.whole import write_whole

__all__ = ["RECORD", "renew"]

Json = dict[str, Any]
RECORD = "renewed.json"
OF_TIME = ("cpu_minutes", "training_cpu_minutes", "tuning_cpu_minutes")  # what no two runs share


def renew(
    store: Store,
    earlier: Path,
    work: Path,
    *,
    anew: Sequence[Cell],
    processes: int = 2,
    say: Callable[[str], None] = lambda line: None,
) -> list[Cell]:
    """Give today's key to the cells that stood by the code in the folder `earlier`, and return them.

    The cells `anew` are run again in the folder `work`, where a call that was stopped is gone on with. DataError, and
    nothing is renewed, where one of them did not stand by the earlier code, or finds other numbers now.
    """
    before = replace(store, tree=earlier)
    stood = [cell for cell in store.cells() if before.stands(cell) and not store.stands(cell)]
    for cell in anew:
        if cell not in stood:
            raise DataError(f"{cell} did not stand by the earlier code", where=str(earlier), mend="name one that did")
    own = {cell: replace(store, root=work / "results" / str(cell)) for cell in anew}
    for cell in anew:
        for needed in cell.needs:
            _stand(needed, store, own[cell])
    _run({cell: place for cell, place in own.items() if not place.stands(cell)}, work, processes, say)
    for cell in anew:
        _check(cell, _content(cell, own[cell])["found"], _content(cell, store)["found"])
    done = list[Cell]()
    while ready := [cell for cell in stood if cell not in done and store.key(cell) is not None]:
        for cell in ready:
            content = _content(cell, store) | {"key": store.key(cell)}
            write_whole(store.path(cell), json.dumps(content, allow_nan=False) + "\n")
            done.append(cell)
    _note(store, earlier, anew, done)
    return done


def _run(cells: Mapping[Cell, Store], work: Path, processes: int, say: Callable[[str], None]) -> None:
    """Run cells, each in a store of its own: one that stands on another takes what that found before."""
    if processes == 1 or len(cells) < 2:
        for cell, own in cells.items():
            say(f"{cell} anew ...")
            run_cell(cell, own, work)
        return
    say(f"{', '.join(map(str, cells))} anew ...")
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(run_cell, cells, cells.values(), repeat(work)))


def _stand(cell: Cell, store: Store, own: Store) -> None:
    """Let a cell of `store` stand in `own` as it is."""
    for needed in cell.needs:
        _stand(needed, store, own)
    content = _content(cell, store) | {"key": own.key(cell)}
    write_whole(own.path(cell), json.dumps(content, allow_nan=False) + "\n")


def _check(cell: Cell, now: Json, before: Json) -> None:
    now, before = _timeless(now), _timeless(before)
    differing = [name for name in sorted({*now, *before}) if now.get(name) != before.get(name)]
    if differing:
        raise DataError(
            f"{cell} finds another {', '.join(differing)} now",
            rule="cells are renewed only where today's code finds the same numbers",
            mend="run the cells again",
        )


def _timeless(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _timeless(value) for name, value in found.items() if name not in OF_TIME}
    if isinstance(found, float):
        return float(f"{found:.{DIGITS}g}")
    return [_timeless(one) for one in found] if isinstance(found, list) else found


def _content(cell: Cell, store: Store) -> Json:
    content = store.read(cell)
    assert content is not None, cell
    return content


def _note(store: Store, earlier: Path, anew: Sequence[Cell], renewed: Sequence[Cell]) -> None:
    """Add to the record which code took over from which, and what was run anew to show that it may."""
    path = store.root / RECORD
    record = json.loads(path.read_bytes()) if path.exists() else []
    code = {
        name: {"before": code_hash(learning=learning, root=earlier), "now": code_hash(learning=learning)}
        for name, learning in (("playing", False), ("learning", True))
    }
    record.append({"made": made(), "code": code, "anew": [str(c) for c in anew], "renewed": [str(c) for c in renewed]})
    write_whole(path, json.dumps(record, indent=1) + "\n")
