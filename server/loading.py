"""Imports without a look for rubbish: a process that starts makes little, and looking takes a tenth of its time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["loading"]


@contextmanager
def loading() -> Iterator[None]:
    """Look for no rubbish in the block; what was made in it is taken to stay, and is not looked through later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
