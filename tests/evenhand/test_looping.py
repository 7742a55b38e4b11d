"""`evenhand plan`, `record` and `ope` as a person uses them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.evenhand.conftest import Command

from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import register
from evenhand.segments import Segmentation

PLAN = ("--starts", "2026-03-02", "--exploration", 0.4)


@pytest.fixture
def ingested(shop: Path, evenhand: Command) -> Path:
    assert evenhand("ingest", "customers.csv", "--schema", "schema.toml", "--out", "study").status == 0
    return shop / "study"


def other(study: Path, name: str) -> Path:
    """Write another segmentation: nobody is contacted any more."""
    today = Segmentation.from_json((study / "today.json").read_text())
    quiet = [segment.model_copy(update={"campaign": "none"}) for segment in today.every]
    (study.parent / name).write_text(today.rebuilt(quiet[:-1], quiet[-1]).to_json())
    return study.parent / name


def answered(folder: Path, name: str) -> Path:
    """Write results of every customer of a plan: letters bring margin."""
    plan = pd.read_parquet(folder / "plan.parquet")
    margin = np.where(plan["campaign"] == "letter", 2.0, 1.0) + np.random.default_rng(0).normal(0, 1, len(plan))
    frame = pd.DataFrame({"customer": plan["customer"], "time": "2026-03-05", "margin": margin.round(2)})
    frame.to_csv(folder.parent / name, index=False)
    return folder.parent / name


def test_the_loop_from_plan_to_judgement(ingested: Path, evenhand: Command) -> None:
    made = evenhand("plan", "study", *PLAN, "--out", "spring")
    assert (made.status, made.err) == (0, "")
    assert "600 customers" in made.out
    assert "2026-03-02 up to 2026-03-30" in made.out
    assert made.out.splitlines()[-1] == "Next: send it, then evenhand record spring RESULTS --out LOG"

    results = answered(ingested.parent / "spring", "results.csv")
    told = evenhand("record", "spring", results, "--out", "log")
    assert told.out.splitlines()[0] == "600 rows: 600 new · 0 known already · 0 refused"
    again = json.loads(evenhand("record", "spring", results, "--out", "log", "--json").out)
    assert (again["new"], again["known"], again["with_results"]) == (0, 600, 600)

    judged = evenhand("ope", "log", "--segmentation", other(ingested, "other.json"))
    assert judged.out.startswith("margin per customer, 95% intervals, logged evidence\n600 rounds")
    assert "gain over what was planned -" in judged.out
    numbers = json.loads(evenhand("ope", "log", "--segmentation", "other.json", "--outcome", "profit", "--json").out)
    assert numbers["supported"]
    assert {one["name"] for one in numbers["estimates"]} == {"IPS", "SNIPS", "clipped", "direct", "DR", "switch"}
    assert numbers["gain"]["high"] < 0


def test_a_log_without_support_gives_reasons_and_no_number(ingested: Path, evenhand: Command) -> None:
    evenhand("plan", "study", "--starts", "2026-03-02", "--exploration", 0, "--out", "spring")
    evenhand("record", "spring", answered(ingested.parent / "spring", "results.csv"), "--out", "log")
    judged = evenhand("ope", "log", "--segmentation", other(ingested, "other.json"), "--json")
    numbers = json.loads(judged.out)
    assert (judged.status, numbers["supported"], numbers["estimates"], numbers["gain"]) == (0, False, [], None)
    assert "could not be drawn" in numbers["reasons"][0]


def test_a_trial_has_arms_by_name_and_salt(ingested: Path, evenhand: Command) -> None:
    other(ingested, "other.json")
    arms = ("plan", "study", *PLAN, "--arm", "quiet=other.json:1/3", "--holdback", "0.05:long-term", "--json")
    assert "a trial has a salt of its own" in evenhand(*arms, "--out", "trial").complaint
    counts = json.loads(evenhand(*arms, "--salt", "spring-trial", "--rollout", "0.5", "--out", "trial").out)
    assert set(counts["arms"]) == {"today", "quiet", "outside", "holdback"}
    assert sum(counts["arms"].values()) == 600
    one = json.loads(evenhand("plan", "study", *PLAN, "--out", "one", "--csv", "--json").out)
    two = json.loads(evenhand("plan", "study/today.json", "--customers", "study", *PLAN, "--out", "two", "--json").out)
    assert one == two
    assert (ingested.parent / "one/plan.csv").is_file()


def registered(study: Path, **changes: Any) -> Path:
    """Register an experiment of today's segmentation against nobody contacted, as of the start of 2026."""
    today, quiet = (Segmentation.from_json(file.read_text()) for file in (study / "today.json", other(study, "q.json")))
    values = {
        "name": "quiet", "hypothesis": "Fewer letters earn more.", "control": "today", "primary": ["margin"],
        "arms": [{"name": "today", "share": "2/3", "of": "today", "sha256": today.hash},
                 {"name": "quiet", "share": "1/3", "of": "q", "sha256": quiet.hash}],
        "metrics": [{"name": "margin", "kind": "mean", "column": "margin"}], "weeks": 2, "salt": "quiet-2026",
        "expected": {"units": 600, "metrics": [{"metric": "margin", "mean": 1.5, "sd": 1.0, "effect": 0.4}]},
        **changes,
    }  # fmt: skip
    path = study.parent / "plan.json"
    register(ExperimentPlan.from_dict(values), path, now=datetime(2026, 1, 1, tzinfo=UTC))
    return path


