"""How fine a segmentation may be cut follows from how much customers answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.envs.example import MakeWorld

from evenhand.envs import Setup, World
from evenhand.envs.candidates import SPLIT, operations_of_rows
from evenhand.envs.estimates import MOST_ANSWERS, answer_shares

COUNTS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=30)


def shares(expected_open: np.ndarray, opens: np.ndarray, hope: np.ndarray) -> np.ndarray:
    found = np.zeros((1, len(opens)), np.float32)
    answer_shares(*(np.asarray(a, np.float32)[None] for a in (expected_open, opens, hope)), found)
    return found[0]


def splits_of(world: World, s: int) -> int:
    rows = operations_of_rows(world.setup.max_segments, world.population.effects.beneficial.size) == SPLIT
    return int((world.mask[0, rows] & (world.decode[0, rows, 1] == s)).sum())


def test_everyone_counts_by_a_shrunken_estimate_of_their_answers(make_world: MakeWorld, setup: Setup) -> None:
    """Delta method: a log-odds sd of 0.8 at a chance of 0.35 is a relative sd of 0.52, a Gamma of shape 3.7."""
    world = make_world(setup, steps=4)
    shape = 1 / (0.8 * (1 - 0.35)) ** 2
    expected = world.open_part * (shape + world.opens) / (shape + world.open_hope)
    expected = np.minimum(expected / expected.mean(axis=1, keepdims=True), 4)
    np.testing.assert_allclose(world.answering, expected, rtol=1e-5)
    assert expected.std() > 0.3


@given(st.integers(1, 50), st.floats(0.01, 0.9), st.integers(0, 9), st.integers(0, 9))
def test_where_everyone_is_equally_engaged_customers_are_counted(n: int, chance: float, opens: int, hope: int) -> None:
    np.testing.assert_allclose(shares(np.full(n, chance), np.full(n, opens), np.full(n, hope)), 1.0, rtol=1e-5)


@given(COUNTS, st.data())
def test_who_answers_more_counts_more_and_others_less(counts: list[tuple[int, int]], data: st.DataObject) -> None:
    opens, hope = (np.array(column, float) for column in zip(*counts, strict=True))
    who = data.draw(st.integers(0, len(opens) - 1))
    before = shares(np.full(len(opens), 0.3), opens, hope)
    opens[who] += 1
    after = shares(np.full(len(opens), 0.3), opens, hope)
    assert after[who] >= before[who]
    others = np.arange(len(opens)) != who
    assert (after[others] <= before[others]).all()


@given(COUNTS)
def test_a_part_has_a_quarter_of_the_share_of_customers_at_least(counts: list[tuple[int, int]]) -> None:
    opens, hope = (np.array(column, float) for column in zip(*counts, strict=True))
    found = shares(np.full(len(opens), 0.3), opens, hope)
    assert (found <= MOST_ANSWERS).all()
    assert found.sum() <= len(opens) * (1 + 1e-5)


def test_nobody_who_may_be_contacted_leaves_counting_customers() -> None:
    np.testing.assert_array_equal(shares(np.zeros(3), np.zeros(3), np.zeros(3)), 1.0)


@pytest.mark.parametrize("engaged", [True, False])
def test_engaged_customers_are_cut_finer_and_the_others_coarser(
    make_world: MakeWorld, setup: Setup, engaged: bool
) -> None:
    """A least share between a third and a half of a segment's: two parts are had only where they answer."""
    plain = make_world(setup, envs=1)
    s = int(np.bincount(plain.first[0], minlength=plain.size[0])[: plain.size[0] - 1].argmax())
    inside = plain.first[0] == s
    world = make_world(replace(setup, min_share=0.55 * float(inside.mean())), envs=1)
    world.open_part[:], world.open_hope[:], world.opens[:] = 0.3, 20.0, 20.0
    world.look()
    assert splits_of(world, s) == 0, "two parts of more than half do not fit"
    world.opens[0] = np.where(inside == engaged, 40.0, 5.0)
    world.look()
    assert (splits_of(world, s) > 0) == engaged


def test_a_smaller_share_offers_no_fewer_splits(make_world: MakeWorld, setup: Setup) -> None:
    offered = []
    for share in (0.005, 0.02, 0.1, 0.3):
        world = make_world(replace(setup, min_share=share), envs=1)
        offered.append(sum(splits_of(world, s) for s in range(int(world.size[0]))))
    assert offered == sorted(offered, reverse=True)
    assert offered[0] > offered[-1]
