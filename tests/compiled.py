"""Fills the cache of machine code with what most tests use: once, and without the tracer that slows the compiler."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.experiments.conftest import go_through
from tests.experiments.shop import quick, shop

from evenhand.experiments.folder import StudyFolder

if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        go_through(StudyFolder(Path(folder) / "study"), quick(), shop())
