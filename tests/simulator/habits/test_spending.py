"""How spend of half a year follows from the half year before is recovered."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.simulator.habits.panel import Panel
from evenhand.simulator.habits.spending import basket_draws, fit_spending, sd_draws, weekly_spend

N, T = 1_500, 52


def _panel(seed: int, *, shift: float = 0.25, sd: float = 0.6, own: float = 0.0) -> tuple[Panel, np.ndarray]:
    """Return households whose baskets change by `shift` at half time, and their log baskets afterwards."""
    rng = np.random.default_rng(seed)
    trips = rng.poisson(np.exp(rng.normal(0.3, 0.6, N))[:, None], (N, T)).astype(float)
    first = rng.normal(3.0, 0.5, N)
    second = first + shift * rng.standard_normal(N)
    each = sd * np.exp(own * rng.standard_normal(N))
    spend = np.hstack(
        [
            weekly_spend(part, np.exp(basket), each, rng.standard_normal(part.shape))
            for part, basket in ((trips[:, :26], first), (trips[:, 26:], second))
        ]
    )
    return Panel(trips, spend, spend[..., None], ("all",)), second


def test_spread_change_and_noise_of_baskets_are_recovered() -> None:
    fit = fit_spending(_panel(0)[0])
    assert fit.basket_mean == pytest.approx(3.0, abs=0.06)
    assert fit.basket_sd == pytest.approx(0.5, abs=0.05)
    assert fit.basket_shift == pytest.approx(0.25, abs=0.06)
    assert fit.sd_scale == pytest.approx(1.0, abs=0.11)
    assert fit.sd_shift < 0.25


def test_what_does_not_change_is_found_not_to() -> None:
    assert fit_spending(_panel(1, shift=0.0)[0]).basket_shift < 0.1


def test_draws_cover_the_baskets_of_the_second_half() -> None:
    """90 % intervals hold 90 % of 1,500, give or take 3 % (3.9 standard errors)."""
    panel, second = _panel(2)
    draws = basket_draws(fit_spending(panel), panel.weeks(0, 26), 300, np.random.default_rng(0))
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    assert ((second > low) & (second < high)).mean() == pytest.approx(0.9, abs=0.03)


def test_who_never_bought_is_drawn_from_everyone() -> None:
    fit = fit_spending(_panel(3)[0])
    silent = Panel(np.zeros((200, 26)), np.zeros((200, 26)), np.zeros((200, 26, 1)), ("all",))
    draws = basket_draws(fit, silent, 50, np.random.default_rng(0))
    assert draws.std() == pytest.approx(np.hypot(fit.basket_sd, fit.basket_shift), rel=0.05)
    assert np.isfinite(sd_draws(fit, silent, 5, np.random.default_rng(0))).all()


def test_too_few_customers_still_give_numbers() -> None:
    panel, _ = _panel(4)
    fit = fit_spending(panel.rows(np.arange(8)))
    assert all(np.isfinite(fit))
