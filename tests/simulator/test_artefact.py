"""The saved simulator: one readable file, exact both ways, refused when it is not what was written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evenhand.customers import Customers
from evenhand.errors import ArtefactError
from evenhand.simulator import Simulator


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


def test_a_missing_file_and_folder_are_errors_too(simulator: Simulator, tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="cannot be read"):
        Simulator.load(tmp_path / "nowhere.json")
    with pytest.raises(ArtefactError, match="cannot be written"):
        simulator.save(tmp_path / "no" / "folder.json")


def test_no_customer_stands_in_the_file(demo: Customers, saved: Path) -> None:
    """Neither an id nor, in full precision, any value of a feature that belongs to one household."""
    content = json.loads(saved.read_text())["content"]
    knots = np.array([k for r in [content["point"], *content["replicates"]] for k in r["knots"][3:10]]).ravel()
    values, times = np.unique(np.round(demo.fit.numbers(demo.static_features), 7), return_counts=True)
    own = values[times == 1]  # a half is nobody's own
    assert not np.isin(knots, own).any()


def test_it_prints_well(simulator: Simulator) -> None:
    text = repr(simulator)
    assert "calibrated on 1,728 customers, 52 weeks of history" in text
    assert "4 bootstrap refits" in text
    assert "campaigns none, A, B, C" in text
