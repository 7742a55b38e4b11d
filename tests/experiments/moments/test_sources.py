"""Every back-end gives the same numbers, at a million rows with group means far apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sqlalchemy as sa
from tests.experiments.moments.same import assert_same

from evenhand.errors import DataError
from evenhand.experiments.moments import Moments, Query, scan
from evenhand.experiments.moments.sources import batches

ROWS = 1_000_000
MEANS = np.array([0.0, 1e3, 1e6, 1e9])  # of the four groups


class Shop(NamedTuple):
    """One table in memory and in files."""

    columns: dict[str, np.ndarray]
    polars: pl.DataFrame
    folder: Path
    engine: sa.Engine
    exact: Moments  # in long doubles


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    rng = np.random.default_rng(1)
    group = rng.integers(0, 4, ROWS)
    columns = {
        "id": rng.permutation(ROWS),
        "arm": rng.choice(np.array(["control", "treatment"]), ROWS),
        "group": group,
        "spend": MEANS[group] + rng.normal(size=ROWS),
        "orders": rng.poisson(2.0, ROWS),
    }
    table, folder = pl.DataFrame(columns), tmp_path_factory.mktemp("shop")
    table.write_parquet(folder / "shop.parquet")
    table.write_csv(folder / "shop.csv")
    engine = sa.create_engine(f"sqlite:///{folder / 'shop.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text('CREATE TABLE shop (arm TEXT, "group" INT, spend REAL, orders INT)'))
        raw = connection.connection.cursor()
        raw.executemany("INSERT INTO shop VALUES (?, ?, ?, ?)", table.drop("id").rows())
    return Shop(columns, table, folder, engine, _exact(columns))


def _exact(columns: dict[str, np.ndarray]) -> Moments:
    keys, n, mean, comoment = [], [], [], []
    for arm in ("control", "treatment"):
        for group in range(4):
            rows = (columns["arm"] == arm) & (columns["group"] == group)
            part = np.stack([columns["spend"][rows], columns["orders"][rows]]).astype(np.longdouble)
            middle = part.mean(axis=1, keepdims=True)
            keys.append((arm, str(group)))
            n.append(int(rows.sum()))
            mean.append(middle[:, 0].astype(np.float64))
            comoment.append(((part - middle) @ (part - middle).T).astype(np.float64))
    return Moments(
        ("spend", "orders"), ("arm", "group"), tuple(keys), np.array(n), np.array(mean), np.array(comoment),
        np.zeros(8, np.int64),
    )  # fmt: skip


def _database(shop: Shop) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW shop AS FROM '{shop.folder / 'shop.parquet'}'")
    return connection


BACKENDS: dict[str, Any] = {
    "numpy": lambda shop: shop.columns,
    "pandas": lambda shop: shop.polars.to_pandas(),
    "pandas, categories": lambda shop: pd.DataFrame(shop.columns).astype({"arm": "category", "group": "category"}),
    "pandas, nullable": lambda shop: pd.DataFrame(shop.columns).astype({"orders": "Int64", "group": "Int64"}),
    "polars": lambda shop: shop.polars,
    "polars, lazy": lambda shop: shop.polars.lazy(),
    "polars, categories": lambda shop: shop.polars.with_columns(pl.col("arm").cast(pl.Categorical)),
    "arrow": lambda shop: shop.polars.to_arrow(),
    "csv": lambda shop: shop.folder / "shop.csv",
    "parquet": lambda shop: shop.folder / "shop.parquet",
    "duckdb relation": lambda shop: _database(shop).table("shop"),
    "duckdb query": lambda shop: Query("SELECT * FROM shop", _database(shop)),
    "sqlalchemy text": lambda shop: Query("SELECT * FROM shop", shop.engine),
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_gives_the_same_numbers(backend: str, shop: Shop) -> None:
    unit = None if "sqlalchemy" in backend else "id"
    found = scan(BACKENDS[backend](shop), ["spend", "orders"], by=["group"], unit=unit)
    assert_same(found, shop.exact, digits=1e-8)


def test_a_sqlalchemy_statement_on_an_open_connection(shop: Shop) -> None:
    table = sa.table("shop", *(sa.column(name) for name in ("arm", "group", "spend", "orders")))
    with shop.engine.connect() as connection:
        found = scan(Query(sa.select(table).limit(1000), connection), ["spend", "orders"], by=["group"])
    first = {name: values[:1000] for name, values in shop.columns.items()}
    assert_same(found, scan(first, ["spend", "orders"], by=["group"]))


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ([0, 1], ["0", "1"]),
        (np.array([0.0, 1.0]), ["0", "1"]),
        ([True, False], ["False", "True"]),
        (["b", "a"], ["a", "b"]),
        (np.array(["x", 3], dtype=object), ["3", "x"]),
        ([2**40, 7], ["1099511627776", "7"]),
    ],
)
def test_labels_are_their_text(labels: Any, text: list[str]) -> None:
    found = scan({"arm": np.repeat(np.asarray(labels), 5), "y": np.arange(10.0)}, ["y"])
    assert [key[0] for key in found.keys] == text


def test_a_missing_group_is_unknown_and_not_left_out() -> None:
    frame = pd.DataFrame({"arm": ["A", "B"] * 4, "group": [1, None, 2, None] * 2, "y": np.arange(8.0)})
    assert scan(frame, ["y"], by=["group"]).levels("group") == ("1", "2", "unknown")
    assert scan(pl.from_pandas(frame), ["y"], by=["group"]).levels("group") == ("1", "2", "unknown")


GOOD = {"arm": np.array(["A", "B"] * 10), "y": np.arange(20.0)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (42, "data of type int"),
        ("nowhere.csv", "no such file"),
        ("data.xlsx", "ends with '.xlsx'"),
        (pd.DataFrame({"arm": ["A"], "why": [1.0]}), "no column 'y'"),
        (pd.DataFrame({"arm": ["A"], "y": ["much"]}), "numbers"),
        (pd.DataFrame([["A", 1.0, 2.0]], columns=["arm", "y", "y"]), "two columns are called 'y'"),
        (pl.DataFrame({"arm": ["A"], "y": ["much"]}), "numbers"),
        (pa.table({"arm": ["A"], "y": pa.array([0], pa.date32())}), "numbers"),
        ({"arm": np.array(["A"]), "y": np.array(["2026-01-01"], "datetime64[D]")}, "numbers"),
        ({"arm": GOOD["arm"], "y": GOOD["y"][:5]}, "shapes"),
        ({"arm": GOOD["y"] / 3, "y": GOOD["y"]}, "fraction"),
        ({"arm": GOOD["arm"][:0], "y": GOOD["y"][:0]}, "no rows"),
        (Query("SELECT 1", object()), "DuckDB or SQLAlchemy"),
        (Query("SELECT 'A' AS arm, 'much' AS y", sa.create_engine("sqlite://")), "numbers"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(data: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        scan(data, ["y"])


@pytest.mark.parametrize(
    ("sql", "message"), [("SELEC 1", "query fails"), ("SELECT 'A' AS arm, 'much' AS y", "numbers")]
)
def test_a_wrong_query_is_one_clear_error(sql: str, message: str) -> None:
    with duckdb.connect() as connection, pytest.raises(DataError, match=message):
        scan(Query(sql, connection), ["y"])


def test_a_broken_csv_is_named(tmp_path: Path) -> None:
    lines = ["arm,y", *(["A,1.5"] * 30_000), "B,abc"]
    (tmp_path / "broken.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"abc|VARCHAR|numbers"):
        scan(tmp_path / "broken.csv", ["y"])


def test_ids_and_days_of_a_csv_stay_the_texts_that_they_are(tmp_path: Path) -> None:
    path = tmp_path / "trial.csv"
    path.write_text("id,day,arm,y\n7,05/03/2026,A,1.5\n007,06/03/2026,B,2.5\n8,07/03/2026,A,3.5\n")
    assert scan(path, ["y"], unit="id").rows == 3
    (batch,) = batches(path, ["y"], ["id", "day"])
    assert batch["id"].to_pylist() == ["7", "007", "8"]
    assert batch["day"].to_pylist()[0] == "05/03/2026"


def test_a_csv_with_a_column_twice_or_without_rows_is_named(tmp_path: Path) -> None:
    (tmp_path / "twice.csv").write_text("arm,y,y\nA,1,2\nB,3,4\n")
    with pytest.raises(DataError, match="two columns are called 'y'"):
        scan(tmp_path / "twice.csv", ["y"])
    (tmp_path / "numbered.csv").write_text("arm,y,y_1\nA,1,2\nB,3,4\n")
    assert scan(tmp_path / "numbered.csv", ["y"]).rows == 2
    (tmp_path / "head.csv").write_text("arm,y\n")
    with pytest.raises(DataError, match="no rows"):
        scan(tmp_path / "head.csv", ["y"])


def test_a_column_may_be_a_metric_and_a_segment(tmp_path: Path) -> None:
    (tmp_path / "both.csv").write_text("id,arm,y\n1,A,1\n2,B,2\n3,A,2\n4,B,1\n")
    assert scan(tmp_path / "both.csv", ["y"], by=["y"], unit="id").levels("y") == ("1", "2")
