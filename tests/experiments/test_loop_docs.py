"""The pages on the loop run as they stand, and name what there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.test_readme import read

from evenhand.customers.campaign_plan import COLUMNS
from evenhand.customers.results import OUTCOMES, REASONS
from evenhand.experiments.exploration import FLOOR, SHARE
from evenhand.experiments.offpolicy.support import EFFECTIVE, EVENTS, MATCHES, SKEWED, WORST_K

PAGES = Path(__file__).parents[2] / "docs/experiments"


@pytest.mark.parametrize("name", ["assignment", "loop", "off-policy"])
def test_every_block_of_the_page_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read((PAGES / f"{name}.md").read_text(encoding="utf-8"), tmp_path)


def test_the_page_shows_what_its_example_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (PAGES / "off-policy.md").read_text(encoding="utf-8")
    read(text, tmp_path)
    printed = capsys.readouterr().out.split("\nC could")[0]
    assert f"```text\n{printed}\n```" in text


def test_every_column_outcome_and_reason_is_on_the_page() -> None:
    text = (PAGES / "loop.md").read_text(encoding="utf-8")
    assert [name for name in (*COLUMNS, *OUTCOMES, *REASONS) if f"`{name}`" not in text] == []
    assert f"{SHARE:.0%}".replace("%", " %") + " of each segment, more where that would be fewer than " in text
    assert f"fewer than {FLOOR}\n" in text


def test_the_rules_of_support_are_those_of_the_page() -> None:
    text = (PAGES / "off-policy.md").read_text(encoding="utf-8")
    for said in (
        f"| {MATCHES:.0f} matching rounds", f"| {EVENTS} matching rounds", rf"\ge {EFFECTIVE:.0f}$", rf"\le {WORST_K}$",
        rf"\le {SKEWED}$",
    ):  # fmt: skip
        assert said in text, said
