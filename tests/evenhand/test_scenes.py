"""Scenarios on the command line: list, page, customers, twists, and what a wrong name gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.evenhand.conftest import Command

from evenhand.customers import Customers
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator
from evenhand.simulator.scenarios import describe, names


def test_the_list_names_every_scenario_with_its_line(evenhand: Command) -> None:
    said = evenhand("scenarios")
    assert said.status == 0
    for name in names():
        assert any(line.split() == [name, *describe(name).line.split()] for line in said.out.splitlines()), name


def test_a_page_is_what_the_library_describes(evenhand: Command) -> None:
    said = evenhand("scenarios", "restaurants")
    assert said.status == 0
    assert said.out == describe("restaurants").page + "\n"


@pytest.mark.parametrize(
    "command",
    [
        ("scenarios", "cofee_tea"),
        ("demo", "--scenario", "cofee_tea", "--tiny"),
        ("ingest", "--scenario", "cofee_tea", "--out", "new"),
    ],
    ids=" ".join,
)
def test_an_unknown_name_gets_the_nearest_and_leaves_nothing(
    evenhand: Command, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    complaint = evenhand(*command).complaint
    assert "there is no scenario 'cofee_tea'" in complaint
    assert "did you mean 'coffee_tea'?" in complaint
    assert not list(tmp_path.iterdir())


def test_customers_come_from_one_place(evenhand: Command, shop: Path) -> None:
    assert "no customers are given" in evenhand("ingest", "--out", "new").complaint
    both = evenhand("ingest", "customers.csv", "--scenario", "coffee_tea", "--out", "new").complaint
    assert "both customers.csv and --scenario coffee_tea are given" in both
    assert (
        "both schema.toml and"
        in evenhand("ingest", "--schema", "schema.toml", "--scenario", "coffee_tea", "--out", "new").complaint
    )
    assert not (shop / "new").exists()


def test_a_twist_is_no_world_to_ingest(evenhand: Command, shop: Path) -> None:
    assert "'shifted' is a twist" in evenhand("ingest", "--scenario", "shifted", "--out", "new").complaint


def test_a_world_is_ingested_like_a_business(
    evenhand: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = evenhand("ingest", "--scenario", "ethical_fashion", "--out", "study")
    assert said.status == 0
    assert "Next: evenhand calibrate study" in said.out
    customers = Customers.load(tmp_path / "study/customers")
    assert customers.schema.name == "ethical_fashion"
    assert f"{customers.n:,} customers" in said.out
    assert customers.contacts is not None
    assert customers.contacts["propensity"].notna().all()


def test_calibrate_twists_and_untwists_a_study(evenhand: Command, study: Path) -> None:
    before = (study / "today.json").read_bytes()
    plain = Simulator.load(study / "simulator.json")
    assert evenhand("calibrate", "study", "--tiny", "--scenario", "no_delayed_effects").status == 0
    twisted = Simulator.load(study / "simulator.json")
    assert twisted.content.delayed == 0.0
    assert any("no_delayed_effects" in note for note in twisted.notes)
    assert (study / "today.json").read_bytes() == before
    assert evenhand("calibrate", "study", "--tiny", "--scenario", "adversarial_proxy").status == 0
    proxied = Simulator.load(study / "simulator.json")
    assert proxied.static_features == (*plain.static_features, "style_score")
    today = Segmentation.from_json((study / "today.json").read_text(encoding="utf-8"))
    assert "style_score" in [feature.name for feature in today.catalogue.features]
    assert Customers.load(study / "customers").frame["style_score"].notna().all()
    assert evenhand("calibrate", "study", "--tiny").status == 0
    assert Simulator.load(study / "simulator.json") == plain
    assert (study / "today.json").read_bytes() == before
    assert "style_score" not in Customers.load(study / "customers").frame


def test_a_wrong_twist_changes_nothing(evenhand: Command, study: Path) -> None:
    before = (study / "simulator.json").read_bytes()
    assert "did you mean 'shifted'?" in evenhand("calibrate", "study", "--scenario", "shiftd").complaint
    assert "world of its own" in evenhand("calibrate", "study", "--scenario", "coffee_tea").complaint
    assert (study / "simulator.json").read_bytes() == before


def test_evaluate_says_on_whose_dynamics(evenhand: Command, study: Path) -> None:
    assert evenhand("train", "study", "--tiny", "--steps", "64").status == 0
    said = evenhand("evaluate", "study", "--scenario", "shifted")
    assert said.status == 0
    assert "dynamics of scenario shifted" in said.out
    assert json.loads((study / "evaluation.json").read_bytes())["scenario"] == "shifted"
    evenhand("report", "study")
    report = json.loads((study / "report.json").read_bytes())
    assert report["scenario"] == "shifted"
    assert report["verdict"].startswith("On the dynamics of scenario shifted: ")
    assert report["verdict"] in (study / "report.html").read_text(encoding="utf-8")
    assert "changes the features" in evenhand("evaluate", "study", "--scenario", "adversarial_proxy").complaint
    assert "another business" in evenhand("evaluate", "study", "--scenario", "coffee_tea").complaint
    assert json.loads((study / "evaluation.json").read_bytes())["scenario"] == "shifted"
    assert evenhand("evaluate", "study").status == 0
    assert json.loads((study / "evaluation.json").read_bytes())["scenario"] == ""
