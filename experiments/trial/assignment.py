"""Who gets what, by a salted hash that any language can repeat.

A unit (a customer, or a cluster such as a household) has one bucket for each salt and purpose:

    h = first 8 bytes, big-endian, of SHA-256(UTF-8 of "v1|" + salt + "|" + purpose + "|" + unit)

a whole number in [0, 2^64), which stands for the point h / 2^64 of [0, 1). A share s takes the units with
h < s * 2^64, compared exactly: s is a fraction, never a float. Hashing instead of drawing needs no table of who was
drawn, and the same unit always gets the same answer (Kohavi, Tang and Xu 2020, Trustworthy Online Controlled
Experiments, ch. 4). Three purposes keep three decisions independent of each other:

    "holdback"  h < its share: held back for long; its salt outlives single trials
    "rollout"   h < rollout: in the trial; a larger roll-out only adds units, it moves nobody
    "arm"       the arm whose part of [0, 1), in the order of the arms, holds h / 2^64

The version stands in the hashed text: another way of hashing would be v2 and leave v1 as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256
from itertools import accumulate

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.errors import DataError, EvenhandError

__all__ = ["HELD_BACK", "OUTSIDE", "VERSION", "Arm", "Assignment", "Holdback", "below", "buckets", "exact_share"]

VERSION = "v1"
OUTSIDE, HELD_BACK = -1, -2  # not in the roll-out (yet); held back
SPACE = 2**64
SIMPLE = 1000  # the largest denominator of a fraction that a float is taken for
Codes = NDArray[np.int16]
Buckets = NDArray[np.uint64]
Units = Sequence[object] | NDArray[np.generic] | pd.Series | pd.Index


def exact_share(share: Fraction | float | str) -> Fraction:
    """Return a share as the fraction that its decimal text says: 0.1 is 1/10, "1/3" a third; 0 to 1.

    A float that is the nearest one to a fraction with a denominator up to 1,000 is that fraction: thirds in JSON.
    """
    try:
        if isinstance(share, str) and "e" in share.lower():
            share = float(share)  # exactly, 1e-999999999 would fill the memory with zeros
        exact = Fraction(share) if isinstance(share, str | Fraction) else _meant(float(share))
    except (ValueError, ZeroDivisionError, OverflowError):
        exact = Fraction(-1)
    if not 0 <= exact <= 1:
        raise EvenhandError(f"share {share!r}", rule="a share is a number from 0 to 1", mend="write 0.1, 10/100 or 1/3")
    return exact


def _meant(share: float) -> Fraction:
    near = Fraction(share).limit_denominator(SIMPLE)
    return near if float(near) == share else Fraction(repr(share))


def buckets(salt: str, purpose: str, units: Units) -> Buckets:
    """Return the bucket of each unit, (n,) uint64; DataError for a unit that is no text and no whole number."""
    head = f"{VERSION}|{_checked_salt(salt)}|{purpose}|".encode()
    hashed = b"".join([sha256(head + unit.encode()).digest()[:8] for unit in _texts(units)])
    return np.frombuffer(hashed, dtype=">u8").astype(np.uint64)


def below(hashed: Buckets, share: Fraction) -> NDArray[np.bool_]:
    """Return which buckets a share takes, (n,) bool: h < share * 2^64, exactly."""
    bound = -(-share.numerator * SPACE // share.denominator)  # the next whole number: h is whole
    if bound >= SPACE:
        return np.ones(len(hashed), dtype=np.bool_)
    return hashed < np.uint64(bound)


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of a trial and its share of those who take part."""

    name: str
    share: Fraction

    @classmethod
    def of(cls, name: str, share: Fraction | float | str) -> Arm:
        """Return an arm with the share as an exact fraction."""
        return cls(name, exact_share(share))


@dataclass(frozen=True, slots=True)
class Holdback:
    """A share of all units that no trial touches, by a salt of its own that is kept for a long time."""

    share: Fraction
    salt: str

    @classmethod
    def of(cls, share: Fraction | float | str, *, salt: str) -> Holdback:
        """Return a holdback with the share as an exact fraction."""
        return cls(exact_share(share), _checked_salt(salt))


