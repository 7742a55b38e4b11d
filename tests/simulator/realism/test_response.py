"""Observed and expected redemptions: intervals, tenths, cells, and the ranking that cannot flatter."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from evenhand.customers import Customers
from evenhand.simulator.realism.response import Answers, answers_of, bins_of, cells_of, interval

START = 26


def answers(n: int, *, tilt: float = 1.0, draws: int = 40, seed: int = 0) -> Answers:
    """Customers with chances of their own, of which `tilt` times as many redeem as the simulator says."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(1, 4, n)
    even, odd = (rng.random((draws, n)) < chance for _ in range(2))
    redeemed = rng.random(n) < np.minimum(tilt * chance, 1)
    return Answers("A", np.arange(n), redeemed, even.mean(0), draws, odd.mean(0))


def test_wilson_s_interval_is_that_of_the_book() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    for count, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611),
                                (1, 29, 0.0061, 0.1718)):  # fmt: skip
        assert interval(count, n) == pytest.approx((low, high), abs=5e-5)


def test_tenths_of_a_true_simulator_lie_on_the_line_and_of_a_wrong_one_do_not() -> None:
    true, wrong = (bins_of([answers(4000, tilt=tilt)])[:10] for tilt in (1.0, 1.6))
    assert [one.n for one in true] == [400] * 10
    assert sum(one.low <= one.expected <= one.high for one in true) >= 8
    assert sum(one.low <= one.expected <= one.high for one in wrong) <= 4
    assert true[-1].expected > 5 * true[0].expected


def test_sorting_by_other_draws_keeps_lucky_draws_out_of_the_top_tenth() -> None:
    """All customers alike: the top tenth by luck must not expect more than the others."""
    rng = np.random.default_rng(1)
    even, odd = rng.random((2, 10, 2000)) < 0.2
    alike = Answers("A", np.arange(2000), rng.random(2000) < 0.2, even.mean(0), 10, odd.mean(0))
    found = bins_of([alike])[:10]
    assert found[-1].expected == pytest.approx(0.2, abs=0.03)
    cheated = bins_of([replace(alike, rank=alike.chance)])[:10]
    assert cheated[-1].expected > 0.35


def test_small_campaigns_have_no_tenths_of_their_own() -> None:
    few, many = replace(answers(150), campaign="few"), replace(answers(300), campaign="many")
    assert {one.campaign for one in bins_of([few, many])} == {"", "many"}
    assert bins_of([few]) == ()


def test_cells_have_figures_from_200_customers_on(demo: Customers) -> None:
    found = cells_of(demo, [answers(demo.n)])
    assert found[0].group == "everyone"
    assert found[0].n == demo.n
    assert {cell.group for cell in found if cell.attribute == "kids"} == {"none", "some", "unknown"}
    for cell in found:
        assert cell.enough == (cell.n >= 200)
        assert math.isnan(cell.sd) == (cell.n < 200)
    assert sum(cell.enough and abs(cell.observed - cell.expected) > 2.6 * cell.sd for cell in found) == 0
    wrong = cells_of(demo, [answers(demo.n, tilt=1.6)])
    assert abs(wrong[0].observed - wrong[0].expected) > 4 * wrong[0].sd


def test_the_sd_of_a_cell_is_that_of_observed_less_expected(demo: Customers) -> None:
    """Over 300 worlds, with 10 draws for each: the luck of the draws counts too."""
    rng = np.random.default_rng(3)
    chance = rng.beta(1, 4, 400)
    gaps, told = [], []
    customers = demo.only(demo.frame.index[:400])
    for _ in range(300):
        even = (rng.random((10, 400)) < chance).mean(0)
        cell = cells_of(customers, [Answers("A", np.arange(400), rng.random(400) < chance, even, 10, even)])[0]
        gaps.append(cell.observed - cell.expected)
        told.append(cell.sd)
    assert np.std(gaps) == pytest.approx(np.mean(told), rel=0.12)  # sd of the sd: 4 %


def test_each_campaign_is_asked_about_alone_with_the_past_kept(demo: Customers) -> None:
    seen: list[tuple[set[str], int]] = []

    def redeem(customers: Customers) -> NDArray[np.float64]:
        assert customers.contacts is not None
        late = customers.contacts[customers.contacts["period"] >= START]
        seen.append((set(late["campaign"]), len(customers.contacts) - len(late)))
        return np.tile([[0.0], [1.0]], (2, customers.n))

    found = list(answers_of(demo, START, redeem))
    assert [one.campaign for one in found] == ["A", "B", "C"]
    assert [names for names, _ in seen] == [{"A"}, {"B"}, {"C"}]
    assert {past for _, past in seen} == {seen[0][1]}
    assert seen[0][1] > 0
    assert all((one.chance == 0).all() and (one.rank == 1).all() for one in found)
    assert demo.contacts is not None
    late = demo.contacts[(demo.contacts["period"] >= START) & (demo.contacts["campaign"] == "A")]
    assert found[0].n == late["customer"].nunique()
    assert found[0].redeemed.sum() == late[late["redemptions"] > 0]["customer"].nunique()


def test_no_log_is_no_answer(demo: Customers) -> None:
    silent = replace(demo, contacts=None)
    assert list(answers_of(silent, START, lambda customers: np.zeros((2, customers.n)))) == []
    assert cells_of(silent, []) == ()
    assert bins_of([]) == ()
