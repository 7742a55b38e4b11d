"""The pages' files, and addresses of them that change with their content, so that browsers may keep them for good."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import NamedTuple

from evenhand.server.pages.places import address

__all__ = ["Asset", "asset_address", "assets"]

KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Asset(NamedTuple):
    """One file as it is served."""

    content: bytes
    kind: str
    version: str  # of the hash of its content


@cache
def assets() -> dict[str, Asset]:
    """Return the files by name."""
    found = files("evenhand.server.pages").joinpath("static").iterdir()
    return {file.name: _asset(file.name, file.read_bytes()) for file in found if PurePath(file.name).suffix in KINDS}


def asset_address(name: str) -> str:
    """Return the address of a file as it is now; KeyError for a file that there is not."""
    return address("static", {"v": assets()[name].version}, file=name)


def _asset(name: str, content: bytes) -> Asset:
    return Asset(content, KINDS[PurePath(name).suffix], hashlib.sha256(content).hexdigest()[:12])