@dataclass(frozen=True, slots=True)
class Assignment:
    """Arms with shares that add up to exactly 1, how far the trial is rolled out, and who is held back."""

    salt: str
    arms: tuple[Arm, ...]
    rollout: Fraction = Fraction(1)
    holdback: Holdback | None = None

    def __post_init__(self) -> None:
        _checked_salt(self.salt)
        names = [arm.name for arm in self.arms]
        if not names or len({*names}) < len(names) or not all(name.strip() for name in names):
            raise EvenhandError(f"arms {names}", rule="at least one arm, each with a name of its own")
        if any(0 < arm.share < Fraction(1, SPACE) for arm in self.arms):
            raise EvenhandError("an arm's share is below 1 / 2^64", rule="a share takes one bucket at least")
        if any(arm.share <= 0 for arm in self.arms) or sum(arm.share for arm in self.arms) != 1:
            shares = ", ".join(f"{arm.name} {arm.share}" for arm in self.arms)
            raise EvenhandError(
                f"shares of the arms: {shares}",
                rule="each is above 0 and together they are exactly 1",
                mend="write thirds as 1/3; for a small trial lower the roll-out instead",
            )
        if not 0 <= self.rollout <= 1:
            raise EvenhandError(f"roll-out {self.rollout}", rule="a share is a number from 0 to 1")
        if self.holdback and self.holdback.salt == self.salt:
            raise EvenhandError("the holdback has the trial's salt", rule="a holdback has a salt of its own")

    def assign(self, units: Units) -> Codes:
        """Return for each unit the position of its arm, or OUTSIDE or HELD_BACK, (n,) int16.

        `units` are ids, or for clusters the cluster's id of each customer; repeated ids get the same answer.
        """
        positions, distinct = pd.factorize(pd.Index(units), use_na_sentinel=True)
        if (positions < 0).any():
            raise DataError("a unit has no id", where=f"unit {int((positions < 0).argmax()) + 1}")
        return self._of_distinct(distinct)[positions]

    def _of_distinct(self, units: Units) -> Codes:
        bounds = [-(-share.numerator * SPACE // share.denominator) for share in accumulate(a.share for a in self.arms)]
        inner = np.array(bounds[:-1], dtype=np.uint64)  # the last bound is 2^64, beyond every bucket
        codes = np.searchsorted(inner, buckets(self.salt, "arm", units), side="right").astype(np.int16)
        if self.rollout < 1:
            codes[~below(buckets(self.salt, "rollout", units), self.rollout)] = OUTSIDE
        if self.holdback:
            codes[below(buckets(self.holdback.salt, "holdback", units), self.holdback.share)] = HELD_BACK
        return codes

    def grown(self, rollout: Fraction | float | str) -> Assignment:
        """Return the assignment rolled out further: nobody who was in moves; EvenhandError when it would shrink."""
        share = exact_share(rollout)
        if share < self.rollout:
            raise EvenhandError(
                f"roll-out {float(share):g} after {float(self.rollout):g}",
                rule="a roll-out only grows: who was in stays in",
                mend="stop the trial instead",
            )
        return replace(self, rollout=share)


def _checked_salt(salt: str) -> str:
    if not salt.strip() or "|" in salt or not salt.isprintable():
        raise EvenhandError(f"salt {salt!r}", rule="a salt is a word without the sign |", mend='such as "spring-2026"')
    return salt


def _texts(units: Units) -> Iterable[str]:
    """Return ids as text: whole numbers in decimal, text as it stands."""
    kind = getattr(units, "dtype", None)
    if kind is not None and pd.api.types.is_integer_dtype(kind):
        return map(str, np.asarray(units).tolist())
    values = np.asarray(units, dtype=object).tolist()
    return values if all(type(value) is str and value for value in values) else [_text(value) for value in values]


def _text(unit: object) -> str:
    if isinstance(unit, str) and unit:
        return str(unit)
    if isinstance(unit, int | np.integer) and not isinstance(unit, bool):
        return str(int(unit))
    raise DataError(
        f"{unit!r} is no id of a unit",
        rule="an id is text or a whole number, so that every language writes it alike",
        mend="turn the ids into text",
    )
