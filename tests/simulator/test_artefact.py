"""The saved simulator: one readable file, exact both ways, refused when it is not what was written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from evenhand.customers import Customers
from evenhand.errors import ArtefactError
from evenhand.simulator import Simulator, calibrate
from evenhand.simulator.content import Content


@pytest.fixture
def saved(simulator: Simulator, tmp_path: Path) -> Path:
    return simulator.save(tmp_path / "simulator.json")


def test_round_trip_is_exact(simulator: Simulator, saved: Path, tmp_path: Path) -> None:
    loaded = Simulator.load(saved)
    assert loaded == simulator
    assert loaded.content == simulator.content
    assert loaded.save(tmp_path / "again.json").read_bytes() == saved.read_bytes()
    np.testing.assert_array_equal(loaded.population(7, 60).traits.rate, simulator.population(7, 60).traits.rate)
    assert loaded.parameters().equals(simulator.parameters())


def test_the_file_reads_well_and_names_its_version(saved: Path) -> None:
    text = saved.read_text(encoding="utf-8")
    document = json.loads(text)
    assert (document["format"], document["version"]) == ("evenhand simulator", 2)
    assert len(text) < 2_000_000
    assert 200 < text.count("\n") < 20_000


def test_another_version_is_refused(saved: Path) -> None:
    saved.write_text(saved.read_text().replace('"version": 2', '"version": 99'))
    with pytest.raises(ArtefactError, match=r"version 99.*reads version 2.*calibrate again"):
        Simulator.load(saved)


def test_a_changed_file_is_refused(saved: Path) -> None:
    saved.write_text(saved.read_text().replace('"delayed": 1.0', '"delayed": 0.5'))
    with pytest.raises(ArtefactError, match="was changed after it was saved"):
        Simulator.load(saved)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": "something else"}'])
def test_a_broken_or_foreign_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.json"
    file.write_text(text)
    with pytest.raises(ArtefactError, match=r"broken\.json"):
        Simulator.load(file)


def test_a_cut_off_or_binary_file_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:1_000])
    with pytest.raises(ArtefactError, match="not JSON"):
        Simulator.load(saved)
    saved.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ArtefactError, match="not JSON"):
        Simulator.load(saved)


def test_a_missing_file_and_what_can_be_no_folder_are_errors_too(simulator: Simulator, tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="cannot be read"):
        Simulator.load(tmp_path / "nowhere.json")
    (tmp_path / "file").touch()
    with pytest.raises(ArtefactError, match="cannot be written"):
        simulator.save(tmp_path / "file" / "simulator.json")


def test_a_missing_folder_is_made(simulator: Simulator, tmp_path: Path) -> None:
    assert Simulator.load(simulator.save(tmp_path / "new" / "simulator.json")).hash == simulator.hash


def test_no_customer_stands_in_the_file(demo: Customers, saved: Path) -> None:
    """Neither an id nor, in full precision, any value of a feature that belongs to one household."""
    content = json.loads(saved.read_text())["content"]
    knots = np.array([k for r in [content["point"], *content["replicates"]] for k in r["knots"][3:10]]).ravel()
    values, times = np.unique(np.round(demo.fit.numbers(demo.static_features), 7), return_counts=True)
    own = values[times == 1]  # a half is nobody's own
    assert np.isin(knots, own).mean() < 0.005  # at seven digits about two of 1,155 means are a value by chance


def test_it_prints_well(simulator: Simulator) -> None:
    text = repr(simulator)
    assert "calibrated on 1,728 customers, 52 weeks of history" in text
    assert "4 bootstrap refits" in text
    assert "campaigns none, A, B, C" in text


def test_no_number_in_the_file_leads_back_to_one_customer(features_only: Customers) -> None:
    """One customer with an enormous value, counted several times by bootstrap samples: only means of five are told."""
    frame = features_only.frame.copy()
    column = features_only.static_features[0]
    frame.loc[frame.index[7], column] = 1e6
    content = calibrate(replace(features_only, frame=frame), replicates=10).content
    at = 3 + content.static_features.index(column)
    five = (1e6 + np.sort(frame[column].to_numpy())[-5:-1].sum()) / 5
    for replicate in (content.point, *content.replicates):
        assert max(replicate.knots[at]) <= five * (1 + 1e-6)


def test_a_number_that_json_does_not_have_is_refused_in_one_line(saved: Path) -> None:
    saved.write_text(saved.read_text().replace('"seed": 3', '"seed": NaN'))
    with pytest.raises(ArtefactError, match="not JSON"):
        Simulator.load(saved)


@pytest.mark.parametrize(("name", "value"), [("drift_persistence", 2.0), ("dispersion", -1.0), ("return_base", 3.0)])
def test_numbers_that_cannot_be_are_refused(simulator: Simulator, name: str, value: float) -> None:
    plain = simulator.content.model_dump(mode="json")
    plain["point"][name] = value
    with pytest.raises(ValidationError, match=name):
        Content.model_validate(plain)
