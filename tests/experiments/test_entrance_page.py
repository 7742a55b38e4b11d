"""The entrance to the pages on experiments: its example runs as it stands, and it leads to every page."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.test_readme import read

PAGES = Path(__file__).parents[2] / "docs/experiments"


def test_every_block_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read((PAGES / "README.md").read_text(encoding="utf-8"), tmp_path)


def test_it_leads_to_every_page() -> None:
    text = (PAGES / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES.glob("*.md") if page.name != "README.md" and f"({page.name})" not in text] == []
