"""How well membership tells a group: closed forms, limits, and an interval that holds for all groups at once."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.server.pages.views.proxies import told_by

GROUPS = ["young", "old"]
CODES = np.repeat(np.array([0, 1], np.int8), [600, 400])


def best(member: np.ndarray, codes: np.ndarray = CODES, groups: list[str] = GROUPS) -> tuple[str, float, float, float]:
    return max(told_by(member, codes, groups), key=lambda one: one[1])


def test_membership_that_is_the_group_tells_it_wholly_and_independent_one_not_at_all() -> None:
    assert best(CODES == 1)[1:] == pytest.approx((1.0, 1.0, 1.0), abs=0.01)
    assert best(np.arange(1000) % 2 == 0)[1:3] == pytest.approx((0.5, 0.5))


def test_it_is_the_area_under_the_curve_of_ranks() -> None:
    rng = np.random.default_rng(3)
    member = rng.random(1000) < np.where(CODES == 1, 0.5, 0.2)
    pairs = (member[CODES == 1][:, None].astype(int) - member[CODES == 0][None, :].astype(int)).astype(float)
    assert best(member)[1] == pytest.approx((pairs > 0).mean() + 0.5 * (pairs == 0).mean())


def test_small_groups_and_the_unknown_are_left_out() -> None:
    codes = np.concatenate([CODES, np.full(50, 2, np.int8), np.full(300, -1, np.int8)])
    member = np.concatenate([CODES == 1, np.ones(350, bool)])
    found = {name for name, *_ in told_by(member, codes, ["young", "old", "few"])}
    assert found == {"young", "old"}
    assert list(told_by(member[-350:], codes[-350:], ["young", "old", "few"])) == []


def test_the_interval_of_the_best_group_errs_seldom_where_nothing_is_told() -> None:
    """Of 400 draws under independence the largest of four lies above 0.5 in at most 5 %; at most 7 % by chance."""
    rng = np.random.default_rng(11)
    wrong = 0
    for _ in range(400):
        codes = rng.integers(0, 4, 2000).astype(np.int8)
        wrong += best(rng.random(2000) < 0.3, codes, ["a", "b", "c", "d"])[2] > 0.5
    assert wrong / 400 <= 0.07
