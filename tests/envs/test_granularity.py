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


def shares(answers: np.ndarray, sends: np.ndarray, consent: np.ndarray | None = None) -> np.ndarray:
    found = np.zeros((1, len(answers)), np.float32)
    may = np.ones((1, len(answers)), np.uint8) if consent is None else consent.astype(np.uint8)[None]
    answer_shares(may, answers.astype(np.float32)[None], sends.astype(np.float32)[None], found)
    return np.asarray(found[0])


def splits_of(world: World, s: int) -> int:
    rows = operations_of_rows(world.setup.max_segments, world.population.effects.beneficial.size) == SPLIT
    return int((world.mask[0, rows] & (world.decode[0, rows, 1] == s)).sum())


def test_everyone_counts_by_a_shrunken_estimate_of_their_answers(make_world: MakeWorld, setup: Setup) -> None:
    """A log sd of 0.8 between customers is a relative variance of e^0.64 - 1 = 0.9: a Gamma of shape 1.1."""
    world = make_world(setup, steps=4)
    answers, sends = world.sim.state.answers.astype(float), world.sends.astype(float)
    rate = answers.sum(axis=1, keepdims=True) / sends.sum(axis=1, keepdims=True)
    prior = 1 / (np.exp(0.64) - 1)
    expected = (world.sim.state.consent != 0) * (prior + answers) / (prior / rate + sends)
    expected = np.minimum(expected / expected.mean(axis=1, keepdims=True), 4)
    np.testing.assert_allclose(world.answering, expected, rtol=1e-4)
    assert expected.std() > 0.2


@given(st.integers(1, 50), st.integers(0, 9), st.integers(0, 9))
def test_where_everyone_is_equally_engaged_customers_are_counted(n: int, answers: int, more: int) -> None:
    np.testing.assert_allclose(shares(np.full(n, answers), np.full(n, answers + more)), 1.0, rtol=1e-5)


@given(COUNTS, st.data())
def test_who_answers_more_counts_more(counts: list[tuple[int, int]], data: st.DataObject) -> None:
    """Of two customers with as many contacts, the one with more answers; of as many answers, with fewer contacts."""
    answers, more = (np.array(column, float) for column in zip(*counts, strict=True))
    sends = answers + more
    one, other = data.draw(st.integers(0, len(answers) - 1)), data.draw(st.integers(0, len(answers) - 1))
    found = shares(answers, sends)
    if answers[one] >= answers[other] and sends[one] <= sends[other]:
        assert found[one] >= found[other]


@given(COUNTS)
def test_a_part_has_a_quarter_of_the_share_of_customers_at_least(counts: list[tuple[int, int]]) -> None:
    answers, more = (np.array(column, float) for column in zip(*counts, strict=True))
    found = shares(answers, answers + more)
    assert (found <= MOST_ANSWERS).all()
    assert found.sum() <= len(answers) * (1 + 1e-5)


def test_nobody_answers_for_who_may_not_be_contacted() -> None:
    assert shares(np.array([2.0, 2.0, 2.0]), np.full(3, 9.0), np.array([1, 0, 1]))[1] == 0.0


@pytest.mark.parametrize(("answers", "consent"), [(0.0, 1), (3.0, 0)])
def test_where_no_answers_are_to_be_had_customers_are_counted(answers: float, consent: int) -> None:
    np.testing.assert_array_equal(shares(np.full(3, answers), np.array([5.0, 6.0, 7.0]), np.full(3, consent)), 1.0)


@pytest.mark.parametrize("engaged", [True, False])
def test_engaged_customers_are_cut_finer_and_the_others_coarser(
    make_world: MakeWorld, setup: Setup, engaged: bool
) -> None:
    """A least share between a third and a half of a segment's: two parts are had only where they answer."""
    plain = make_world(setup, envs=1)
    s = int(np.bincount(plain.first[0], minlength=plain.size[0])[: plain.size[0] - 1].argmax())
    inside = plain.first[0] == s
    world = make_world(replace(setup, min_share=0.55 * float(inside.mean())), envs=1)
    state = world.sim.state
    state.consent[:], state.answers[:], world.sends[:] = 1, 5.0, 20.0
    world.look()
    assert splits_of(world, s) == 0, "two parts of more than half do not fit"
    state.answers[0] = np.where(inside == engaged, 15.0, 3.0)
    world.look()
    assert (splits_of(world, s) > 0) == engaged


def test_a_smaller_share_offers_no_fewer_splits(make_world: MakeWorld, setup: Setup) -> None:
    offered = []
    for share in (0.005, 0.02, 0.1, 0.3):
        world = make_world(replace(setup, min_share=share), envs=1)
        offered.append(sum(splits_of(world, s) for s in range(int(world.size[0]))))
    assert offered == sorted(offered, reverse=True)
    assert offered[0] > offered[-1]
