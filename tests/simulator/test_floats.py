"""The float32 functions against their double-precision oracles, and compiled against NumPy to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit
from scipy.special import expit, ndtr, ndtri
from scipy.stats import norm

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


def test_normal_quantile_is_accurate_rises_and_is_odd() -> None:
    z = floats.normal_quantile(U)
    np.testing.assert_allclose(z, _double(ndtri, U), atol=1e-6)
    assert (np.diff(z) >= 0).all()
    assert floats.normal_quantile(np.array([0.5], np.float32))[0] == 0


def test_normal_chance_is_the_distribution_function() -> None:
    assert np.abs(_chance(NARROW) - _double(ndtr, NARROW)).max() < 3e-7
    np.testing.assert_allclose(floats.normal_density(NARROW), _double(norm.pdf, NARROW), rtol=2e-6)


@pytest.mark.parametrize(
    ("name", "x"),
    [("exp", WIDE), ("log", POSITIVE), ("sigmoid", NARROW), ("normal_quantile", U), ("normal_density", NARROW)],
)
def test_compiled_and_numpy_agree_to_the_last_bit(name: str, x: np.ndarray) -> None:
    function = getattr(floats, name)

    @njit
    def each(x, out):  # type: ignore[no-untyped-def]
        for i in range(len(x)):
            out[i] = function(x[i])

    out = np.zeros_like(x)
    each(x, out)
    plain = function(x)
    assert plain.dtype == np.float32
    np.testing.assert_array_equal(out, plain)
