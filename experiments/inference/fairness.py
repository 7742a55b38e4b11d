"""Whether an arm treats the groups of a protected attribute as evenly as it must: pair by pair, against a margin.

The largest gap between groups is biased upwards and the more so the smaller the groups; signed differences of two
groups are not. For each ordered pair, the shortfall s of a group against another one is how much less benefit (or
more harm) it gets. `control` means the arm that runs today.

    against "zero"      the shortfall of the new arm must lie under the margin: s_T < m
    against "control"   the new arm must not add to it: s_T - max(s_C, 0) < m. A gap that is there already is not the
                        new arm's fault, and closing one is no harm. Shown when the interval of s_T or that of
                        s_T - s_C lies under m, each at half the error rate, since either alone would do (Bonferroni).

Harm is shown when the lower limit of s_T, and against "control" that of s_T - s_C too, lies above m: since both must,
no error rate is divided (Berger 1982, Technometrics 24:295-300). Groups that the plan does not name as testable are
shown with their intervals and judged "not enough data", never passed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, NamedTuple

from scipy.special import ndtr, ndtri

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.inference.contrasts import contrast, z_reaching
from evenhand.fairness import UNKNOWN

__all__ = ["Against", "Criterion", "Difference", "FairnessPair", "GroupCount", "Shortfall", "fairness_pairs"]

Criterion = Literal["benefit", "entitled-benefit", "harm"]
Against = Literal["zero", "control"]
Verdict = Literal["non-inferior", "not shown", "harmed", "not enough data"]


class GroupCount(NamedTuple):
    """Units of one group in one arm, and how many of them had the benefit or the harm.

    For "entitled-benefit" both count entitled units only.
    """

    n: float
    positive: float


class Difference(NamedTuple):
    """A signed difference with its limits."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How much worse than `other` the new arm treats `group`, beyond what is allowed.

    `z_passed` and `z_harmed` are how many standard errors lie between the data and the margin, from either side.
    """

    group: str
    other: str
    value: float  # of the new arm: less benefit, or more harm
    z_passed: float
    z_harmed: float

    @property
    def p_harmed(self) -> float:
        """Return the one-sided p-value of harm beyond the margin, at most 0.5."""
        return float(ndtr(-self.z_harmed))


@dataclass(frozen=True, slots=True)
class FairnessPair:
    """Two groups compared: signed differences `a` minus `b` of the rate in each arm, and what follows."""

    attribute: str
    criterion: Criterion
    a: str
    b: str
    control: Difference
    treatment: Difference
    change: Difference  # treatment minus control
    margin: float
    shortfalls: tuple[Shortfall, Shortfall]  # of a against b, of b against a
    verdict: Verdict


def fairness_pairs(
    control: Mapping[str, GroupCount],
    treatment: Mapping[str, GroupCount],
    *,
    attribute: str,
    criterion: Criterion,
    margin: float,
    testable: Sequence[str],
    against: Against = "control",
    z: float | None = None,
    z_split: float | None = None,
    design_effect: float = 1.0,
) -> tuple[FairnessPair, ...]:
    """Compare every two groups, in the order of `control`, unknown left out.

    `z` is the bound of the present look at the plan's error rate and `z_split` that at half of it; without them a
    single look at 5 % is meant. `design_effect` divides all counts where clusters were randomised. Raises DataError
    on counts that cannot be, and where the arms do not have the same groups.
    """
    z = float(ndtri(0.975)) if z is None else z
    z_split = float(ndtri(0.9875)) if z_split is None else z_split
    if not 0 < margin < 1:
        raise EvenhandError(f"a fairness margin of {margin}", rule="0 < margin < 1", mend="use 0.05")
    if not design_effect >= 1:
        raise EvenhandError(f"a design effect of {design_effect}", rule="clusters never add information: 1 or more")
    if set(control) != set(treatment):
        odd = sorted(set(control) ^ set(treatment))[0]
        raise DataError(f"group {odd!r} is in one arm only", where=attribute, rule="both arms have the same groups")
    names = [name for name in control if name != UNKNOWN and min(control[name].n, treatment[name].n) > 0]
    shrink = 1 / design_effect
    pairs = []
    for a, b in combinations(names, 2):
        counts = [GroupCount(g.n * shrink, g.positive * shrink) for g in (treatment[a], treatment[b], control[a],
                                                                          control[b])]  # fmt: skip
        pair = _Pair(counts, margin, against, sign=1.0 if criterion == "harm" else -1.0)
        shortfalls = (pair.shortfall(a, b, 1.0), pair.shortfall(b, a, -1.0))
        enough = a in testable and b in testable
        pairs.append(
            FairnessPair(
                attribute, criterion, a, b, pair.difference("control", z), pair.difference("treatment", z),
                pair.difference("change", z), margin, shortfalls,
                _verdict(shortfalls, z, z if against == "zero" else z_split) if enough else "not enough data",
            )
        )  # fmt: skip
    return tuple(pairs)


def _verdict(shortfalls: Sequence[Shortfall], z: float, z_pass: float) -> Verdict:
    # A bound is infinite where a look has no error rate to spend, and so is a z beyond eight: that shows nothing then.
    if math.isfinite(z) and any(s.z_harmed >= z for s in shortfalls):
        return "harmed"
    shown = math.isfinite(z_pass) and all(s.z_passed >= z_pass for s in shortfalls)
    return "non-inferior" if shown else "not shown"


WEIGHTS: Mapping[str, tuple[int, int, int, int]] = {
    "treatment": (1, -1, 0, 0),
    "control": (0, 0, 1, -1),
    "change": (1, -1, -1, 1),
}


@dataclass(frozen=True, slots=True)
class _Pair:
    """The four counts of two groups in two arms; `sign` turns a difference a minus b into a's shortfall."""

    counts: Sequence[GroupCount]
    margin: float
    against: Against
    sign: float

    def difference(self, which: str, z: float, flip: float = 1.0) -> Difference:
        n = [count.n for count in self.counts]
        weights = [flip * weight for weight in WEIGHTS[which]]
        value, low, high = contrast([count.positive for count in self.counts], n, weights, z=z)
        return Difference(float(value), float(low), float(high))

    def shortfall(self, group: str, other: str, flip: float) -> Shortfall:
        sides = ("treatment",) if self.against == "zero" else ("treatment", "change")
        turn = flip * self.sign

        def passed(side: str) -> float:
            return z_reaching(lambda z: self.difference(side, z, turn).high, self.margin, falling=False)

        def harmed(side: str) -> float:
            return z_reaching(lambda z: self.difference(side, z, turn).low, self.margin, falling=True)

        return Shortfall(
            group,
            other,
            self.difference("treatment", 1.0, turn).value,
            max(map(passed, sides)),
            min(map(harmed, sides)),
        )
