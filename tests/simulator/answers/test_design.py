from __future__ import annotations

import numpy as np
import pytest

from evenhand.simulator.answers.design import Design, coding_of, columns_of, names_of


@pytest.fixture
def design() -> Design:
    rng = np.random.default_rng(0)
    numbers = np.column_stack([rng.standard_normal(300), np.exp(2 * rng.standard_normal(300))])
    codes = np.column_stack([rng.integers(0, 2, 300), rng.integers(0, 3, 300)]).astype(np.int8)
    codes[:3, 1] = 3
    codes[5, :] = -1
    levels = (("no", "yes"), ("north", "south", "west", "rare"))
    return Design(numbers, codes, ("age", "money"), levels, ("member", "region"))


def test_numbers_are_standardised_and_skewed_ones_taken_as_logs(design: Design) -> None:
    coding = coding_of(design)
    assert coding.logged.tolist() == [False, True]
    columns = columns_of(design, coding)[:, :2]
    np.testing.assert_allclose(columns.mean(0), 0, atol=0.02)
    np.testing.assert_allclose(columns.std(0), 1, atol=0.05)
    assert np.abs(columns).max() <= 3


def test_two_levels_are_a_contrast_and_more_are_one_column_each(design: Design) -> None:
    coding = coding_of(design)
    columns = columns_of(design, coding)
    names = ("age", "money", "member yes", "region north", "region south", "region west")
    assert names_of(design, coding) == names
    assert coding.is_level.tolist() == [False, False, True, True, True, True]
    known = design.codes[:, 0] >= 0
    np.testing.assert_array_equal(columns[known, 2], design.codes[known, 0] - 0.5)
    assert columns[7, 3:].sum() == 1


def test_a_level_of_fewer_than_five_customers_has_no_column(design: Design) -> None:
    columns = columns_of(design, coding_of(design))
    assert (columns[:3, 3:] == 0).all()


def test_an_unknown_level_counts_as_average(design: Design) -> None:
    assert (columns_of(design, coding_of(design))[5, 2:] == 0).all()


def test_others_are_coded_as_those_that_were_fitted(design: Design) -> None:
    coding = coding_of(design)
    some = np.array([4, 9, 2], dtype=np.intp)
    np.testing.assert_array_equal(columns_of(design.rows(some), coding), columns_of(design, coding)[some])
