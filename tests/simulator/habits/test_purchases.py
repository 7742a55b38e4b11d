from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import betaln, gammaln, roots_jacobi

from evenhand.simulator.habits.purchases import (
    BgNbd,
    GammaGamma,
    alive,
    expected_purchases,
    expected_spend,
    fit_bg_nbd,
    fit_gamma_gamma,
    living_rate,
    log_likelihood,
    log_likelihood_of_spend,
)

PUBLISHED = BgNbd(0.243, 4.414, 0.793, 2.426)  # CDNOW, table 2 of Fader, Hardie and Lee (2005); weeks
VALUE = GammaGamma(6.25, 3.74, 15.44)  # CDNOW, Fader and Hardie (2013); dollars


def one(*values: float) -> tuple[np.ndarray, ...]:
    return tuple(np.array([float(value)]) for value in values)


def lives(model: BgNbd, n: int, seed: int, *, horizon: float = 0.0) -> tuple[np.ndarray, ...]:
    """Draw customers purchase by purchase: repeats x, the last at t_x, age T, and purchases in the horizon after."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(30, 52, n)
    rate, leave = rng.gamma(model.r, 1 / model.alpha, n), rng.beta(model.a, model.b, n)
    x, t_x, later = np.zeros(n), np.zeros(n), np.zeros(n)
    for i in range(n):
        now = 0.0
        while True:
            now += rng.exponential(1 / rate[i])
            if now > age[i] + horizon:
                break
            if now <= age[i]:
                x[i], t_x[i] = x[i] + 1, now
            else:
                later[i] += 1
            if rng.random() < leave[i]:
                break
    return x, t_x, age, later


@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0, 30), (1, 5, 30), (4, 25, 38)])
def test_the_likelihood_is_the_integral_over_rates_and_chances_to_leave(x: int, t_x: float, age: float) -> None:
    """Equation 3 of the paper, given lambda and p, integrated numerically over both."""
    r, alpha, a, b = PUBLISHED
    nodes, beta = roots_jacobi(60, b - 1, a - 1)
    p, beta = (1 + nodes)[:, None] / 2, beta[:, None] / beta.sum()
    grid = (np.arange(20_000) + 0.5) / 20_000
    rate = stats.gamma.isf(1 - grid, r, scale=1 / alpha)
    lived = (1 - p) ** x * rate**x * np.exp(-rate * age)
    left = p * (1 - p) ** (x - 1) * rate**x * np.exp(-rate * t_x) if x else 0.0
    whole = float((beta * (lived + left)).sum(0).mean())
    assert np.exp(log_likelihood(PUBLISHED, *one(x, t_x, age)))[0] == pytest.approx(whole, rel=1e-3)


def test_published_answers_are_met() -> None:
    """The worked example of the authors' note: x = 2, t_x = 30.43, T = 38.86 gives 1.226 purchases in 39 weeks."""
    found = expected_purchases(PUBLISHED, 39, *one(2, 30.43, 38.86))[0]
    assert found == pytest.approx(1.226, abs=0.002)


def test_known_parameters_are_recovered() -> None:
    truth = BgNbd(1.2, 8.0, 0.8, 2.5)
    x, t_x, age, _ = lives(truth, 6_000, 0)
    fit = fit_bg_nbd(x, t_x, age)
    assert fit.r / fit.alpha == pytest.approx(truth.r / truth.alpha, rel=0.08)
    assert fit.r == pytest.approx(truth.r, rel=0.15)
    assert fit.a / (fit.a + fit.b) == pytest.approx(truth.a / (truth.a + truth.b), rel=0.1)


def test_the_maximum_is_one() -> None:
    x, t_x, age, _ = lives(PUBLISHED, 3_000, 1)
    fit = fit_bg_nbd(x, t_x, age)
    best = log_likelihood(fit, x, t_x, age).sum()
    assert best > log_likelihood(PUBLISHED, x, t_x, age).sum() - 0.2
    for name in BgNbd._fields:
        for factor in (0.9, 1.1):
            other = fit._replace(**{name: getattr(fit, name) * factor})
            assert log_likelihood(other, x, t_x, age).sum() < best + 0.1


