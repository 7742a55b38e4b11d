from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.customers.example import CHANNELS, SCHEMA, Reader, Shop, with_channels

from evenhand.customers import Customers
from evenhand.errors import ArtefactError


@pytest.fixture
def customers(read: Reader, shop: Shop) -> Customers:
    shop["customers"].loc[2, "channel"] = ""
    shop["customers"].loc[3, "basket"] = ""
    return read(shop, log=True, history=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def assert_equal(found: Customers, expected: Customers) -> None:
    pd.testing.assert_frame_equal(found.frame, expected.frame)
    for mine, theirs in ((found.history, expected.history), (found.contacts, expected.contacts)):
        if mine is None or theirs is None:
            assert mine is theirs
        else:
            pd.testing.assert_frame_equal(mine, theirs)
    assert (found.schema, found.periods, found.sources, found.remarks) == (
        expected.schema,
        expected.periods,
        expected.sources,
        expected.remarks,
    )


def test_a_saved_table_loads_equal(customers: Customers, tmp_path: Path) -> None:
    customers.save(tmp_path / "table")
    assert_equal(Customers.load(tmp_path / "table"), customers)


def test_consents_and_habits_load_equal(read: Reader, shop: Shop, tmp_path: Path) -> None:
    customers = read(with_channels(shop), schema=SCHEMA + CHANNELS)
    found = Customers.load(customers.save(tmp_path / "table"))
    assert_equal(found, customers)
    np.testing.assert_array_equal(found.consents, customers.consents)
    pd.testing.assert_frame_equal(found.context, customers.context)
    assert found.catalogue == customers.catalogue


def test_a_folder_with_a_schema_of_an_older_format_says_so(customers: Customers, tmp_path: Path) -> None:
    place = customers.save(tmp_path / "table")
    schema = (place / "schema.toml").read_bytes().replace(b'name = "Letter"', b'name = "Letter"\nchannel = "letter"')
    (place / "schema.toml").write_bytes(schema)
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["schema.toml"] = hashlib.sha256(schema).hexdigest()
    (place / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    match = r"schema\.toml: was written by an Evenhand with another format: .*no channel 'letter' .*run the ingest"
    with pytest.raises(ArtefactError, match=match):
        Customers.load(place)


def test_the_demo_loads_equal(demo: Customers, tmp_path: Path) -> None:
    demo.save(tmp_path / "demo")
    assert_equal(Customers.load(tmp_path / "demo"), demo)


def test_the_same_table_gives_the_same_bytes(customers: Customers, tmp_path: Path) -> None:
    first = contents(customers.save(tmp_path / "a"))
    assert contents(customers.save(tmp_path / "b")) == first
    assert contents(Customers.load(tmp_path / "a").save(tmp_path / "c")) == first
    assert set(first) == {
        "customers.parquet",
        "history.parquet",
        "contacts.parquet",
        "schema.toml",
        "manifest.json",
    }


def test_saving_again_replaces_the_folder_and_leaves_nothing_beside_it(customers: Customers, tmp_path: Path) -> None:
    place = tmp_path / "deep" / "table"
    customers.save(place)
    half = customers.only(customers.frame.index[:6])
    half.save(place)
    assert Customers.load(place).n == 6
    assert [file.name for file in place.parent.iterdir()] == ["table"]


def test_a_folder_of_other_things_is_never_replaced(customers: Customers, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"meow")
    with pytest.raises(ArtefactError, match="exists and is no saved customer table"):
        customers.save(tmp_path / "photos")
    assert contents(tmp_path / "photos") == {"cat.jpg": b"meow"}


def test_when_writing_fails_the_old_folder_stays_and_nothing_half_written(
    customers: Customers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(customers.save(tmp_path / "saved" / "table"))
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.name == "manifest.json":
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ArtefactError, match="cannot be written: No space left on device"):
        customers.only(customers.frame.index[:6]).save(tmp_path / "saved" / "table")
    assert contents(tmp_path / "saved" / "table") == before
    assert [file.name for file in (tmp_path / "saved").iterdir()] == ["table"]


@pytest.mark.parametrize("name", ["customers.parquet", "history.parquet", "schema.toml"])
def test_a_changed_or_missing_file_is_noticed(customers: Customers, tmp_path: Path, name: str) -> None:
    place = customers.save(tmp_path / "table")
    data = (place / name).read_bytes()
    (place / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ArtefactError, match=f"{name}: was changed after it was written"):
        Customers.load(place)
    (place / name).unlink()
    with pytest.raises(ArtefactError, match=f"{name}: is missing"):
        Customers.load(place)


def test_other_folders_and_versions_are_refused(customers: Customers, tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="is no saved customer table"):
        Customers.load(tmp_path / "nothing")
    place = customers.save(tmp_path / "table")
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    (place / "manifest.json").write_text(json.dumps({**manifest, "version": 9}), encoding="utf-8")
    with pytest.raises(ArtefactError, match="has format 9; this Evenhand reads 1"):
        Customers.load(place)
    shutil.rmtree(place)


def test_no_machine_path_is_saved(customers: Customers, tmp_path: Path) -> None:
    saved = contents(customers.save(tmp_path / "table"))
    assert not any(str(tmp_path).encode() in data for data in saved.values())
