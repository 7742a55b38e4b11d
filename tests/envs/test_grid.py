"""The grid says exactly what rules say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.envs import Cut, Grid
from evenhand.envs.assignment import bin_column
from evenhand.envs.grid import round_cuts
from evenhand.segments import Condition, RuleGroup, arrays

VALUES = st.floats(-1e30, 1e30) | st.integers(-1000, 1000).map(lambda k: k / 100)


@given(st.lists(st.tuples(VALUES, st.booleans()), min_size=1, max_size=6, unique=True))
def test_a_customer_is_beyond_an_edge_exactly_when_the_rule_says_so(cuts: list[tuple[float, bool]]) -> None:
    grid = Grid(("x",), (tuple(sorted(Cut(value, closed) for value, closed in cuts)),))
    near = np.array([value for value, _ in cuts], np.float32)
    x = np.concatenate([near, np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))])
    bins = np.zeros((1, len(x), 1), np.uint8)
    bin_column(x[None], np.float32(1), grid.edges()[0], bins, 0)
    for k, cut in enumerate(grid.cuts[0]):
        for operator, beyond in ((cut.above, True), (cut.below, False)):
            rule = RuleGroup(rules=(Condition(field="x", operator=operator, value=cut.value),))
            assert (arrays.mask(rule, {"x": x}) == ((bins[0, :, 0] > k) == beyond)).all()


def test_the_cut_0_7_has_its_edge_above_the_nearest_float32() -> None:
    edge = Grid(("x",), ((Cut(0.7),),)).edges()[0, 0]
    assert float(np.float32(0.7)) < 0.7 <= float(edge)


def test_round_cuts_are_round_and_leave_someone_on_both_sides() -> None:
    values = np.random.default_rng(0).gamma(2.0, 3.3, 500)
    cuts = round_cuts(values, decimals=1, count=9)
    assert len(cuts) == 9
    for cut in cuts:
        assert float(f"{cut.value:.2g}") == cut.value
        assert (values < cut.value).any()
        assert (values >= cut.value).any()


@pytest.mark.parametrize("values", [np.full(10, 3.0), np.full(4, np.nan), np.array([])])
def test_nothing_to_tell_apart_gives_no_cut(values: np.ndarray) -> None:
    assert round_cuts(values, decimals=2, count=9) == ()


def test_closed_cuts_leave_someone_above() -> None:
    cuts = round_cuts(np.array([0.0] * 5 + [7.0] * 5), decimals=0, count=3, closed=True)
    assert cuts == (Cut(0.0, True), Cut(4.0, True))
