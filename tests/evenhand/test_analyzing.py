"""From the plan of an experiment to the gate's decision and its replay, on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.evenhand.conftest import Command
from tests.experiments.trial.analysis.trials import drawn
from tests.experiments.trial.plans import draft

from evenhand.experiments.trial.register import register
from evenhand.segments import Segmentation

SPAN = ("--start", "2025-03-03", "--until", "2025-03-30")
SENT = ("--delivered", f"finer={'b' * 64}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a plan that was registered before its data."""
    monkeypatch.chdir(tmp_path)
    register(draft(), tmp_path / "plan.json", now=datetime(2025, 3, 1, tzinfo=UTC))
    return tmp_path


def analysed(folder: Path, evenhand: Command, data: Any, *options: object) -> str:
    """Write data, analyse them, and return what is printed; the evidence is in evidence.json."""
    pd.DataFrame(data).to_parquet(folder / "trial.parquet")
    ended = evenhand(
        "ab", "analyze", "trial.parquet", "--plan", "plan.json", "--out", "evidence.json", *SPAN, *SENT, *options
    )
    assert (ended.status, ended.err) == (0, "")
    return ended.out


@pytest.mark.parametrize(
    ("verdict", "effects"),
    [
        ("SHIP", {"orders": 0.012, "margin": 0.05}),
        ("HOLD", {}),
        ("STOP", {"unsubscribed": 0.03}),
        ("INVALID", {"orders": 0.012, "margin": 0.05}),
    ],
)
def test_the_whole_way_from_the_plan_to_a_decision_that_replays(
    verdict: str, effects: dict[str, Any], folder: Path, evenhand: Command
) -> None:
    """Arms are assigned by the plan's salt, data drawn with what the challenger does; the broken one loses units."""
    data = drawn(draft(), **{"seed": 11, **effects})
    if verdict == "INVALID":
        kept = (data["arm"] != "finer") | (np.random.default_rng(0).random(len(data["arm"])) > 0.06)
        data = {name: column[kept] for name, column in data.items()}
    printed = analysed(folder, evenhand, data, "--check-assignment")
    assert "ok       assignment: Every unit is in the arm that the plan's salt says." in printed
    assert printed.splitlines()[0].startswith("spring: finer ")
    assert printed.splitlines()[-1] == "Next: evenhand gate --plan plan.json --evidence evidence.json"
    decided = evenhand("gate", "--plan", "plan.json", "--evidence", "evidence.json", "--out", "record.json")
    assert decided.out.startswith(f"{verdict}: spring, finer against today")
    again = evenhand("gate", "--replay", "record.json")
    assert again.out.startswith(f"{verdict}: ")
    assert "Replayed: the same decision, bit by bit" in again.out
    record = json.loads((folder / "record.json").read_text())
    assert record["data_sha256"] == json.loads((folder / "evidence.json").read_text())["data_sha256"]


def test_what_is_printed_says_everything_and_json_the_same_numbers(folder: Path, evenhand: Command) -> None:
    data = drawn(draft(), seed=11, orders=0.012)
    for week in (1, 2, 3):
        data[f"week_{week}"] = np.random.default_rng(week).normal(10 + (data["arm"] == "finer"), 2)
    printed = analysed(folder, evenhand, data, "--week", "margin=week_1,week_2,week_3", "--segment", "income",
                       "--afterwards", "week_3")  # fmt: skip
    for said in ("orders ", "primary", "margin per order", "against the winner's curse", "orders by income (finer)",
                 "income, benefit: low less middle", "margin over time (finer)", "ok       sample ratio",
                 "carry-over", "not enough data"):  # fmt: skip
        assert said in printed, said
    ended = evenhand("ab", "analyze", "trial.parquet", "--plan", "plan.json", *SPAN, "--json")
    numbers = json.loads(ended.out)
    orders = numbers["effects"][0]
    assert f"{orders['difference']['value']:+.3g}" in printed
    assert f"needed at this look for 95%: {orders['needed']:.2f} standard errors" in printed
    assert numbers["trial"]["data_sha256"] in json.dumps(numbers["evidence"])


