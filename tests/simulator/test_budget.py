"""A shared budget: never overspent, nobody left out for good, the same order for a policy and its twin."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenhand.simulator.budget import within_budget

COST = np.array([[0.0, 0.5, 2.0]], np.float32)
CHANNEL = np.array([0, 0, 1], np.uint8)
SEEDS = np.array([4], np.uint64)


def _kept(given_: np.ndarray, consent: np.ndarray, money: float, period: int = 0) -> np.ndarray:
    return within_budget(given_, consent, COST, CHANNEL, np.array([money], np.float32), SEEDS, period)


@given(st.floats(0, 300), st.integers(0, 2**31))
def test_the_money_is_never_overspent_nor_left_while_someone_could_be_sent_to(money: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    wanted = rng.integers(0, 3, (1, 200)).astype(np.int8)
    consent = rng.integers(0, 4, (1, 200)).astype(np.uint8)
    kept = _kept(wanted, consent, money)
    reachable = (consent >> CHANNEL[wanted]) & 1 == 1
    spent = float((COST[0][kept] * reachable).sum())
    assert spent <= money + 1e-4
    left_out = (wanted > 0) & (kept == 0) & reachable
    assert not left_out.any() or money - spent < COST[0][wanted[left_out]].max()
    assert ((kept == wanted) | (kept == 0)).all()


def test_no_budget_changes_nothing() -> None:
    wanted = np.ones((1, 50), np.int8)
    np.testing.assert_array_equal(_kept(wanted, np.full((1, 50), 15, np.uint8), np.inf), wanted)


def test_the_order_is_drawn_anew_each_period() -> None:
    wanted, consent = np.ones((1, 400), np.int8), np.full((1, 400), 15, np.uint8)
    sent = np.stack([_kept(wanted, consent, 50.0, period)[0] > 0 for period in range(60)])
    assert (sent.sum(1) == 100).all()
    assert (sent.sum(0) > 0).all()  # a quarter each period: missing 60 times has chance 3e-8


def test_who_did_not_consent_costs_nothing() -> None:
    wanted, consent = np.ones((1, 10), np.int8), np.zeros((1, 10), np.uint8)
    consent[0, 5:] = 1
    kept = _kept(wanted, consent, 2.5)
    assert (kept[0, 5:] == 1).all()