def test_an_experiment_s_plan_says_all_of_its_campaigns(ingested: Path, evenhand: Command) -> None:
    plan = registered(ingested)
    made = evenhand("plan", "study", "--experiment", plan, *PLAN[:2], "--out", "trial")
    assert (made.status, made.err) == (0, "")
    assert "2026-03-02 up to 2026-03-16" in made.out  # the experiment's two weeks
    frame = pd.read_parquet("trial/plan.parquet")
    assert set(frame["arm"]) == {"today", "quiet"}
    assert 0.27 < (frame["arm"] == "quiet").mean() < 0.4
    assert evenhand("record", "trial", answered(ingested.parent / "trial", "r.csv"), "--out", "log").status == 0
    told = evenhand("ab", "analyze", "log", "--plan", plan, "--until", "2026-03-15", "--check-assignment", "--json")
    checks = {check["name"]: check["status"] for check in json.loads(told.out)["evidence"]["quiet"]["integrity"]}
    assert checks["assignment"] == "ok"
    assert "failed" not in checks.values()


def test_what_contradicts_an_experiment_is_one_line(ingested: Path, evenhand: Command) -> None:
    plan = registered(ingested, holdback=0.1)
    asked = ("plan", "study", "--experiment", plan, *PLAN[:2], "--out", "trial")
    assert "the plan holds 0.1 back" in evenhand(*asked).complaint
    assert "the plan has its own" in evenhand(*asked, "--salt", "other").complaint
    held = (*asked, "--holdback", "0.1:long")
    assert "the plan has the shares" in evenhand(*held, "--arm", "quiet").complaint
    assert "is not what the plan says" in evenhand(*held, "--arm", "quiet=study/today.json").complaint
    early = ("plan", "study", "--experiment", plan, "--starts", "2025-12-31", "--out", "trial")
    assert "before the plan was registered" in evenhand(*early).complaint
    alone = ("plan", "study/today.json", "--customers", "study", "--experiment", plan, *PLAN[:2], "--out", "trial")
    assert "a study's folder holds what the arms run" in evenhand(*alone).complaint
    assert not (ingested.parent / "trial").exists()
    assert evenhand(*held).status == 0


def test_the_first_recommended_tweak_is_judged(ingested: Path, evenhand: Command) -> None:
    evenhand("plan", "study", *PLAN, "--out", "spring")
    evenhand("record", "spring", answered(ingested.parent / "spring", "results.csv"), "--out", "log")
    assert "run `evenhand recommend study` first" in evenhand("ope", "log", "--policy", "study").complaint
    today = Segmentation.from_json((ingested / "today.json").read_text())
    tweak = {"op": "assign_campaign", "segment": today.every[0].id, "campaign": "none"}
    (ingested / "recommendations.json").write_text(json.dumps([{"tweak": tweak}]))
    quiet = today.replaced(today.every[0].model_copy(update={"campaign": "none"}))
    (ingested.parent / "other.json").write_text(quiet.to_json())
    by_policy, by_file = (evenhand("ope", "log", *how, "--json").out for how in
                          (("--policy", "study"), ("--segmentation", "other.json")))  # fmt: skip
    assert by_policy == by_file
    (ingested / "recommendations.json").write_text("[]")
    assert "recommends no tweak" in evenhand("ope", "log", "--policy", "study").complaint


def test_what_is_wrong_is_one_line(ingested: Path, evenhand: Command) -> None:
    here = ingested.parent
    assert "whose segmentation is it?" in evenhand("plan", "study/today.json", *PLAN, "--out", "a").complaint
    assert "a study has its own" in evenhand("plan", "study", "--customers", "demo", *PLAN, "--out", "a").complaint
    assert (
        "NAME=SEGMENTATION:SHARE"
        in evenhand("plan", "study", *PLAN, "--arm", "x", "--salt", "s", "--out", "a").complaint
    )
    assert (
        "--rollout is given without --arm"
        in evenhand("plan", "study", *PLAN, "--rollout", "1/2", "--out", "a").complaint
    )
    assert "SHARE:SALT" in evenhand("plan", "study", *PLAN, "--holdback", "0.05", "--out", "a").complaint
    assert "from 0 to 0.5" in evenhand("plan", "study", *PLAN[:2], "--exploration", 0.9, "--out", "a").complaint
    assert "is no campaign plan" in evenhand("record", "study", "results.csv", "--out", "log").complaint
    assert evenhand("plan", "study", *PLAN, "--out", "spring").status == 0
    assert "cannot be read" in evenhand("record", "spring", "nowhere.csv", "--out", "log").complaint
    assert not (here / "log").exists()
    assert "a plan overwrites nothing" in evenhand("plan", "study", *PLAN, "--period", 4, "--out", "spring").complaint
    assert "what is to be judged?" in evenhand("ope", "log").complaint
    assert "no such folder" in evenhand("ope", "log", "--segmentation", "study/today.json").complaint
    assert "cannot be read" in evenhand("ope", "log", "--segmentation", "nowhere.json").complaint
