"""From the constraints that people name to those that the environment charges, in positions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import TypeAlias

import numpy as np

from evenhand.envs.constraints import Cap, Constraint, Floor, Parity
from evenhand.envs.period import Among
from evenhand.errors import DataError, nearest
from evenhand.fairness import (
    MIN_GROUP,
    ContactCap,
    CoverageFloor,
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
    GroupParity,
    SpendCap,
    UnsubscribeCap,
)
from evenhand.simulator import Simulator

__all__ = ["Asked", "compiled"]

Asked: TypeAlias = GroupParity | CoverageFloor | ContactCap | UnsubscribeCap | SpendCap | Constraint

AMONG: dict[type[GroupParity], tuple[Among, ...]] = {
    DemographicParity: ("everyone",),
    EqualOpportunity: ("converts",),
    EqualizedOdds: ("converts", "rest"),
}
LABELS: dict[Among, str] = {"everyone": "parity", "converts": "opportunity", "rest": "benefit of who would not convert"}
MOST_GROUPS = 127  # codes of groups are eight bits
COUNT_SEED, COUNT_CUSTOMERS = 20_000_002, 20_000  # a population that only counts intersections of groups


def compiled(
    asked: Sequence[Asked], simulator: Simulator
) -> tuple[tuple[Constraint, ...], tuple[tuple[int, ...], ...]]:
    """Return the active constraints, and the intersections of protected attributes that they speak about.

    DataError for a second parity criterion on an attribute, an unknown attribute, or too few groups to compare.
    """
    _check_one_criterion_each(asked)
    named = [_names(one.attribute) for one in asked if isinstance(one, GroupParity | CoverageFloor) and one.attribute]
    crossings = tuple(dict.fromkeys(_positions(simulator, names) for names in named if len(names) > 1))
    found: list[Constraint] = []
    for one in asked:
        if isinstance(one, GroupParity):
            groups = _Groups(simulator, one.attribute, crossings).large(at_least=2)
            found += [
                Parity(
                    groups.position, groups.positions, one.tolerance, among=among,
                    label=f"{LABELS[among]} by {groups.label}", group_names=groups.names,
                )
                for among in AMONG[type(one)]
            ]  # fmt: skip
        elif isinstance(one, CoverageFloor):
            found.append(Floor(len(simulator.protected) + len(crossings), (0,), one.least, group_names=("everyone",)))
            if one.attribute:
                groups = _Groups(simulator, one.attribute, crossings).large(at_least=1)
                label = f"coverage by {groups.label}"
                found.append(Floor(groups.position, groups.positions, one.least, label=label, group_names=groups.names))
        elif isinstance(one, ContactCap):
            found.append(Cap("contacts", one.most, label="contacts"))
        elif isinstance(one, UnsubscribeCap):
            found.append(Cap("unsubscribed", one.most, label="unsubscribes"))
        elif isinstance(one, SpendCap):
            found.append(Cap("spend", one.most, label="spend"))
        elif isinstance(one, Constraint):
            found.append(one)
        else:
            raise DataError(
                f"{one!r} is no constraint", mend="pass one of evenhand.fairness, or an object with names, scale, costs"
            )
    return tuple(found), crossings


def _names(attribute: str | tuple[str, ...]) -> tuple[str, ...]:
    return (attribute,) if isinstance(attribute, str) else attribute


def _check_one_criterion_each(asked: Sequence[Asked]) -> None:
    seen: set[frozenset[str]] = set()
    for one in asked:
        if isinstance(one, GroupParity):
            key = frozenset(_names(one.attribute))
            if key in seen:
                raise DataError(
                    f"two parity criteria speak about {' and '.join(sorted(key))}",
                    rule="one is active for each attribute: together they force near-random targeting",
                    mend="keep the one that matters most; the others are measured and shown",
                )
            seen.add(key)


def _positions(simulator: Simulator, names: tuple[str, ...]) -> tuple[int, ...]:
    known = [a.name for a in simulator.protected]
    for name in names:
        if name not in known:
            close = nearest(name, known)
            raise DataError(
                f"{name!r} is no protected attribute",
                mend=f"did you mean {close!r}?" if close else f"choose one of {', '.join(known) or '(none declared)'}",
            )
    return tuple(known.index(name) for name in names)


class _Groups:
    """The groups of an attribute, or of an intersection of some, that are large enough to be constrained."""

    def __init__(
        self, simulator: Simulator, attribute: str | tuple[str, ...], crossings: tuple[tuple[int, ...], ...]
    ) -> None:
        names = _names(attribute)
        at = _positions(simulator, names)
        self.label = " x ".join(names)
        parts = [simulator.protected[p].groups for p in at]
        if (count := prod(len(groups) for groups in parts)) > MOST_GROUPS:
            raise DataError(f"{self.label!r} has {count} intersections", rule=f"at most {MOST_GROUPS}")
        self.position = at[0] if len(at) == 1 else len(simulator.protected) + crossings.index(at)
        self.positions: tuple[int, ...] = ()
        self.names: tuple[str, ...] = ()
        sizes = [g.n if g.constrained else 0 for g in parts[0]] if len(at) == 1 else _sizes(simulator, at)
        for k, groups in enumerate(product(*parts)):
            if sizes[k] >= MIN_GROUP or (len(at) == 1 and groups[0].constrained):
                self.positions += (k,)
                self.names += (" and ".join(g.name for g in groups),)

    def large(self, *, at_least: int) -> _Groups:
        """Return these, or say that they are too few."""
        if len(self.positions) < at_least:
            few = "fewer than two groups" if at_least > 1 else "no group"
            raise DataError(
                f"{few} of {self.label!r} have enough known customers to be constrained",
                rule=f"a constraint compares groups of at least {MIN_GROUP} known customers",
                mend="choose another attribute, merge small groups in the schema, or measure without constraining",
            )
        return self


def _sizes(simulator: Simulator, at: tuple[int, ...]) -> list[float]:
    """Return how many customers each intersection has, by the simulator's joint distribution of groups."""
    codes = simulator.population(seed=COUNT_SEED, n=COUNT_CUSTOMERS).groups[0]
    counts = [range(len(simulator.protected[p].groups)) for p in at]
    share = [np.all(codes[:, at] == np.array(k), axis=1).mean() for k in product(*counts)]
    return [float(s) * simulator.content.customers for s in share]
