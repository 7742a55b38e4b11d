"""The page on analysis runs, block by block, as a reader would type it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.test_readme import read

PAGE = Path(__file__).parents[2] / "docs/experiments/analysis.md"


def test_every_block_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read(PAGE.read_text(encoding="utf-8"), tmp_path)
