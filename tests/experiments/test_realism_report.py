"""The realism report as files: everything stands in the JSON, the page stands alone, nothing is overwritten."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from evenhand.customers import Customers, demo_customers
from evenhand.errors import ArtefactError
from evenhand.experiments.realism import RealismReport, realism_report, save_realism
from evenhand.experiments.report.realism_page import CAPTIONS
from evenhand.simulator import Realism, Simulator, calibrate, realism
from evenhand.simulator.realism import Budget
from evenhand.simulator.realism.pictures import INK

SMALL = Budget(futures=2, splits=1, halves=1, answers=2, coverage=10)
DOCS = Path(__file__).parents[2] / "docs/realism.md"


@pytest.fixture(scope="module")
def customers() -> Customers:
    return demo_customers()


@pytest.fixture(scope="module")
def simulator(customers: Customers) -> Simulator:
    return calibrate(customers.fit, replicates=1, seed=3)


@pytest.fixture(scope="module")
def report(simulator: Simulator, customers: Customers) -> RealismReport:
    return realism_report(simulator, customers, seed=2, budget=SMALL)


@pytest.fixture(scope="module")
def folder(report: RealismReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_realism(report, tmp_path_factory.mktemp("runs") / "realism")


def test_the_json_says_what_was_judged_on_what(folder: Path, simulator: Simulator, report: RealismReport) -> None:
    plain = json.loads((folder / "realism.json").read_text(encoding="utf-8"))
    assert plain["simulator"]["sha256"] == simulator.hash
    assert re.fullmatch("[0-9a-f]{64}", plain["data"]["sha256"])
    assert plain["data"]["sources"][0]["notices"]
    assert (plain["seed"], plain["held_out"]) == (2, True)
    assert plain["verdict"].startswith(f"{sum(target['met'] is True for target in plain['targets'])} of 6 targets met")
    assert Realism.from_dict(plain["realism"]).to_dict() == report.found.to_dict()


def test_the_same_report_gives_the_same_bytes(folder: Path, report: RealismReport, tmp_path: Path) -> None:
    again = save_realism(report, tmp_path / "again")
    assert {file.name for file in folder.iterdir()} == {file.name for file in again.iterdir()}
    for file in folder.iterdir():
        assert file.read_bytes() == (again / file.name).read_bytes(), file.name


def test_the_page_stands_alone_and_holds_every_picture(folder: Path, report: RealismReport) -> None:
    page = (folder / "realism.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|<img|https?://(?!www\.w3\.org)", page)
    assert page.count("<svg ") == len(report.found.pictures()) == len(CAPTIONS)
    assert {file.stem for file in folder.glob("*.png")} == set(CAPTIONS)
    assert report.to_dict()["verdict"] in page
    assert "var(--learned)" in page
    drawn = "".join(re.findall(r"<svg.*?</svg>", page, re.S))
    assert INK not in drawn  # no colour that would vanish on a dark page
    ids = re.findall(r'\bid="([^"]+)"', drawn)
    used = set(re.findall(r'(?:url\(#|xlink:href="#)([^)"]+)', drawn))
    assert used <= set(ids)


def test_clip_paths_of_two_pictures_do_not_mix(folder: Path) -> None:
    page = (folder / "realism.html").read_text(encoding="utf-8")
    clips = re.findall(r'<clipPath id="([^"]+)"', page)
    assert len(clips) == len(set(clips))


def test_an_earlier_report_is_replaced_and_nothing_else(folder: Path, report: RealismReport, tmp_path: Path) -> None:
    place = save_realism(report, tmp_path / "there")
    assert save_realism(report, place) == place
    assert sorted(item.name for item in tmp_path.iterdir()) == ["there"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "realism.json").write_text("{}")  # such as a study's
    with pytest.raises(ArtefactError, match=r"holds realism\.json already"):
        save_realism(report, tmp_path / "mine")
    assert (tmp_path / "mine" / "realism.json").read_text() == "{}"
    (place / "notes.txt").write_text("mine")
    with pytest.raises(ArtefactError, match=r"holds notes\.txt already.*overwrites nothing"):
        save_realism(report, place)


def test_a_simulator_that_has_seen_the_customers_is_said_to_have(
    customers: Customers, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unasked(simulator: Simulator, judged: Customers, **options: object) -> Realism:
        return realism(simulator, judged.only(judged.frame.index[:1]), budget=SMALL)  # one customer: no figures

    monkeypatch.setattr("evenhand.experiments.realism.realism", unasked)
    few = customers.only(customers.frame.index[:400])
    seen = realism_report(calibrate(few, replicates=1), few)
    assert seen.held_out is False
    assert seen.remark.startswith("NOT HELD OUT")
    assert seen.verdict == seen.to_dict()["verdict"]
    assert seen.verdict.startswith("NOT HELD OUT: ")
    unknown = realism_report(simulator, few)
    assert unknown.held_out is None
    assert "cannot be told" in unknown.remark
    everyone = realism_report(simulator, few, everyone=True)
    assert everyone.held_out is None
    assert "Judged on all 400 customers" in everyone.remark


def test_a_simulator_of_another_business_is_refused(customers: Customers, simulator: Simulator) -> None:
    schema = customers.schema.model_copy(update={"campaigns": customers.schema.campaigns[:2]})
    other = dataclasses.replace(customers, schema=schema)
    with pytest.raises(ArtefactError, match=r"A, B, C, none.*A, B, none"):
        realism_report(simulator, other)


def test_no_history_gives_a_page_that_says_so(customers: Customers, simulator: Simulator, tmp_path: Path) -> None:
    silent = dataclasses.replace(customers, history=None, contacts=None, periods=0)
    report = realism_report(simulator, silent)
    page = (save_realism(report, tmp_path / "out") / "realism.html").read_text(encoding="utf-8")
    assert "Not enough data: the customers have no weekly purchase history." in page
    assert "<svg" not in page


def keys(value: Any) -> set[str]:
    """Return the names of all keys of plain data."""
    if isinstance(value, dict):
        return set(value) | set().union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


def test_every_key_of_the_json_is_documented(report: RealismReport) -> None:
    text = DOCS.read_text(encoding="utf-8")
    free = set(report.to_dict()["versions"])  # names of packages
    assert sorted(name for name in keys(json.loads(report.to_json())) - free if f"`{name}`" not in text) == []
