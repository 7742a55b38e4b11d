"""A randomised log calibrates what contact causes; any other log does not, and the simulator says so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit
from tests.simulator.club import BROUGHT, CLOSING, COMES, MONEY, SPREAD, club

from evenhand.customers import Customers
from evenhand.simulator import Simulator, calibrate
from evenhand.simulator.answers.causes import coding_from, levels_from, response_from
from evenhand.simulator.answers.responding import columns_for
from evenhand.simulator.answers.response import expected


@pytest.fixture(scope="module")
def customers() -> Customers:
    return club(12_000)


@pytest.fixture(scope="module")
def members(customers: Customers) -> Simulator:
    return calibrate(customers, replicates=5, seed=1)


def test_what_contact_causes_is_calibrated_and_every_parameter_says_so(members: Simulator) -> None:
    table = members.parameters().set_index("name")
    calibrated = table[table["origin"] == "calibrated"].index
    for name in ("visit", "conversion", "basket", "click[letter]", "closing[mail]", "bonus[mail]", "lift[letter]"):
        assert name in calibrated
        assert "randomised campaign log" in str(table.loc[name, "source"])
    assert table.index.is_unique
    assert not any(name.startswith("redemption") for name in table.index)
    assert table.loc["fatigue_open", "origin"] == "prior"
    assert (table["low"] <= table["high"]).all()


def test_the_notes_say_what_may_be_claimed(members: Simulator) -> None:
    assert any("effects of contact are calibrated" in note for note in members.notes)
    assert any("left without contact" in note for note in members.notes)
    assert not any("does not tell" in note for note in members.notes)


def test_known_effects_are_found(members: Simulator) -> None:
    content = members.content
    assert content.explaining is not None
    assert content.point.answers is not None
    fit = response_from(content.point.answers)
    coding = coding_from(content.explaining)
    assert len(coding.kept) == 3
    assert fit.spread == pytest.approx(SPREAD, abs=0.05)
    for level, share in enumerate(COMES):
        x = np.zeros((1, len(fit.visit) - 1))
        x[0, coding.is_level.argmax() + 1] = level - 0.5
        for arm, brought in enumerate([(0.0, 0.0), BROUGHT["letter"], BROUGHT["mail"]]):
            found = expected(fit, x, np.array([arm]))
            assert found.visit[0] == pytest.approx(1 - (1 - share) * (1 - brought[level]), abs=0.03)
            buys = 1 - (1 - share * CLOSING) * (1 - brought[level] * CLOSING)
            assert found.conversion[0] == pytest.approx(buys, abs=0.015)
            assert found.spend[0] / found.conversion[0] == pytest.approx(MONEY, rel=0.15)


def test_refits_differ_by_what_the_customers_leave_open(members: Simulator) -> None:
    visits = [expit(r.answers.visit[0]) for r in members.content.replicates if r.answers is not None]
    assert len(visits) == 5
    assert 0.0005 < np.std(visits) < 0.02


def test_a_targeted_log_calibrates_no_effect(customers: Customers) -> None:
    simulator = calibrate(club(4_000, targeted=0.8), replicates=1)
    table = simulator.parameters().set_index("name")
    assert table.loc["lift[mail]", "origin"] == "prior"
    assert table.loc["redemption[mail]", "origin"] == "calibrated"
    assert any("were not randomised" in note for note in simulator.notes)
    assert simulator.content.explaining is None
    assert simulator.content.point.answers is None


def test_a_randomised_log_that_tells_too_little_calibrates_no_effect_and_says_why(customers: Customers) -> None:
    assert customers.contacts is not None
    quiet = customers.contacts.assign(visited=np.nan, spend=np.nan)
    quiet.loc[quiet["campaign"] == "none", "redemptions"] = 0
    simulator = calibrate(replace(customers, contacts=quiet), replicates=1)
    assert simulator.content.explaining is None
    assert any("too little is told" in note for note in simulator.notes)
    assert simulator.content.audit is not None
    assert simulator.content.audit.verdict == "randomised"


def test_visits_alone_calibrate_visits_alone(customers: Customers) -> None:
    assert customers.contacts is not None
    quiet = customers.contacts.assign(spend=np.nan, redemptions=0)
    simulator = calibrate(replace(customers, contacts=quiet), replicates=1)
    table = simulator.parameters().set_index("name")
    assert table.loc["visit", "origin"] == "calibrated"
    assert table.loc["conversion", "origin"] == "prior"
    assert table.loc["bonus[mail]", "origin"] == "prior"
    assert simulator.population(0, 500).traits.browse.mean() > 0.05


def test_the_file_keeps_it_all_and_no_customer(members: Simulator, tmp_path: Path) -> None:
    file = members.save(tmp_path / "simulator.json")
    assert Simulator.load(file) == members
    document = json.loads(file.read_text())["content"]
    assert document["audit"]["verdict"] == "randomised"
    assert document["explaining"]["told"] == ["visits", "conversions", "spend"]
    names = [level.names for level in levels_from(members.content.explaining)]
    assert names == [("no", "yes"), ("north", "south", "west")]


def test_a_category_of_a_handful_of_people_is_not_in_the_file(customers: Customers) -> None:
    frame = customers.frame.copy()
    frame.iloc[:4, frame.columns.get_loc("town")] = "islet"  # type: ignore[index]  # get_loc is an integer here
    text = json.dumps(calibrate(replace(customers, frame=frame), replicates=1).content.model_dump(mode="json"))
    assert "south" in text
    assert "islet" not in text


def test_the_same_customers_give_the_same_answers(customers: Customers) -> None:
    few = customers.only(customers.frame.index[:3_000])
    one, two = (calibrate(few, replicates=2, seed=4) for _ in range(2))
    assert one == two


def test_columns_follow_the_customers(members: Simulator) -> None:
    explaining = members.content.explaining
    assert explaining is not None
    values = np.zeros((4, 4))
    codes = np.array([[0, 0, 0], [0, 1, 0], [1, 1, 2], [-1, -1, -1]], np.int8)
    x = columns_for(explaining, values, 1, codes)
    assert x.shape == (4, len(members.content.point.answers.visit) - 1)  # type: ignore[union-attr]  # calibrated on a trial
    assert len(np.unique(x, axis=0)) == 4
