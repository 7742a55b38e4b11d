"""A half-done training in one file: written whole or not at all, never unpickled, refused where it does not belong."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import ArtefactError
from evenhand.whole import whole_file

__all__ = ["Snapshot", "digest", "read_snapshot", "write_snapshot"]

FORMAT = "evenhand-training-3"
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Snapshot:
    """All that the rest of a training depends on, between two rollouts."""

    of: dict[str, Any]  # what is trained and how, plain data: another training must not go on from here
    state: dict[str, Any]  # counters and the curve, plain data
    arrays: Arrays  # parameters, moments of the optimisers, multipliers, best weights and those of the start


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Write it whole: whoever is killed here leaves the one before."""
    head = {"format": FORMAT, "of": snapshot.of, "state": snapshot.state}
    head["sha256"] = _hash(head, snapshot.arrays)
    text = np.frombuffer(json.dumps(head, sort_keys=True).encode(), np.uint8)
    with whole_file(path, durable=True) as file:
        np.savez(file, head=text, **{f"array/{name}": array for name, array in snapshot.arrays.items()})  # type: ignore[arg-type]


def read_snapshot(path: Path, of: Mapping[str, Any]) -> Snapshot | None:
    """Return the snapshot at `path`, or None where there is none.

    ArtefactError when it was changed, or is not `of` this training: the first setting that differs is named.
    """
    if not path.exists():
        return None
    mend = "delete it to start over"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            head = json.loads(stored["head"].tobytes())
            arrays = {name.removeprefix("array/"): stored[name] for name in stored.files if name != "head"}
        sha256 = head.pop("sha256")
    except (
        OSError,
        EOFError,
        KeyError,
        ValueError,
        AttributeError,
        TypeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise ArtefactError(f"the half-done training cannot be read: {error}", where=str(path), mend=mend) from error
    if head.get("format") != FORMAT or sha256 != _hash(head, arrays):
        raise ArtefactError("the half-done training was changed or is of another version", where=str(path), mend=mend)
    if differs := _first_difference(head["of"], json.loads(json.dumps(of))):
        name, then, now = differs
        raise ArtefactError(
            f"the half-done training here has {name} = {then}, this one {now}",
            where=str(path),
            rule="a training goes on with what it began with",
            mend=f"train with {name} = {then}, or delete the file to start over",
        )
    return Snapshot(head["of"], head["state"], arrays)


def _first_difference(then: Any, now: Any, name: str = "") -> tuple[str, Any, Any] | None:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted({*then, *now}):
            if found := _first_difference(then.get(key), now.get(key), f"{name}.{key}" if name else key):
                return found
        return None
    return None if then == now else (name, then, now)


def _hash(head: dict[str, Any], arrays: Arrays) -> str:
    whole = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    for name in sorted(arrays):
        whole.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        whole.update(np.ascontiguousarray(arrays[name]).tobytes())
    return whole.hexdigest()


def digest(thing: Any) -> str:
    """Return a hash of what a dataclass of plain data, arrays and further dataclasses says."""
    return hashlib.sha256(json.dumps(_plain(thing), sort_keys=True).encode()).hexdigest()


def _plain(thing: Any) -> Any:
    """Return plain data; what is none (a function, say) stands by its name."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return [type(thing).__qualname__, {f.name: _plain(getattr(thing, f.name)) for f in fields(thing)}]
    if isinstance(thing, np.ndarray):
        return [str(thing.dtype), thing.tolist()]
    if isinstance(thing, Mapping):
        return {str(key): _plain(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_plain(one) for one in thing]
    if isinstance(thing, np.generic):
        return thing.item()
    if thing is None or isinstance(thing, bool | int | float | str):
        return thing
    return getattr(thing, "__qualname__", type(thing).__qualname__)
