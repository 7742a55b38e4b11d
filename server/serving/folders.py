"""Where the files of businesses lie in the data folder."""

from __future__ import annotations

from pathlib import Path

__all__ = ["folder_of", "folders", "stamp_of"]


def folder_of(data_dir: Path, segmentation: str) -> Path:
    """Return where a segmentation's files lie, whether they do or not."""
    return data_dir / "businesses" / segmentation


def folders(data_dir: Path) -> list[Path]:
    """Return the folders of all businesses that are here, by name."""
    found = (data_dir / "businesses").glob("[!.]*")  # those with a dot are on their way in
    return sorted(folder for folder in found if folder.is_dir())


def stamp_of(data_dir: Path, segmentation: str) -> int:
    """Return a number that changes whenever a business's customers are written anew; 0 where none are here."""
    try:
        return (folder_of(data_dir, segmentation) / "customers" / "manifest.json").stat().st_mtime_ns
    except OSError:
        return 0
