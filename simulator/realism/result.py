"""What the realism report found, as one frozen record that becomes JSON and comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from evenhand.simulator.realism.parts import Bin, Cell, Copies, Coverage, FeatureGap, Moments, Number, Trajectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Realism"]


@dataclass(frozen=True)
class Realism:
    """How real a simulator is; AUCs of telling simulated from real customers (0.5 is perfect).

    NaN with `reason` when there is no answer. The parts from `moments` on are there in a full report only.
    """

    n: int  # held-out customers with a trip in the first half year
    weeks: int  # simulated forward
    joint: Number  # (past, future) against (past, simulated future)
    marginal: Number  # future against simulated future
    joint_sd: Number  # over simulated futures, each with one of the fold splits
    marginal_sd: Number
    copy_joint: Number  # (past, future) against (past, past)
    copy_marginal: Number  # future against past
    halves: Number  # (past, future) of one half of the customers against that of the other half
    halves_marginal: Number  # the same, future alone
    features: tuple[FeatureGap, ...]
    reason: str = ""  # why there are no figures
    futures: int = 0  # simulated for the AUCs
    splits: int = 0  # fold splits, over which the futures are shared out
    moments: Moments | None = None
    trajectories: tuple[Trajectory, ...] = ()
    cells: tuple[Cell, ...] = ()
    bins: tuple[Bin, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    copies: Copies | None = None

    @property
    def enough(self) -> bool:
        """Whether the data sufficed for figures."""
        return not self.reason

    @property
    def full(self) -> bool:
        """Whether everything was measured, not the AUCs and features alone."""
        return self.copies is not None

    def to_dict(self) -> dict[str, object]:
        """Return plain numbers; what is not known is None."""
        plain: dict[str, object] = _adapter().dump_python(self, mode="json")
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Realism:
        """Read what `to_dict` gave."""
        return _adapter().validate_python(plain)

    def __repr__(self) -> str:
        from evenhand.simulator.realism.targets import first_lines

        if not self.enough:
            return f"Realism: not enough data ({self.reason})"
        worst = sorted(self.features, key=lambda f: -abs(f.auc - 0.5))[:3]
        return "\n".join(
            [
                *first_lines(self),
                f"Realism: {self.n} held-out customers, {self.weeks} weeks forward (AUC; 0.50 is perfect)",
                f"  past and future jointly  {self.joint:.3f}   copying the past {self.copy_joint:.3f}"
                f"   two real halves {self.halves:.3f}",
                f"  future alone             {self.marginal:.3f}   copying the past {self.copy_marginal:.3f}"
                f"   two real halves {self.halves_marginal:.3f}",
                "  furthest off alone: " + ", ".join(f"{f.name} {f.auc:.3f}" for f in worst),
            ]
        )

    def plot(self) -> Figure:
        """Return a figure: the AUCs beside their yardsticks, and each feature's own."""
        from evenhand.simulator.realism.figures import summary_figure

        return summary_figure(self)

    def pictures(self) -> dict[str, Figure]:
        """Return every picture that the findings allow, by name."""
        from evenhand.simulator.realism.figures import pictures_of

        return pictures_of(self)


@cache
def _adapter() -> TypeAdapter[Realism]:
    return TypeAdapter(Realism)
