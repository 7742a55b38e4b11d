"""Where the files of businesses lie in the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

__all__ = ["NO_TABLE", "Stamp", "folder_of", "folders", "stamp_of"]

Stamp: TypeAlias = tuple[int, int]  # when a customer table was written, and into which file
NO_TABLE: Stamp = (0, 0)


def folder_of(data_dir: Path, segmentation: str) -> Path:
    """Return where a segmentation's files lie, whether they do or not."""
    return data_dir / "businesses" / segmentation


def folders(data_dir: Path) -> list[Path]:
    """Return the folders of all businesses that are here, by name."""
    found = (data_dir / "businesses").glob("[!.]*")  # those with a dot are on their way in
    return sorted(folder for folder in found if folder.is_dir())


def stamp_of(data_dir: Path, segmentation: str) -> Stamp:
    """Return what changes whenever a business's customers are written anew; `NO_TABLE` where none are here.

    Whatever a process remembers of customers it remembers under this stamp, and looks at it each time: an erasure
    writes the table anew, so that nobody who was erased is remembered by any process from then on.
    """
    try:
        found = (folder_of(data_dir, segmentation) / "customers" / "manifest.json").stat()
    except OSError:
        return NO_TABLE
    return found.st_mtime_ns, found.st_ino
