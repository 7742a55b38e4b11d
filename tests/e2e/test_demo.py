"""The main job, end to end, on real households with tiny budgets: everything that the report promises is there."""

from __future__ import annotations

import json
import re
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.e2e.conftest import Run

from evenhand.cli import saying
from evenhand.customers.demo import NOTICES
from evenhand.experiments.report import Report
from evenhand.segments import Segmentation, tweak_from_json

POLICIES = {
    "today", "random", "rfm", "kmeans", "uplift-tree", "linucb", "greedy", "greedy-shielded", "greedy-shadow", "learned"
}  # fmt: skip
ATTRIBUTES = {"age", "income", "marital", "household", "kids"}


@pytest.fixture(scope="module")
def report(demo: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((demo.root / "runs/demo/report.json").read_text(encoding="utf-8"))
    return found


def is_interval(part: dict[str, Any]) -> bool:
    return bool(part["low"] <= part["mean"] <= part["high"])


def test_the_stable_name_leads_to_the_run(demo: Run) -> None:
    latest = demo.root / "runs/demo"
    assert latest.is_symlink()
    assert latest.resolve().parent == (demo.root / "runs").resolve()
    assert [path.name for path in latest.iterdir() if "partial" in path.name] == []


def test_the_licence_notices_are_printed(demo: Run) -> None:
    assert [notice for notice in NOTICES if notice not in demo.said] == []


def test_every_step_says_what_it_found(demo: Run) -> None:
    steps = ("1 Customers ", "2 Today ", "3 Simulator ", "4 Learning ", "5 Evidence ", "6 Next tweaks")
    assert [step for step in steps if f"\n{step}" not in demo.said] == []
    assert "2,469 customers" in demo.said
    assert demo.said.endswith("Report: runs/demo/report.html\n")
    assert "\x1b" not in demo.said


def test_data_names_rows_sources_and_quality(report: dict[str, Any]) -> None:
    data = report["data"]
    assert data["rows"]["customers"] == 2469
    assert {"name", "rows", "sha256", "notices"} <= set(data["sources"][0])
    assert data["quality"]


def test_realism_stands_beside_its_yardsticks(report: dict[str, Any]) -> None:
    for kind in ("joint", "marginal"):
        assert {"simulated", "copy_past", "real_halves"} <= set(report["realism"][kind])
        assert all(0 <= report["realism"][kind][name] <= 1 for name in ("simulated", "copy_past", "real_halves"))


def test_every_policy_has_every_figure_with_its_interval(report: dict[str, Any]) -> None:
    policies = {policy["name"]: policy for policy in report["policies"]}
    assert set(policies) == POLICIES
    for policy in policies.values():
        parts = [policy[metric] for metric in ("profit", "redemption", "unsubscribe", "churn")]
        assert set(policy["gap"]) <= ATTRIBUTES
        assert "income" in policy["gap"]
        assert all(is_interval(part) and part["n"] == 8 for part in [*parts, *policy["gap"].values()])
        assert set(policy["opportunity"]) == set(policy["odds"]) == set(policy["gap"])


def test_the_comparison_is_paired(report: dict[str, Any]) -> None:
    comparison = report["comparison"]
    if comparison is None:  # with so few populations it can be that no opponent is fair
        assert not any(p["feasible"] for p in report["policies"] if p["kind"] != "learned")
        return
    assert is_interval(comparison)
    assert (comparison["paired"], comparison["n"]) == (True, 8)
    assert comparison["baseline"] in POLICIES - {"learned"}


def test_recommendations_are_tweaks_of_today_with_their_sentence(report: dict[str, Any]) -> None:
    today = Segmentation.from_json(report["today"]["segmentation"])
    for recommendation in report["recommendations"]:
        tweak = tweak_from_json(json.dumps(recommendation["tweak"]))
        assert tweak.explain(today) == recommendation["sentence"]
        assert tweak.apply(today).segmentation != today


def test_the_run_says_how_to_repeat_it(report: dict[str, Any]) -> None:
    assert report["seed"] == 3
    assert report["versions"]["python"] == sys.version.split()[0]
    assert {"evenhand", "numpy", "sb3-contrib"} <= set(report["versions"])
    assert report["verdict"].endswith(".")


def test_the_json_is_the_model_of_the_report(demo: Run) -> None:
    path = demo.root / "runs/demo/report.json"
    assert Report.load(path).to_json() == path.read_text(encoding="utf-8")


def test_the_page_opens_offline(demo: Run, report: dict[str, Any]) -> None:
    page = (demo.root / "runs/demo/report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert re.findall(r"(?:src|href|xlink:href)\s*=\s*[\"'](?!#|data:)[^\"']*", page) == []
    assert re.findall(r"@import|url\((?![\"']?(?:#|data:))", page) == []
    assert report["verdict"].split(",")[0] in page.replace("&#39;", "'")


@pytest.mark.parametrize("width", [60, 200])
def test_a_terminal_of_any_width_shows_every_policy_whole(
    width: int, demo: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = StringIO()
    monkeypatch.setattr(saying, "out", Console(file=screen, width=width, force_terminal=True, no_color=True))
    made = Report.load(demo.root / "runs/demo/report.json")
    saying.say_policies(made)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown
    assert [policy.label for policy in made.policies if policy.label not in shown] == []


def test_a_second_report_of_the_same_files_is_the_same(demo: Run) -> None:
    from evenhand.experiments.assemble import assemble
    from evenhand.experiments.folder import StudyFolder

    path = demo.root / "runs/demo"
    assert assemble(StudyFolder(path)).same_as(Report.load(Path(path) / "report.json"))
