"""What a simulator must reach to be believed, fixed before it was measured, and whether it does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from evenhand.simulator.realism.parts import Copies
    from evenhand.simulator.realism.result import Realism

__all__ = ["Target", "first_lines", "targets_of"]

JOINT, AIM = 0.65, 0.60  # AUC of past and future jointly: at most, and aimed at
# So far *below* 0.5 a classifier is wrong on purpose: it learned rows by heart that return under the other label.
LEARNED_BY_HEART = 1 - JOINT
COVERED = (0.85, 0.95)  # share of customers whose PIT lies in [0.05, 0.95]
QUANTITIES = ("frequency", "value", "recency", "redemptions")
NOTE = "not measured"


class Target(NamedTuple):
    """One target: what is wanted, what was found, and whether it is met (None: it was not measured)."""

    name: str
    wanted: str
    found: str
    met: bool | None

    @property
    def verdict(self) -> str:
        """Say it in words."""
        return NOTE if self.met is None else "met" if self.met else "FALLS SHORT"


def targets_of(found: Realism) -> tuple[Target, ...]:
    """Return every target; what a short report does not measure is said to be so."""
    joint = Target(
        "past and future jointly",
        f"AUC at most {JOINT:.2f}, aim {AIM:.2f}",
        NOTE if math.isnan(found.joint) else f"{found.joint:.3f}{_aim(found.joint)}",
        None if math.isnan(found.joint) else LEARNED_BY_HEART <= found.joint <= JOINT,
    )
    covered = {one.name: one for one in found.coverage}
    shares = [
        Target(
            f"coverage of {name}",
            f"{COVERED[0]:.0%} to {COVERED[1]:.0%} of customers",
            f"{covered[name].share:.1%}" if name in covered else NOTE,
            COVERED[0] <= covered[name].share <= COVERED[1] if name in covered else None,
        )
        for name in QUANTITIES
    ]
    return (joint, *shares, _copies(found.copies))


def _aim(joint: float) -> str:
    return " (the aim is not reached)" if AIM < joint <= JOINT else ""


def _copies(copies: Copies | None) -> Target:
    name, wanted = "no copies", "nobody identical, none closer to real customers than they are to each other"
    if copies is None:
        return Target(name, wanted, NOTE, None)
    alike = max(copies.identical, copies.same_weeks, copies.shuffled)
    said = f"{alike:.2%} identical, distance {copies.ratio:.2f} times that of real ones"
    return Target(name, wanted, said, alike == 0 and copies.ratio_high >= 1)


def first_lines(found: Realism) -> list[str]:
    """Return the verdict: one line for all, then one a target. What falls short is called so."""
    if not found.enough:
        return [f"not enough data: {found.reason}"]
    targets = targets_of(found)
    missed = [target for target in targets if target.met is False]
    unknown = sum(target.met is None for target in targets)
    head = f"{sum(target.met is True for target in targets)} of {len(targets) - unknown} targets met"
    if missed:
        head += f", FALLS SHORT in {', '.join(target.name for target in missed)}"
    if unknown:
        head += f" ({unknown} {NOTE})"
    return [
        head,
        *(f"  {t.verdict:<12} {t.name}: {t.found} (wanted: {t.wanted})" for t in targets if t.met is not None),
    ]