def test_the_unit_of_time_does_not_matter() -> None:
    x, t_x, age, _ = lives(PUBLISHED, 1_000, 2)
    weeks, days = fit_bg_nbd(x, t_x, age), fit_bg_nbd(x, 7 * t_x, 7 * age)
    assert days.alpha == pytest.approx(7 * weeks.alpha, rel=1e-3)
    assert days.r == pytest.approx(weeks.r, rel=1e-3)


def test_counting_a_customer_twice_is_a_copy_of_them() -> None:
    x, t_x, age, _ = lives(PUBLISHED, 800, 3)
    count = np.random.default_rng(0).integers(0, 3, 800)
    rows = np.repeat(np.arange(800), count)
    weighted, copied = fit_bg_nbd(x, t_x, age, count.astype(float)), fit_bg_nbd(x[rows], t_x[rows], age[rows])
    np.testing.assert_allclose(weighted, copied, rtol=1e-3)


def test_the_future_is_as_foretold() -> None:
    """Purchases of the next 20 weeks, in total and by number of past ones, within four standard errors."""
    x, t_x, age, later = lives(PUBLISHED, 20_000, 4, horizon=20.0)
    foretold = expected_purchases(PUBLISHED, 20.0, x, t_x, age)
    for group in (x >= 0, x == 0, x == 1, x >= 2):
        gap = (later - foretold)[group]
        assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(group.sum())


def test_a_new_customer_is_everyone_without_a_past() -> None:
    chances = quad(lambda rate: rate * stats.gamma.pdf(rate, 2.0, scale=0.1), 0, 10)[0]
    assert living_rate(BgNbd(2.0, 10.0, 1.0, 1.0), *one(0, 0))[0] == pytest.approx(chances)


def test_silence_makes_leaving_likelier_the_more_often_someone_bought() -> None:
    recent, long_ago = alive(PUBLISHED, *one(5, 29, 30))[0], alive(PUBLISHED, *one(5, 5, 30))[0]
    rare = alive(PUBLISHED, *one(1, 5, 30))[0]
    assert long_ago < rare < recent < 1
    assert alive(PUBLISHED, *one(0, 0, 300))[0] == 1


def test_the_likelihood_of_spend_is_the_integral_over_scales() -> None:
    p, q, v = VALUE
    x, mean = 3.0, 40.0

    def integrand(scale: float) -> float:
        return float(stats.gamma.pdf(mean, p * x, scale=1 / (x * scale)) * stats.gamma.pdf(scale, q, scale=1 / v))

    assert np.exp(log_likelihood_of_spend(VALUE, *one(x, mean)))[0] == pytest.approx(quad(integrand, 0, 3)[0], rel=1e-6)


def test_known_spend_is_recovered() -> None:
    rng = np.random.default_rng(5)
    x = rng.integers(1, 8, 8_000).astype(float)
    scale = rng.gamma(VALUE.q, 1 / VALUE.v, 8_000)
    mean = rng.gamma(VALUE.p * x, 1 / (x * scale))
    fit = fit_gamma_gamma(x, mean)
    assert fit.p * fit.v / (fit.q - 1) == pytest.approx(VALUE.p * VALUE.v / (VALUE.q - 1), rel=0.05)
    assert fit.p == pytest.approx(VALUE.p, rel=0.1)
    assert fit.q == pytest.approx(VALUE.q, rel=0.1)


def test_expected_spend_lies_between_ones_own_and_everyones() -> None:
    everyone = VALUE.p * VALUE.v / (VALUE.q - 1)
    assert expected_spend(VALUE, *one(0, 0))[0] == pytest.approx(everyone)
    few, many = expected_spend(VALUE, *one(1, 100))[0], expected_spend(VALUE, *one(50, 100))[0]
    assert everyone < few < many < 100


def test_the_beta_function_of_the_paper_is_its_gamma_form() -> None:
    """Equation 6 of the paper is in gammas: A1 A2 (A3 + A4)."""
    r, alpha, a, b = PUBLISHED
    x, t_x, age = 2.0, 10.0, 30.0
    a1 = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    a2 = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    a3, a4 = (1 / (alpha + age)) ** (r + x), a / (b + x - 1) * (1 / (alpha + t_x)) ** (r + x)
    assert log_likelihood(PUBLISHED, *one(x, t_x, age))[0] == pytest.approx(a1 + a2 + np.log(a3 + a4))
    assert a2 == pytest.approx(betaln(a, b + x) - betaln(a, b))
