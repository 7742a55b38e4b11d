"""Moments join as if the rows had been one, keep their digits far from zero, and say what is not there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.experiments.moments.same import assert_same

from evenhand.errors import DataError
from evenhand.experiments.moments import scan


def data(rows: int, seed: int, *, at: float = 0.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "arm": rng.choice(["A", "B"], rows),
        "age": rng.choice(["old", "young", "middle"], rows),
        "y": at + rng.normal(size=rows),
        "x": rng.gamma(2.0, size=rows),
    }


def taken(table: dict[str, np.ndarray], rows: Any) -> dict[str, np.ndarray]:
    return {name: values[rows] for name, values in table.items()}


def test_counts_means_and_co_moments_are_those_of_numpy() -> None:
    table = data(10_000, 1)
    found = scan(table, ["y", "x"], by=["age"])
    assert found.keys == tuple((arm, age) for arm in "AB" for age in ("middle", "old", "young"))
    for i, (arm, age) in enumerate(found.keys):
        rows = (table["arm"] == arm) & (table["age"] == age)
        part = np.stack([table["y"][rows], table["x"][rows]])
        assert found.n[i] == rows.sum()
        np.testing.assert_allclose(found.mean[i], part.mean(axis=1), rtol=1e-12)
        np.testing.assert_allclose(found.covariance()[i], np.cov(part), rtol=1e-11)


@given(cuts=st.lists(st.integers(1, 4999), max_size=4), at=st.sampled_from([0.0, 1e9]))
def test_parts_join_in_any_cut_as_if_they_were_one(cuts: Sequence[int], at: float) -> None:
    table = data(5000, 2, at=at)
    edges = [0, *sorted(set(cuts)), 5000]
    parts = [scan(taken(table, slice(a, b)), ["y", "x"], by=["age"]) for a, b in pairwise(edges)]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.merge(part)
    assert_same(whole, scan(table, ["y", "x"], by=["age"]), digits=1e-12 if not at else 1e-7)


def test_the_order_of_parts_does_not_matter() -> None:
    a, b = (scan(data(500, seed, at=1e6), ["y", "x"]) for seed in (3, 4))
    assert_same(a.merge(b), b.merge(a))


def test_pooling_cells_is_scanning_without_the_factor() -> None:
    table = data(5000, 5)
    by_age = scan(table, ["y", "x"], by=["age"])
    assert_same(by_age.pooled("arm"), scan(table, ["y", "x"]))
    assert_same(by_age.where(age="old").pooled("arm"), scan(taken(table, table["age"] == "old"), ["y", "x"]))


def test_a_mean_of_a_billion_costs_no_digit_of_the_spread() -> None:
    """Values on a grid that 1e9 represents exactly: the true co-moments are those of the small values."""
    rng = np.random.default_rng(6)
    small = rng.integers(-512, 512, 200_000) / 128
    other = rng.integers(-512, 512, 200_000) / 128 + small
    arm = rng.integers(0, 2, 200_000)
    far = scan({"arm": arm, "y": small + 1e9, "x": other - 1e9}, ["y", "x"])
    near = scan({"arm": arm, "y": small, "x": other}, ["y", "x"])
    np.testing.assert_allclose(far.comoment, near.comoment, rtol=1e-9)
    np.testing.assert_allclose(far.mean - [1e9, -1e9], near.mean, atol=3e-7)  # what a float of that size can hold


def test_rows_sorted_by_size_lose_no_digits() -> None:
    """A shift taken from the first rows would be far from the later ones."""
    y = np.sort(np.random.default_rng(7).lognormal(0, 4, 50_000))
    found = scan({"arm": np.zeros(50_000, int), "y": y}, ["y"])
    assert found.comoment[0, 0, 0] == pytest.approx(y.var() * len(y), rel=1e-12)


def test_what_is_not_there_is_named() -> None:
    found = scan(data(100, 8), ["y", "x"], by=["age"])
    with pytest.raises(DataError, match="no rows of age 'yuong'"):
        found.where(age="yuong")
    with pytest.raises(DataError, match="no column 'z'"):
        found.index("z")
    with pytest.raises(DataError, match="did you mean 'age'"):
        found.pooled("agee")
    with pytest.raises(DataError, match="same columns"):
        found.merge(scan(data(100, 8), ["y"], by=["age"]))
