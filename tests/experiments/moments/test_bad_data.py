"""Bad data is an error that counts, never a number that looks fine."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from evenhand.errors import DataError
from evenhand.experiments.moments import ROWS, scan, totals, values_by_arm

N = 1000


def table(**changed: Any) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    columns = {"id": np.arange(N), "arm": np.repeat(["A", "B"], N // 2), "y": rng.gamma(1.0, size=N)}
    return columns | changed


def y_with(value: float, *rows: int) -> np.ndarray:
    y = table()["y"].copy()
    y[list(rows)] = value
    return y


def as_numpy(columns: dict[str, np.ndarray], _: Path) -> Any:
    return columns


def as_polars(columns: dict[str, np.ndarray], _: Path) -> Any:
    return pl.DataFrame(columns)


def as_parquet(columns: dict[str, np.ndarray], folder: Path) -> Any:
    pl.DataFrame(columns).write_parquet(folder / "data.parquet")
    return folder / "data.parquet"


@pytest.fixture(params=[as_numpy, as_polars, as_parquet])
def put(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinities_are_counted_and_refused(value: float, put: Any, tmp_path: Path) -> None:
    data = put(table(y=y_with(value, 3, 700)), tmp_path)
    missing: Literal["error", "drop"]
    for missing in ("error", "drop"):
        with pytest.raises(DataError, match="column 'y': 2 infinite of 1,000 values"):
            scan(data, ["y"], missing=missing)


def test_missing_values_are_refused_or_dropped_and_counted_per_arm(put: Any, tmp_path: Path) -> None:
    data = put(table(y=y_with(np.nan, 3, 700, 701)), tmp_path)
    with pytest.raises(DataError, match="3 missing of 1,000 values"):
        scan(data, ["y"])
    found = scan(data, ["y"], missing="drop")
    assert found.n.tolist() == [499, 498]
    assert found.dropped.tolist() == [1, 2]
    assert np.isfinite(found.mean).all()


def test_a_row_missing_in_one_column_is_missing_in_all(put: Any, tmp_path: Path) -> None:
    data = put(table(y=y_with(np.nan, 3), x=y_with(np.nan, 3, 4)), tmp_path)
    found = scan(data, ["y", "x"], missing="drop")
    assert found.n.tolist() == [498, 500]


def test_negative_revenue_is_refused_where_the_metric_says_so(put: Any, tmp_path: Path) -> None:
    data = put(table(y=y_with(-5.0, 1, 2)), tmp_path)
    with pytest.raises(DataError, match="2 negative of 1,000 values"):
        scan(data, ["y"], non_negative=["y"])
    assert scan(data, ["y"]).rows == N
    with pytest.raises(DataError, match="not counted"):
        scan(data, ["y"], non_negative=["z"])


@pytest.mark.parametrize("spread", [1, 10**12], ids=["dense", "sparse"])
def test_units_with_two_rows_or_in_two_arms_are_refused(spread: int, put: Any, tmp_path: Path) -> None:
    ids = np.arange(N) * spread
    assert scan(put(table(id=ids), tmp_path), ["y"], unit="id").rows == N
    doubled, crossed = ids.copy(), ids.copy()
    doubled[7] = ids[8]
    crossed[7], crossed[9] = ids[8], ids[900]
    with pytest.raises(DataError, match=f"1 units have more than one row, such as {8 * spread}"):
        scan(put(table(id=doubled), tmp_path), ["y"], unit="id")
    with pytest.raises(DataError, match="1 units are in more than one arm"):
        scan(put(table(id=crossed), tmp_path), ["y"], unit="id")


def test_an_id_column_that_is_not_there_is_named(put: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no column 'idd'.*did you mean 'id'"):
        scan(put(table(), tmp_path), ["y"], unit="idd")


def test_text_ids_are_checked_too(put: Any, tmp_path: Path) -> None:
    ids = np.array([f"c{i}" for i in range(N)])
    assert scan(put(table(id=ids), tmp_path), ["y"], unit="id").rows == N
    ids[999] = "c0"
    with pytest.raises(DataError, match="1 units are in more than one arm, such as c0"):
        scan(put(table(id=ids), tmp_path), ["y"], unit="id")


def test_repeats_are_found_across_batches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sqlalchemy as sa

    from evenhand.experiments.moments import Query, sources

    monkeypatch.setattr(sources, "ROWS", 1000)  # batches of 100 rows
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    ids = np.arange(N)
    ids[900] = 0
    pd.DataFrame(table(id=ids)).to_sql("x", engine, index=False)
    assert scan(Query("SELECT * FROM x", engine), ["y"]).n.tolist() == [500, 500]
    with pytest.raises(DataError, match="1 units are in more than one arm, such as 0"):
        scan(Query("SELECT * FROM x", engine), ["y"], unit="id")


def test_what_is_wrong_is_counted_over_all_batches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from evenhand.experiments.moments import sources

    monkeypatch.setattr(sources, "ROWS", 100)
    data = as_parquet(table(y=y_with(np.nan, 3, 450, 460, 700)), tmp_path)
    with pytest.raises(DataError, match="4 missing of 1,000 values"):
        scan(data, ["y"])
    assert scan(data, ["y"], missing="drop").dropped.tolist() == [3, 1]
    whole = scan(table(y=y_with(np.nan, 3, 450, 460, 700)), ["y"], missing="drop")
    np.testing.assert_allclose(scan(data, ["y"], missing="drop").comoment, whole.comoment, rtol=1e-12)


def test_rows_without_an_arm_or_an_id_are_refused(put: Any, tmp_path: Path) -> None:
    arm = table()["arm"].astype(object)
    arm[[1, 2, 3]] = None
    with pytest.raises(DataError, match="3 rows have no arm"):
        scan(put(table(arm=arm), tmp_path), ["y"])
    ids = np.array([f"c{i}" for i in range(N)], dtype=object)
    ids[5] = None
    with pytest.raises(DataError, match="1 units have no id"):
        scan(put(table(id=ids), tmp_path), ["y"], unit="id")


@pytest.mark.parametrize(("columns", "by"), [([], ()), (["y", "y"], ()), (["y"], ("arm",))])
def test_columns_and_factors_are_named_once(columns: list[str], by: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match="named once"):
        scan(table(), columns, by=by)


def test_too_many_cells_are_refused() -> None:
    with pytest.raises(DataError, match="combinations"):
        scan(table(a=np.arange(N), b=np.arange(N)), ["y"], by=["a", "b"])


def test_totals_are_those_of_pandas(put: Any, tmp_path: Path) -> None:
    cluster = np.repeat(np.arange(N // 5), 5)
    found = totals(put(table(cluster=cluster), tmp_path), ["y"], cluster="cluster")
    wanted = pd.DataFrame(table(cluster=cluster)).groupby("cluster")["y"].sum()
    order = np.argsort(found["cluster"].astype(int))
    np.testing.assert_allclose(found["y"][order], wanted)
    assert set(found[ROWS]) == {5}
    assert scan(found, ["y", ROWS]).n.tolist() == [100, 100]


def test_totals_refuse_clusters_in_two_arms_and_holes() -> None:
    with pytest.raises(DataError, match="1 clusters have two arms or labels, such as 1"):
        totals(table(cluster=np.r_[0, np.ones(998, int), 2]), ["y"], cluster="cluster")
    with pytest.raises(DataError, match="1 values are missing"):
        totals(table(y=y_with(np.nan, 1)), ["y"], cluster="id")


def test_values_by_arm_are_the_rows_of_each_arm(put: Any, tmp_path: Path) -> None:
    found = values_by_arm(put(table(), tmp_path), ["y"])
    np.testing.assert_array_equal(found["B"][:, 0], table()["y"][500:])
    with pytest.raises(DataError, match="1 rows have a missing"):
        values_by_arm(put(table(y=y_with(np.nan, 1)), tmp_path), ["y"])


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_empty_text_says_nothing_in_a_table_as_in_a_file(kind: Any) -> None:
    """A CSV's empty cell is missing; in pandas and Polars it was an arm or a group called ""."""
    rows = {"arm": ["c", "t", "c", "t"], "group": ["", "a", "a", "a"], "y": [1.0, 2.0, 3.0, 4.0]}
    assert scan(kind(rows), ["y"], by=["group"]).levels("group") == ("a", "unknown")
    with pytest.raises(DataError, match="1 rows have no arm"):
        scan(kind({**rows, "arm": ["c", "t", "", "t"]}), ["y"])


def test_values_whose_squares_no_number_holds_are_named_and_spoil_no_other_column(put: Any, tmp_path: Path) -> None:
    data = put(table(x=table()["y"], y=y_with(1e200, 3)), tmp_path)
    with pytest.raises(DataError, match="column 'y': values too large to be squared"):
        scan(data, ["x", "y"])
