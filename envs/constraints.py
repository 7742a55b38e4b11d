"""What a policy must keep to: signed slacks that add up over an episode.

A constraint says J things that must hold. Each period it charges J signed costs, and their sums over the episode are
the slacks: at or below zero everywhere, the constraint holds. `evenhand.fairness.constraints` derives the forms. One
formula serves three readings of a period: what happened (charged), what a business can see of it (so far), and what a
candidate tweak would bring (foretold).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.period import Among, Gauge, Period, Sums
from evenhand.fairness import ordered_pairs

__all__ = [
    "Cap",
    "Constraint",
    "Floor",
    "Parity",
    "RewardTerm",
    "ask_who_converts",
    "charged",
    "gauges_of",
    "names_of",
    "scales_of",
]

LEAST_TOLERANCE = 0.01  # a tolerance of zero would make every gap infinitely wide


@runtime_checkable
class Constraint(Protocol):
    """J things that must hold over an episode; write your own with these three.

    With `gauges`, a tuple of `Gauge`, the sums that it names are foretold for every candidate tweak, so that policies
    see what a tweak does to the constraint and the shield guards it. Without, it is foretold to go on as in the last
    period, and learning alone keeps it.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """One name per slack, J of them."""

    @property
    def scale(self) -> float:
        """The slack that policies see as 1, in the unit of the costs."""

    def costs(self, period: Period) -> Sums:
        """Return what a period adds to each slack, (..., J)."""


@runtime_checkable
class RewardTerm(Protocol):
    """Money that a user adds to the reward, charged beyond the twin like everything else: holding earns nothing."""

    def __call__(self, period: Period) -> Sums:
        """Return money per customer, (E,)."""


@dataclass(frozen=True)
class Parity:
    """Groups of an attribute receive benefits at rates within `tolerance` of each other, in positions."""

    attribute: int  # position on the axis P of a period
    groups: tuple[int, ...]  # positions of the constrained groups
    tolerance: float
    among: Among = "everyone"
    label: str = "parity"
    group_names: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """One name per ordered pair of groups."""
        said = self.group_names or tuple(str(g) for g in self.groups)
        return tuple(f"{self.label}: {g} over {h}" for g, h in permutations(said, 2))

    @property
    def scale(self) -> float:
        """The tolerance."""
        return max(self.tolerance, LEAST_TOLERANCE)

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """The benefits of every group, and of those in it who would convert."""
        fields: dict[Among, tuple[Literal["benefits", "likely_benefits"], ...]] = {
            "everyone": ("benefits",), "converts": ("likely_benefits",), "rest": ("benefits", "likely_benefits"),
        }  # fmt: skip
        return tuple(Gauge(field, self.attribute, k) for field in fields[self.among] for k in self.groups)

    def costs(self, period: Period) -> Sums:
        """Return (rate_g - rate_h - tolerance) / horizon of every ordered pair, (..., J).

        Nobody in a group entitled: no difference to its pairs in this period.
        """
        rates = period.rates(self.among)[..., self.attribute, list(self.groups)]
        g, h = ordered_pairs(len(self.groups)).T
        difference = np.nan_to_num(rates[..., g] - rates[..., h], nan=0.0)
        return np.asarray((difference - self.tolerance) / period.horizon)


@dataclass(frozen=True)
class Floor:
    """Each group of an attribute receives at least `least` benefits per member and period, in positions."""

    attribute: int
    groups: tuple[int, ...]
    least: float
    label: str = "coverage"
    group_names: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """One name per group."""
        return tuple(f"{self.label}: {g}" for g in self.group_names or tuple(str(k) for k in self.groups))

    @property
    def scale(self) -> float:
        """The floor."""
        return self.least

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """The benefits of every group."""
        return tuple(Gauge("benefits", self.attribute, k) for k in self.groups)

    def costs(self, period: Period) -> Sums:
        """Return (least - rate) / horizon of every group, (..., J); a group without members is as covered as can be."""
        rates = period.rates()[..., self.attribute, list(self.groups)]
        return np.asarray((self.least - np.nan_to_num(rates, nan=1.0)) / period.horizon)


@dataclass(frozen=True)
class Cap:
    """At most `most` of something per customer and period."""

    field: Literal["contacts", "unsubscribed", "spend"]
    most: float
    label: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """One name."""
        return (self.label or self.field,)

    @property
    def scale(self) -> float:
        """The cap."""
        return self.most

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """What is capped."""
        return (Gauge(self.field),)

    def costs(self, period: Period) -> Sums:
        """Return (amount - most) / horizon, (..., 1)."""
        return np.asarray((getattr(period, self.field) - self.most) / period.horizon)[..., None]


def names_of(constraints: Sequence[Constraint]) -> tuple[str, ...]:
    """Return the names of all J slacks, in the order of every array of costs."""
    return tuple(name for constraint in constraints for name in constraint.names)


def scales_of(constraints: Sequence[Constraint]) -> NDArray[np.float64]:
    """Return the slack that policies see as 1, of each of all J, (J,)."""
    return np.array([c.scale for c in constraints for _ in c.names], np.float64)


def gauges_of(constraints: Sequence[Constraint]) -> tuple[Gauge, ...]:
    """Return the sums that must be foretold, each once."""
    return tuple(dict.fromkeys(g for c in constraints for g in getattr(c, "gauges", ())))


def ask_who_converts(constraints: Sequence[Constraint]) -> bool:
    """Return whether account must be kept of who would convert."""
    return any(gauge.field == "likely_benefits" for gauge in gauges_of(constraints))


def charged(constraints: Sequence[Constraint], period: Period) -> Sums:
    """Return what a period adds to all slacks, (..., J)."""
    parts = [c.costs(period) for c in constraints]
    return np.concatenate([np.zeros((*period.contacts.shape, 0)), *parts], axis=-1)
