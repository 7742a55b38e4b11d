"""Files and folders that are there whole or not at all: written beside their place, and moved there in one step."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["whole_file", "whole_folder", "write_whole"]


@contextmanager
def whole_file(path: Path, *, durable: bool = False) -> Iterator[BinaryIO]:
    """Give a file to write that takes the place of `path` at the end; after a fault what was there still is.

    `durable` brings it to the disk before it gets its name, so that no power cut leaves it empty.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | str, *, durable: bool = False) -> Path:
    """Write a file, text as UTF-8, and return its path; see `whole_file`."""
    with whole_file(path, durable=durable) as file:
        file.write(content.encode() if isinstance(content, str) else content)
    return path


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder to fill that takes the place of `path` at the end, with all that was in it.

    After a fault what was there still is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        fresh = beside / "new"
        fresh.mkdir()
        yield fresh
        if path.exists():
            os.replace(path, beside / "old")
        os.replace(fresh, path)
    finally:
        if not path.exists() and (beside / "old").exists():
            os.replace(beside / "old", path)
        shutil.rmtree(beside, ignore_errors=True)
