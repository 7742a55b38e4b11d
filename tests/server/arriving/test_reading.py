"""What is no table, too much, or a trap is refused with one clear error; nothing of it stays."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from tests.server.arriving.tables import NOW, answers_to, arrived, shop, shop_csv

from evenhand.errors import DataError, EvenhandError, SchemaError
from evenhand.server.arriving import child, folder
from evenhand.server.arriving.limits import MOST_COLUMNS, MOST_ROWS

HEAD = "customer_id,days\n"


def packed(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


BAD = {
    "empty": (b"", "the file is empty"),
    "only a head": (HEAD.encode(), "has a header but no rows"),
    "windows-1252": ("customer_id,stra\xdfe\na,1\nb,2\n".encode("cp1252"), "is not UTF-8"),
    "utf-16": ((HEAD + "a,1\n").encode("utf-16"), "is not UTF-8 text"),
    "a column twice": (b"customer_id,x,x\na,1,2\nb,1,2\n", "stands there twice"),
    "a column without a name": (b"customer_id,,x\na,1,2\nb,1,2\n", "has no name"),
    "a ragged row": (HEAD.encode() + b"a,1\nb,2,3\n", "3 values instead of 2"),
    "an open quote": (HEAD.encode() + b'a,"1\nb,2\n', "never closed"),
    "a formula as a name": (b"customer_id,=1+1\na,1\nb,2\n", "begins like a formula"),
    "a name that does not print": ("customer_id,\u202eabc\na,1\nb,2\n".encode(), "nobody can read"),
    "a name without end": (b"customer_id," + b"x" * 200 + b"\na,1\nb,2\n", "nobody can read"),
    "a first line without end": (b"x" * 70_000, "does not end"),
    "old line ends": (b"customer_id,x\ra,1\rb,2\r", "carriage returns"),
    "a spreadsheet": (b"PK\x03\x04" + bytes(300), "is a spreadsheet"),
    "packed": (gzip.compress(shop_csv(10)), "is packed"),
    "wide": (",".join(f"c{k}" for k in range(MOST_COLUMNS + 1)).encode() + b"\n", "columns"),
    "long": (HEAD.encode() + b"a,1\n" * (MOST_ROWS + 1), "rows"),
    "half a Parquet file": (packed(pa.table({"customer_id": ["a", "b"]}))[:-20], "not a whole Parquet file"),
    "a Parquet bomb": (packed(pa.table({"customer_id": ["a" * 5_000_000] * 100})), "unpacks to"),
    "a Parquet file of many rows": (packed(pa.table({"customer_id": np.zeros(5_000_000, np.int8)})), "rows"),
    "lists in Parquet": (packed(pa.table({"customer_id": ["a", "b"], "x": [[1], [2]]})), "lists or bytes"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_table_is_refused(kind: str, tmp_path: Path) -> None:
    content, what = BAD[kind]
    file = "shop.parquet" if content.startswith(b"PAR1") else "shop.csv"
    with pytest.raises(DataError, match=what) as error:
        arrived(tmp_path, content, file)
    assert (error.value.where or "").startswith(file)  # never where it lies on this machine
    assert str(tmp_path) not in str(error.value)


CELLS = {
    "a formula as an id": ("customer_id", "=cmd|'/c calc'!A1", "begins like a formula"),
    "a formula as a category": ("city", "@SUM(1)", "begins like a formula"),
    "a formula as a group": ("gender", "=1+1", "begins like a formula"),
    "an id with a space": ("customer_id", "c 7", "cannot be the id"),
    "an id twice": ("customer_id", "c-3", "stands there twice"),
    "no id": ("customer_id", "", "is no id"),
    "infinity": ("money_per_order", "inf", "not finite"),
    "a number of 400 digits": ("money_per_order", "9" * 400, "not finite"),
    "a recency below zero": ("days_since_last_purchase", "-1", "out of range"),
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_that_does_not_fit_is_named(kind: str, tmp_path: Path) -> None:
    column, value, what = CELLS[kind]
    table = shop(60).assign(gender=["f", "m"] * 30).astype(str)
    table.loc[7, column] = value
    arrival = arrived(tmp_path, table.to_csv(index=False).encode())
    answers = answers_to(arrival.look, customer_id="id", note="ignore")
    with pytest.raises(EvenhandError, match=what) as error:
        child.do("divide", arrival, answers)
    assert column in (error.value.where or "")
    assert not list(tmp_path.glob("arrivals/*/noticed.json"))


def test_nan_is_an_empty_cell_and_huge_numbers_are_numbers(tmp_path: Path) -> None:
    table = shop(60).astype(str)
    table.loc[3, "money_per_order"], table.loc[4, "money_per_order"] = "NaN", "99999999999999999999999"
    arrival = arrived(tmp_path, table.to_csv(index=False).encode())
    money = next(one for one in arrival.look.columns if one.name == "money_per_order")
    assert (money.kind, money.role, round(money.missing, 3)) == ("number", "monetary", 0.017)


def test_csv_and_parquet_are_taken_for_the_same(tmp_path: Path) -> None:
    table = shop(100)
    buffer = io.BytesIO()
    table.to_parquet(buffer)
    one, other = arrived(tmp_path, shop_csv(100)).look, arrived(tmp_path, buffer.getvalue(), "shop.parquet").look
    assert one.columns == other.columns


def test_no_example_is_a_single_customer_s(tmp_path: Path) -> None:
    table = shop(60)
    table["city"] = ["Graz"] * 40 + ["Wien"] * 19 + ["Linz"]
    look = {one.name: one for one in arrived(tmp_path, table.to_csv(index=False).encode()).look.columns}
    assert look["city"].common == ("Graz",)
    assert look["customer_id"].common == look["note"].common == ()
    assert (look["age"].low, look["age"].high) != (table["age"].min(), table["age"].max())
    assert all(
        f"{value:.2g}" == f"{value:.9g}" or value >= 100 for value in (look["age"].low or 0, look["age"].high or 0)
    )
    few = {one.name: one for one in arrived(tmp_path, shop_csv(10)).look.columns}
    assert few["age"].low is None


def test_a_table_waits_for_its_owner_and_for_a_day_only(tmp_path: Path) -> None:
    arrival = arrived(tmp_path, shop_csv(20))
    assert folder.find(tmp_path, arrival.id, "mia").file == "shop.csv"
    for id_, owner in ((arrival.id, "rob"), ("0" * 32, "mia"), ("../" + arrival.id, "mia")):
        with pytest.raises(EvenhandError, match="no such table"):
            folder.find(tmp_path, id_, owner)
    assert folder.sweep(tmp_path, now=NOW + folder.LIFE) == 0
    assert folder.sweep(tmp_path, now=NOW + folder.LIFE * 1.01) == 1
    assert list((tmp_path / "arrivals").iterdir()) == []


def test_a_second_table_takes_the_place_of_the_first(tmp_path: Path) -> None:
    first, second = arrived(tmp_path, shop_csv(20)), arrived(tmp_path, shop_csv(30))
    assert [one.id for one in folder.of_owner(tmp_path, "mia")] == [second.id]
    assert not first.folder.exists()


def test_a_child_that_runs_out_of_memory_or_time_is_told_of(tmp_path: Path) -> None:
    arrival = arrived(tmp_path, shop_csv(20))
    with pytest.raises(DataError, match="takes more memory than there is") as error:
        child.run("look", arrival, memory=150_000_000)
    assert error.value.where == "shop.csv"
    with pytest.raises(DataError, match="takes longer than 0 seconds"):
        child.run("look", arrival, seconds=0)


def test_a_child_refuses_as_this_process_does(tmp_path: Path) -> None:
    arrival = arrived(tmp_path, shop_csv(60))
    with pytest.raises(DataError, match="no column is said to be") as error:
        child.run("divide", arrival, answers_to(arrival.look, customer_id="ignore"))
    assert error.value.mend
    child.run("divide", arrival, answers_to(arrival.look))
    assert arrival.divided
    assert (arrival.study / "customers" / "manifest.json").is_file()


def test_a_table_about_which_nothing_can_be_guessed_is_described_by_hand(tmp_path: Path) -> None:
    table = pd.DataFrame({"nr": [k % 7 for k in range(30)], "wert": range(30)})
    look = arrived(tmp_path, table.to_csv(index=False).encode()).look
    assert look.trouble == "id"
    assert [one.use for one in look.columns] == ["feature", "feature"]
    with pytest.raises(SchemaError, match="names the customer"):
        child.do("divide", arrived(tmp_path, table.to_csv(index=False).encode()), answers_to(look))
