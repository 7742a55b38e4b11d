"""Elementary functions in float32 that NumPy and compiled code compute to the very same bit.

Library exponentials differ between machines, and do not vectorise inside compiled loops. These are polynomials without
a branch: the compiler turns a loop over them into vector instructions, and because multiplications and additions are
rounded alike everywhere (no fused or reordered operations are allowed), a kernel and its NumPy reference agree exactly.
Every function takes and gives float32: scalars inside compiled code, arrays in plain NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload, register_jitable

__all__ = ["Real", "choose", "exp", "log", "normal_chance", "normal_density", "normal_pair", "sigmoid"]

Real = Any  # float32: one number inside compiled code, an array in plain NumPy

_F, _I = np.float32, np.int32
_HALF, _ONE = _F(0.5), _F(1.0)
_LOG2_E = _F(1.44269504)
_LN_2_HIGH, _LN_2_LOW = _F(0.693359375), _F(-2.12194440e-4)  # their sum is log 2; the first has few digits
_SQRT_HALF_BITS = _I(0x3F3504F3)
_TWO_PI = _F(6.28318531)


def choose(condition: Any, yes: Real, no: Real) -> Real:
    """Return `yes` where the condition holds, else `no`; both have been computed."""
    return np.where(condition, yes, no)


@overload(choose, jit_options={"forceinline": True})
def _choose(condition, yes, no):  # type: ignore[no-untyped-def] # Numba compares the signatures
    return lambda condition, yes, no: yes if condition else no


@register_jitable(forceinline=True)
def exp(x: Real) -> Real:
    """Return e to the power of x, clipped to [-87, 88]; relative error below 1e-7.

    Source: Cephes `expf` (Moshier 1989): x = n log 2 + r with |r| <= log 2 / 2, a polynomial in r, n as exponent bits.
    """
    x = choose(x < _F(-87.0), _F(-87.0), x)
    x = choose(x > _F(88.0), _F(88.0), x)
    n = np.floor(x * _LOG2_E + _HALF)
    r = x - n * _LN_2_HIGH
    r = r - n * _LN_2_LOW
    p = _F(1.9875691500e-4)
    p = p * r + _F(1.3981999507e-3)
    p = p * r + _F(8.3334519073e-3)
    p = p * r + _F(4.1665795894e-2)
    p = p * r + _F(1.6666665459e-1)
    p = p * r + _F(5.0000001201e-1)
    p = p * r * r + r + _ONE
    return p * _I((_I(n) + _I(127)) << _I(23)).view(np.float32)


@register_jitable(forceinline=True)
def log(x: Real) -> Real:
    """Return the natural logarithm of a normal positive x; error below two units in the last place.

    Source: Cephes `logf` (Moshier 1989): x = 2^e m with m in [sqrt(1/2), sqrt 2), a polynomial in m - 1.
    """
    bits = _F(x).view(np.int32)
    e = _I(_I(bits - _SQRT_HALF_BITS) >> _I(23))
    f = _I(bits - _I(e << _I(23))).view(np.float32) - _ONE
    p = _F(7.0376836292e-2)
    p = p * f + _F(-1.1514610310e-1)
    p = p * f + _F(1.1676998740e-1)
    p = p * f + _F(-1.2420140846e-1)
    p = p * f + _F(1.4249322787e-1)
    p = p * f + _F(-1.6668057665e-1)
    p = p * f + _F(2.0000714765e-1)
    p = p * f + _F(-2.4999993993e-1)
    p = p * f + _F(3.3333331174e-1)
    square = f * f
    k = _F(e)
    rest = f * square * p + k * _LN_2_LOW - _HALF * square
    return f + rest + k * _LN_2_HIGH


@register_jitable(forceinline=True)
def sigmoid(x: Real) -> Real:
    """Return the logistic function of log-odds x."""
    return _ONE / (_ONE + exp(-x))


@register_jitable(forceinline=True)
def normal_pair(u: Real, v: Real) -> Any:
    """Return two independent standard normals of two independent uniforms in (0, 1); absolute error below 2e-6.

    Source: Box and Muller, "A note on the generation of random normal deviates", Annals of Mathematical Statistics 29
    (1958); sine and cosine by the polynomials of Cephes `sinf` and `cosf` within an eighth of a turn of a quarter.
    """
    radius = np.sqrt(_F(-2.0) * log(u))
    quarter = np.floor(v * _F(4.0) + _HALF)
    t = (v - quarter * _F(0.25)) * _TWO_PI
    square = t * t
    sine = _F(-1.9515295891e-4)
    sine = sine * square + _F(8.3321608736e-3)
    sine = sine * square + _F(-1.6666654611e-1)
    sine = sine * square * t + t
    cosine = _F(2.443315711809948e-5)
    cosine = cosine * square + _F(-1.388731625493765e-3)
    cosine = cosine * square + _F(4.166664568298827e-2)
    cosine = cosine * square * square - _HALF * square + _ONE
    swapped = (quarter == _F(1.0)) | (quarter == _F(3.0))
    x, y = choose(swapped, sine, cosine), choose(swapped, cosine, sine)
    x = choose((quarter == _F(1.0)) | (quarter == _F(2.0)), -x, x)
    y = choose((quarter == _F(2.0)) | (quarter == _F(3.0)), -y, y)
    return radius * x, radius * y


@register_jitable(forceinline=True)
def normal_density(z: Real) -> Real:
    """Return the standard normal density at z."""
    return _F(0.39894228) * exp(-_HALF * z * z)


@register_jitable(forceinline=True)
def normal_chance(z: Real, density: Real) -> Real:
    """Return the standard normal distribution function at z, whose `density` is known; absolute error below 3e-7.

    Source: Abramowitz and Stegun (1964), 26.2.17.
    """
    t = _ONE / (_ONE + _F(0.2316419) * abs(z))
    p = _F(1.330274429)
    p = p * t + _F(-1.821255978)
    p = p * t + _F(1.781477937)
    p = p * t + _F(-0.356563782)
    p = p * t + _F(0.319381530)
    upper = density * p * t
    return choose(z < _F(0.0), upper, _ONE - upper)
