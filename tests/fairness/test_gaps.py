from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from evenhand.errors import DataError, EvenhandError
from evenhand.fairness import (
    GroupRate,
    gap,
    group_rates,
    newcombe,
    pairwise_differences,
    wilson,
)


def rate_of(successes: int, n: int, name: str = "g") -> GroupRate:
    (rate,) = group_rates(np.arange(n) < successes, np.zeros(n, dtype=int), [name])
    return rate


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("successes", "n"), [(0, 20), (1, 29), (15, 148), (81, 263), (7, 7), (500, 1000)])
def test_wilson_agrees_with_scipy(successes: int, n: int, level: float) -> None:
    low, high = wilson(successes, n, level=level)
    oracle = binomtest(successes, n).proportion_ci(confidence_level=level, method="wilson")
    assert float(low) == pytest.approx(oracle.low, abs=1e-12)
    assert float(high) == pytest.approx(oracle.high, abs=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombe_gives_the_published_limits(a: tuple[int, int], b: tuple[int, int], low: float, high: float) -> None:
    """Table II, method 10, of Newcombe 1998, Statistics in Medicine 17:873-890."""
    found = newcombe(rate_of(*a), rate_of(*b))
    assert found.difference == pytest.approx(a[0] / a[1] - b[0] / b[1])
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_newcombe_is_signed() -> None:
    a, b = rate_of(30, 100, "a"), rate_of(45, 120, "b")
    there, back = newcombe(a, b), newcombe(b, a)
    assert there.difference < 0
    assert (there.difference, there.low, there.high) == pytest.approx((-back.difference, -back.high, -back.low))


def test_newcombe_covers_in_95_of_100_samples() -> None:
    """4,000 draws: outside 0.94..0.965 has probability < 1e-3 if the true coverage is 0.952."""
    rng = np.random.default_rng(4)
    x, y = rng.binomial(220, 0.3, 4000), rng.binomial(350, 0.2, 4000)
    low_x, high_x = wilson(x, np.full(4000, 220))
    low_y, high_y = wilson(y, np.full(4000, 350))
    a = [GroupRate("a", 220, *numbers) for numbers in zip(x / 220, low_x, high_x, strict=True)]
    b = [GroupRate("b", 350, *numbers) for numbers in zip(y / 350, low_y, high_y, strict=True)]
    found = [newcombe(one, other) for one, other in zip(a, b, strict=True)]
    assert 0.94 < np.mean([one.low <= 0.1 <= one.high for one in found]) < 0.965


def test_rates_agree_with_a_loop_over_customers() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(-1, 4, size=900)
    benefit = rng.random(900)
    rates = group_rates(benefit, codes, ["a", "b", "c", "d"])
    assert [rate.group for rate in rates] == ["a", "b", "c", "d", "unknown"]
    for code, rate in zip([0, 1, 2, 3, -1], rates, strict=True):
        mine = [b for b, c in zip(benefit, codes, strict=True) if c == code]
        assert rate.n == len(mine)
        assert rate.rate == pytest.approx(sum(mine) / len(mine))
        assert 0 <= rate.low <= rate.rate <= rate.high <= 1


def test_code_minus_one_joins_a_group_named_unknown() -> None:
    rates = group_rates([1, 0, 1], [0, 1, -1], ["a", "unknown"])
    assert [(rate.group, rate.n, rate.rate) for rate in rates] == [("a", 1, 1.0), ("unknown", 2, 0.5)]


def test_an_empty_group_is_reported_with_the_widest_interval() -> None:
    _, empty = group_rates([True, False], [0, 0], ["a", "b"])
    assert np.isnan(empty.rate)
    assert (empty.n, empty.low, empty.high) == (0, 0.0, 1.0)
    difference = newcombe(rate_of(1, 2), empty)
    assert (difference.low, difference.high) == (-1.0, 1.0)


def test_gap_leaves_unknown_and_small_groups_out() -> None:
    rates = [
        GroupRate("a", 500, 0.30, 0, 1),
        GroupRate("b", 200, 0.34, 0, 1),
        GroupRate("c", 199, 0.90, 0, 1),
        GroupRate("unknown", 1600, 0.01, 0, 1),
    ]
    assert gap(rates) == pytest.approx(0.04)
    assert gap(rates, min_group=100) == pytest.approx(0.60)
    assert gap(rates[1:]) == 0.0
    assert [(d.a, d.b) for d in pairwise_differences(rates)] == [("a", "b")]
    assert rates[2].left_out() == "only 199 of 200 members needed"
    assert rates[3].left_out() == "membership is not known"


def test_gap_is_the_largest_pairwise_difference() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        rates = [GroupRate(str(g), 300, float(rng.random()), 0, 1) for g in range(5)]
        assert gap(rates) == pytest.approx(max(abs(d.difference) for d in pairwise_differences(rates)))


@pytest.mark.parametrize(
    ("benefit", "codes", "message"),
    [
        ([0.5, 1.2], [0, 1], "not a number in 0..1"),
        ([0.5, float("nan")], [0, 1], "not a number in 0..1"),
        ([0.5], [0, 1], "shape"),
        ([0.5, 0.5], [0, 2], r"outside -1\.\.1"),
        ([0.5, 0.5], [0.0, 1.0], "float64"),
    ],
)
def test_odd_input_is_named(benefit: list[float], codes: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        group_rates(benefit, np.array(codes), ["a", "b"])


def test_a_level_outside_0_to_1_is_refused() -> None:
    with pytest.raises(EvenhandError, match="confidence level 95"):
        wilson(1, 2, level=95)
