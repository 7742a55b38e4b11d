"""Parts of `report.json` on what the run stands on: the data, the simulator, and how real that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from evenhand.experiments.report.base import Count, MaybeNumber, Part, Share

if TYPE_CHECKING:
    from evenhand.simulator.realism import Realism as Measured

__all__ = ["Auc", "Data", "Parameter", "QualityCheck", "Realism", "SimulatorPart", "Source"]


class Source(Part):
    """Where a table came from: file or package, its rows, content hash, and its licence notices."""

    name: str
    rows: Count
    sha256: str = ""
    notices: tuple[str, ...] = ()


class QualityCheck(Part):
    """One remark on the data: how serious, what, how many rows, and what to do about it."""

    level: str
    what: str
    count: Count = 0
    mend: str = ""


class Data(Part):
    """The customers that the run stood on."""

    name: str
    customers: Count
    rows: dict[str, int]  # table name -> rows
    sources: tuple[Source, ...]
    quality: tuple[QualityCheck, ...] = ()


class Auc(Part):
    """Areas under the curve of a classifier that tells real customers from made-up ones: 0.5 is a coin."""

    simulated: Share  # held-out customers simulated forward from their past
    copy_past: Share  # each customer repeats their own past
    real_halves: MaybeNumber  # two random halves of real customers: the floor that noise sets
    sd: MaybeNumber = None  # of `simulated`, over repetitions


class Realism(Part):
    """Classifier two-sample test of held-out customers simulated forward against what they really did."""

    joint: Auc  # on (past, future) together
    marginal: Auc  # on the future alone
    n: Count  # held-out customers
    features: tuple[str, ...]
    periods: Count = 0  # simulated forward
    per_feature: dict[str, Share] = Field(default_factory=dict)  # each feature alone; below 0.5 it is too small

    @classmethod
    def of(cls, found: Measured) -> Realism | None:
        """Return what the simulator's realism report found; None when there were too few customers for it."""
        if not found.enough:
            return None
        return cls(
            joint=Auc(simulated=found.joint, copy_past=found.copy_joint, real_halves=found.halves, sd=found.joint_sd),
            marginal=Auc(
                simulated=found.marginal,
                copy_past=found.copy_marginal,
                real_halves=found.halves_marginal,
                sd=found.marginal_sd,
            ),
            n=found.n,
            features=tuple(one.name for one in found.features),
            periods=found.weeks,
            per_feature={one.name: one.auc for one in found.features},
        )


class Parameter(Part):
    """One number of the simulator, its interval, and whether the data, a stated prior or a scenario gave it."""

    name: str
    value: float
    low: MaybeNumber = None
    high: MaybeNumber = None
    origin: Literal["calibrated", "prior", "scenario"]
    source: str


class SimulatorPart(Part):
    """Everything that the simulator assumes."""

    parameters: tuple[Parameter, ...]
    hash: str = ""
    notes: tuple[str, ...] = ()  # what a reader must know about the calibration
