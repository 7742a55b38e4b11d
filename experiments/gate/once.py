"""Documents that are written once: whole or not at all, read-only, and never over another one."""

from __future__ import annotations

from pathlib import Path

from evenhand.errors import ArtefactError

__all__ = ["write_once"]


def write_once(text: str, path: Path, *, other: str) -> Path:
    """Write a document; the same one again changes nothing. ArtefactError where something else is there already."""
    data = text.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)  # of a call that was killed
    partial.write_bytes(data)
    partial.chmod(0o444)
    try:
        path.hardlink_to(partial)  # unlike a rename it never replaces what is there
    except FileExistsError:
        if path.is_dir() or path.read_bytes() != data:
            raise ArtefactError(
                f"{other} is there already" if path.is_file() else "is a folder", where=str(path),
                rule="records and evidence are never overwritten", mend="give another name",
            ) from None  # fmt: skip
    finally:
        partial.unlink()
    return path