def test_a_later_look_follows_the_evidence_of_the_earlier_one(folder: Path, evenhand: Command) -> None:
    data = drawn(draft(), seed=11, orders=0.006)  # not enough at half the information
    pd.DataFrame(data).to_csv(folder / "trial.csv", index=False)
    common = ("ab", "analyze", "trial.csv", "--plan", "plan.json", "--start", "2025-03-03")
    first = evenhand(*common, "--until", "2025-03-16", "--out", "first.json")
    assert "look 1, 50% of the planned information" in first.out
    second = evenhand(*common, "--until", "2025-03-30", "--after", "first.json", "--out", "second.json")
    assert "look 2, 100% of the planned information" in second.out
    assert "could have stopped before" in second.out
    assert json.loads((folder / "second.json").read_text())["looks"] == [0.5, 1.0]
    assert (
        "other evidence is there already" in evenhand(*common, "--until", "2025-03-29", "--out", "first.json").complaint
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("none.csv",), "no such file"),
        (("trial.csv", "--delivered", "finer"), "ARM=FILE or ARM=SHA256"),
        (("trial.csv", "--week", "margin"), "METRIC=COLUMN,COLUMN"),
        (("trial.csv", "--arm-column", "Arm"), "did you mean 'arm'?"),
        (("trial.csv", "--until", "2025-03-01"), "before they start"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    arguments: tuple[str, ...], complaint: str, folder: Path, evenhand: Command
) -> None:
    pd.DataFrame(drawn(draft(), seed=1, n=1000)).to_csv(folder / "trial.csv", index=False)
    assert (
        complaint in evenhand("ab", "analyze", *arguments[:1], "--plan", "plan.json", *SPAN, *arguments[1:]).complaint
    )


def test_an_edited_plan_is_refused(folder: Path, evenhand: Command) -> None:
    (folder / "plan.json").write_text((folder / "plan.json").read_text().replace('"weeks": 4', '"weeks": 1'))
    assert "was edited" in evenhand("ab", "analyze", "trial.csv", "--plan", "plan.json").complaint


def test_a_campaign_log_goes_the_whole_way(shop: Path, evenhand: Command) -> None:
    """Plan, assignment by hash, campaign plan, results, analysis, gate: all by command, but the date of the plan."""
    assert evenhand("ingest", "customers.csv", "--schema", "schema.toml", "--out", "study").status == 0
    today = Segmentation.from_json((shop / "study/today.json").read_text())
    quiet = [segment.model_copy(update={"campaign": "none"}) for segment in today.every]
    new = today.rebuilt(quiet[:-1], quiet[-1])
    (shop / "quiet.json").write_text(new.to_json())
    plan = draft(
        arms=[{"name": "today", "share": 0.5, "of": "today", "sha256": today.hash},
              {"name": "quiet", "share": 0.5, "of": "quiet", "sha256": new.hash}],
        metrics=[{"name": "margin", "kind": "mean", "column": "margin"}], primary=["margin"], guardrails=[],
        fairness=[{"attribute": "age", "groups": {"under 45": 0.5, "45 and over": 0.5}}],
        expected={"units": 600, "metrics": [{"metric": "margin", "mean": 1.0, "sd": 1.0, "effect": 0.3}]},
    )  # fmt: skip
    register(plan, shop / "plan.json", now=datetime(2025, 3, 1, tzinfo=UTC))
    assert evenhand("plan", "study", "--arm", "quiet=quiet.json:1/2", "--salt", "spring-2026", "--starts", "2025-03-03",
                    "--exploration", 0, "--out", "trial").status == 0  # fmt: skip
    rows = pd.read_parquet(shop / "trial/plan.parquet")
    margin = 1 + 0.6 * (rows["arm"] == "quiet") + np.random.default_rng(0).normal(0, 1, len(rows))
    pd.DataFrame({"customer": rows["customer"], "time": "2025-03-30", "margin": margin.round(3)}).to_csv(
        "results.csv", index=False
    )
    assert evenhand("record", "trial", "results.csv", "--out", "log").status == 0
    printed = evenhand("ab", "analyze", "log", "--plan", "plan.json", "--out", "evidence.json").out
    assert "ok       assignment: Arms were assigned by the plan's salt." in printed
    decided = evenhand("gate", "--plan", "plan.json", "--evidence", "evidence.json")
    assert decided.out.startswith("SHIP: spring, quiet against today; the policy is now proven")
    assert (
        "a log has its own"
        in evenhand("ab", "analyze", "log", "--plan", "plan.json", "--start", "2025-03-03").complaint
    )
