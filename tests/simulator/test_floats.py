"""The float32 functions against their double-precision oracles, and compiled against NumPy to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit
from scipy.special import expit, ndtr
from scipy.stats import kstest, norm

from evenhand.simulator import floats

U = ((np.arange(0, 2**23, 61) + 0.5) / 2**23).astype(np.float32)
WIDE = np.linspace(-86, 86, 200_001).astype(np.float32)
POSITIVE = np.exp(np.linspace(-80, 80, 200_001)).astype(np.float32)
NARROW = np.linspace(-6, 6, 100_001).astype(np.float32)


def _chance(z: np.ndarray) -> np.ndarray:
    return np.asarray(floats.normal_chance(z, floats.normal_density(z)))


def _double(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    return np.asarray(f(x.astype(np.float64)))


def test_exp_is_right_to_the_last_digit_but_one() -> None:
    assert np.abs(floats.exp(WIDE) / _double(np.exp, WIDE) - 1).max() < 1e-7
    assert floats.exp(np.array([-1e9, 1e9, 0], np.float32)).tolist() == pytest.approx(
        [np.exp(-87), np.exp(88), 1], rel=1e-5
    )


def test_log_is_right_to_two_units_in_the_last_place() -> None:
    error = np.abs(floats.log(POSITIVE) - _double(np.log, POSITIVE))
    assert (error / np.maximum(np.spacing(np.abs(floats.log(POSITIVE))), 1e-12)).max() < 2
    assert floats.log(np.array([1.0], np.float32))[0] == 0


def test_log_undoes_exp() -> None:
    np.testing.assert_allclose(floats.log(floats.exp(NARROW)), NARROW, atol=5e-7)


def test_sigmoid_is_the_logistic_function() -> None:
    np.testing.assert_allclose(floats.sigmoid(NARROW), _double(expit, NARROW), rtol=3e-7)


def test_normal_pairs_are_box_and_muller_s() -> None:
    rng = np.random.default_rng(0)
    u, v = U, rng.permutation(U)
    radius, angle = np.sqrt(-2 * np.log(u.astype(np.float64))), 2 * np.pi * v.astype(np.float64)
    x, y = floats.normal_pair(u, v)
    np.testing.assert_allclose(x, radius * np.cos(angle), atol=2e-6)
    np.testing.assert_allclose(y, radius * np.sin(angle), atol=2e-6)
    for z in (x, y):
        assert kstest(z, "norm").pvalue > 1e-3  # fixed seed
    assert abs(np.corrcoef(x, y)[0, 1]) < 4 / np.sqrt(len(x))
    assert abs(np.corrcoef(x**2, y**2)[0, 1]) < 4 / np.sqrt(len(x))


def test_normal_chance_is_the_distribution_function() -> None:
    assert np.abs(_chance(NARROW) - _double(ndtr, NARROW)).max() < 3e-7
    np.testing.assert_allclose(floats.normal_density(NARROW), _double(norm.pdf, NARROW), rtol=2e-6)


@pytest.mark.parametrize(
    ("name", "x"),
    [("exp", WIDE), ("log", POSITIVE), ("sigmoid", NARROW), ("normal_density", NARROW)],
)
def test_compiled_and_numpy_agree_to_the_last_bit(name: str, x: np.ndarray) -> None:
    function = getattr(floats, name)

    @njit
    def each(x, out):  # type: ignore[no-untyped-def]  # Numba infers types
        for i in range(len(x)):
            out[i] = function(x[i])

    out = np.zeros_like(x)
    each(x, out)
    plain = function(x)
    assert plain.dtype == np.float32
    np.testing.assert_array_equal(out, plain)


def test_compiled_and_numpy_pairs_agree_to_the_last_bit() -> None:
    @njit
    def each(u, v, x, y):  # type: ignore[no-untyped-def]  # Numba infers types
        for i in range(len(u)):
            x[i], y[i] = floats.normal_pair(u[i], v[i])

    v = np.random.default_rng(1).permutation(U)
    x, y = np.zeros_like(U), np.zeros_like(U)
    each(U, v, x, y)
    for ours, plain in zip((x, y), floats.normal_pair(U, v), strict=True):
        assert plain.dtype == np.float32
        np.testing.assert_array_equal(ours, plain)
