"""When a roll-out must stop: harm beyond a margin, at whichever look it shows.

Harm of any kind is enough, so the tests form a union and Holm's step-down keeps their common error rate (as in
`gate.harm`): that of the unsubscribes against a margin in points, of the profit (of redemptions where no profit is
told) against a margin relative to the old version, and of every difference of two groups in benefit and in unsubscribes
that the new version adds to. Nobody plans when results come in, so the bounds are those of looks at any time
(`sequential.always_valid`), one-sided: alpha is the chance ever to stop a roll-out that is harmful by no more than
every margin, however often one looks. Looks share customers, whose lasting habits make later looks repeat earlier ones;
that errs on the side of stopping too rarely.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
import pandas as pd

from evenhand.experiments.gate.orientation import z_beyond
from evenhand.experiments.inference import ArmMeans, cautious_difference
from evenhand.experiments.sequential.always_valid import always_valid_bound
from evenhand.experiments.watching.counted import Counted, shortfalls
from evenhand.experiments.watching.seen import Alarm, Effect, Look
from evenhand.experiments.watching.units import COMING, CURRENT, PROFIT, REDEEMED, UNSUBSCRIBED

__all__ = ["Margins", "look"]

LEAST = 200  # customers an arm before anything is said: the bounds ask for nearly normal estimates
PLANNED = 4.0  # periods at which the bounds are narrowest; they hold at any number
Test = tuple[str, float, str]  # of what, standard errors beyond the margin, what that says


@dataclass(frozen=True, kw_only=True, slots=True)
class Margins:
    """How much worse than the old version the new one may be before it is harm."""

    unsubscribed: float = 0.005  # share of customers
    value: float = 0.10  # of the old version's profit, or of its redemptions
    gap: float = 0.05  # of a group's benefit or unsubscribes
    alpha: float = 0.025  # chance ever to stop a roll-out that is within all margins


def look(units: pd.DataFrame, margins: Margins | None = None) -> Look:
    """Look at the customers of a roll-out, a row each as `units_of` makes them, and say whether it must stop."""
    margins = margins or Margins()
    counted = Counted.of(units)
    sizes = {arm: counted.size(arm) for arm in (COMING, CURRENT)}
    periods = float(units["periods"].mean()) if len(units) else 0.0
    if min(sizes.values()) < LEAST:
        few = f"{sizes[COMING]:,} and {sizes[CURRENT]:,} customers: {LEAST} with each version are needed"
        return Look(sizes, periods, {}, {}, (), few)
    share = max(periods, 1.0) / PLANNED
    means = {name: found for name in (PROFIT, REDEEMED, UNSUBSCRIBED) if (found := counted.means(name)) is not None}
    tests = list(chain(_unsubscribes(counted, margins), _value(means, margins), _groups(counted, margins)))
    effects = {name: _effect(found, share) for name, found in means.items()}
    return Look(sizes, periods, effects, _gaps(counted), _judged(tests, share, margins.alpha))


def _judged(tests: list[Test], share: float, alpha: float) -> tuple[Alarm, ...]:
    """Return the tests by Holm's step-down, the worst first."""
    alarms, standing = list[Alarm](), True
    for k, (of, z, says) in enumerate(sorted(tests, key=lambda test: (-test[1], test[0]))):
        needed = _bound(share, alpha / (len(tests) - k))
        standing = standing and z >= needed
        alarms.append(Alarm(of, z, needed, standing, says))
    return tuple(alarms)


@lru_cache(maxsize=512)
def _bound(share: float, alpha: float) -> float:
    return always_valid_bound(share, alpha=alpha, sides=1)


def _unsubscribes(counted: Counted, margins: Margins) -> Iterator[Test]:
    if UNSUBSCRIBED not in counted.columns:
        return
    new, old = (counted.rate(UNSUBSCRIBED, arm) for arm in (COMING, CURRENT))
    says = (f"Of {new.n:,} customers with the new version {new.rate:.1%} unsubscribed, of {old.n:,} with the old one "
            f"{old.rate:.1%}: over {margins.unsubscribed * 100:g} points more, beyond chance.")  # fmt: skip
    yield UNSUBSCRIBED, z_beyond(cautious_difference(new, old), margins.unsubscribed, "greater"), says


def _value(means: dict[str, ArmMeans], margins: Margins) -> Iterator[Test]:
    name = next((name for name in (PROFIT, REDEEMED) if name in means), None)
    if name is None:
        return
    old, new = means[name].value.tolist()
    least = 1 - margins.value * float(np.sign(old))  # what must be reached, as a multiple of the old version's
    what = "Profit per customer and period" if name == PROFIT else "The share of customers who redeemed"
    says = (f"{what} is {old:.4g} with the old version and {new:.4g} with the new one: over {margins.value:.0%} less, "
            "beyond chance.")  # fmt: skip
    yield name, z_beyond(means[name].contrast([-least, 1.0]), 0.0, "less"), says


def _groups(counted: Counted, margins: Margins) -> Iterator[Test]:
    for attribute in counted.attributes:
        for column, sign in (("benefit", -1.0), (UNSUBSCRIBED, 1.0)):
            if column not in counted.columns:
                continue
            for one in shortfalls(counted.groups(attribute, column), margins.gap, sign):
                says = (f"{attribute}: {one.group} lies {one.value * 100:.1f} points behind {one.other} in {column} "
                        f"with the new version: over {margins.gap * 100:g} points, and more than with the old one, "
                        "beyond chance.")  # fmt: skip
                yield f"{one.group} against {one.other} ({attribute}, {column})", one.z, says


def _effect(means: ArmMeans, share: float) -> Effect:
    reach = always_valid_bound(share)
    apart = means.difference(COMING, CURRENT)
    current, coming = means.value.tolist()
    return Effect(coming, current, apart.value, apart.value - reach * apart.se, apart.value + reach * apart.se)


def _gaps(counted: Counted) -> dict[str, tuple[float, float]]:
    found = dict[str, tuple[float, float]]()
    for attribute in counted.attributes:
        groups = counted.groups(attribute, "benefit")
        if len(groups) > 1:
            new, old = (np.ptp([group.rate(arm) for group in groups]) for arm in (COMING, CURRENT))
            found[attribute] = (float(new), float(old))
    return found
