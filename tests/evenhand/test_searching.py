"""`evenhand search`, `train --searched` and `mitigate` as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.evenhand.conftest import Command


@pytest.mark.slow
def test_a_search_is_used_by_training_and_mitigations_stand_in_the_report(study: Path, evenhand: Command) -> None:
    small = ("--tiny", "--steps", 416)
    assert "there is no search.json" in evenhand("train", "study", *small, "--searched").complaint
    assert "run `evenhand train study` first" in evenhand("mitigate", "study").complaint
    searched = evenhand("search", "study", "--trials", 2, *small)
    assert (searched.status, searched.err) == (0, "")
    lines = searched.out.splitlines()
    assert lines[0] == "2 trials of 416 steps: 2 complete"
    assert lines[1].startswith("best is trial ")
    assert lines[-1] == "Next: evenhand train study --searched"
    assert "another seed: 1, not 2" in evenhand("search", "study", "--trials", 2, *small, "--seed", 2).complaint

    assert evenhand("train", "study", *small, "--searched").status == 0
    best = json.loads((study / "search.json").read_text())["best"]["hyper"]
    assert json.loads((study / "learning.json").read_text())["hyper"] == best
    mitigated = evenhand("mitigate", "study")
    assert (mitigated.status, mitigated.err) == (0, "")
    said = mitigated.out.splitlines()
    assert said[0].startswith("Fairness of ")
    for way in ("none", "before: customers", "inside: constraints", "after: ranked", "before, inside and after"):
        assert sum(line.startswith(way) for line in said) == 1, way
    assert evenhand("report", "study").status == 0
    assert 'id="mitigation"' in (study / "report.html").read_text(encoding="utf-8")
