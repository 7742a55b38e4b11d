"""A roll-out stops when it harms, at whichever look that shows, and is left alone otherwise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evenhand.experiments.watching import COMING, CURRENT, Look, Margins, look

RUNS, LOOKS = 500, 2
MARGINS = Margins()


def rollout(rng: np.random.Generator, n: int, **apart: float) -> list[pd.DataFrame]:
    """Customers whose answers come in over some periods; `apart` says how the new version differs."""
    coming = rng.random(n) < 0.5
    group = np.where(rng.random(n) < 0.5, "a", "b")
    habit = rng.gamma(2.0, 0.5, n)  # of a customer, for good
    benefit = rng.random(n) < 0.4 - coming * (group == "a") * apart.get("gap", 0.0)
    profit, unsubscribed = np.zeros(n), np.zeros(n, dtype=bool)
    looks = []
    for period in range(1, LOOKS + 1):
        profit += habit * rng.gamma(1.0, 1.0, n) * (1 - coming * apart.get("value", 0.0))
        unsubscribed |= rng.random(n) < 0.004 + coming * apart.get("unsubscribed", 0.0)
        looks.append(pd.DataFrame({
            "customer": np.arange(n).astype(str), "arm": np.where(coming, COMING, CURRENT), "periods": period,
            "benefit": benefit.astype(float), "unsubscribed": unsubscribed.astype(float), "profit": profit / period,
            "group of age": group,
        }))  # fmt: skip
    return looks


def stopped(looks: list[pd.DataFrame]) -> str:
    """Return why a roll-out stops at the first look that says so."""
    return next((found.harm for found in map(look, looks) if found.harm), "")


def test_a_roll_out_without_any_difference_hardly_ever_stops() -> None:
    """Of 500 simulated ones, two looks each: none. A fixed seed; the rule allows 2.5 % at the margins themselves."""
    rng = np.random.default_rng(1)
    assert sum(bool(stopped(rollout(rng, 600))) for _ in range(RUNS)) == 0


def test_harm_of_just_a_margin_stops_no_more_often_than_it_may() -> None:
    """The unsubscribes differ by their margin at every look: 500 runs, at most 2.5 % and what chance adds (20)."""
    rng, few = np.random.default_rng(2), 0
    for _ in range(RUNS):
        n, hits = 2_000, False
        coming = rng.random(n) < 0.5
        unsubscribed = np.zeros(n)
        for period in range(1, LOOKS + 1):
            part = slice((period - 1) * n // LOOKS, period * n // LOOKS)  # new customers at each look
            unsubscribed[part] = rng.random(n // LOOKS) < 0.01 + coming[part] * MARGINS.unsubscribed
            seen = slice(0, period * n // LOOKS)
            frame = pd.DataFrame({"customer": "x", "arm": np.where(coming[seen], COMING, CURRENT), "periods": period,
                                  "benefit": 1.0, "unsubscribed": unsubscribed[seen]})  # fmt: skip
            hits = hits or bool(look(frame).harm)
        few += hits
    assert few <= 20


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        ({"unsubscribed": 0.04}, "unsubscribed, of"),
        ({"value": 0.5}, "Profit per customer and period is"),
        ({"gap": 0.3}, "age: a lies"),
    ],
)
def test_clear_harm_stops_and_says_why(apart: dict[str, float], said: str) -> None:
    """Each of 20 simulated ones of 2,000 customers."""
    rng = np.random.default_rng(3)
    reasons = [stopped(rollout(rng, 2_000, **apart)) for _ in range(20)]
    assert all(said in reason for reason in reasons), reasons


def test_the_worst_harm_is_named_first_and_every_test_is_shown() -> None:
    found = look(rollout(np.random.default_rng(4), 4_000, unsubscribed=0.05, gap=0.3)[-1])
    assert [alarm.raised for alarm in found.alarms] == sorted((a.raised for a in found.alarms), reverse=True)
    assert [alarm.z for alarm in found.alarms] == sorted((a.z for a in found.alarms), reverse=True)
    assert len(found.alarms) == 6  # unsubscribes, profit, two groups both ways in benefit and unsubscribes
    assert "unsubscribed" in found.harm
    assert found.gaps["age"][0] > 0.2 > 0.1 > found.gaps["age"][1]


def test_too_few_customers_are_no_evidence() -> None:
    found = look(rollout(np.random.default_rng(5), 300, unsubscribed=0.5)[-1])
    assert (found.harm, found.alarms, found.effects) == ("", (), {})
    assert "200 with each version are needed" in found.why


def test_intervals_hold_the_truth_and_shrink_with_customers() -> None:
    rng = np.random.default_rng(6)
    small, large = (look(rollout(rng, n, value=0.2)[-1]).effects["profit"] for n in (600, 20_000))
    assert small.low < -0.2 < small.high
    assert large.low < -0.2 < large.high < 0
    assert large.high - large.low < (small.high - small.low) / 4


def test_redemptions_stand_in_where_no_profit_is_told() -> None:
    rng = np.random.default_rng(7)
    frame = rollout(rng, 4_000)[-1].drop(columns="profit")
    chance = np.where(frame["arm"] == COMING, 0.05, 0.25)
    frame["redeemed"] = (rng.random(len(frame)) < chance).astype(float)
    assert "share of customers who redeemed" in look(frame).harm


def test_a_loss_that_grows_is_harm_too() -> None:
    """Where the old version loses money, the margin is a share of that loss."""
    rng = np.random.default_rng(8)
    frame = rollout(rng, 4_000)[-1]
    frame["profit"] = rng.normal(np.where(frame["arm"] == COMING, -3.0, -1.0), 1.0)
    assert "Profit" in look(frame).harm
    frame["profit"] = rng.normal(np.where(frame["arm"] == COMING, -1.05, -1.0), 1.0)
    assert look(frame).harm == ""


def test_nothing_at_all_happening_is_no_harm() -> None:
    frame = rollout(np.random.default_rng(9), 2_000)[-1].assign(unsubscribed=0.0, profit=0.0)
    found: Look = look(frame)
    assert found.harm == ""
    assert found.effects == {}
