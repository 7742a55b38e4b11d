"""Parts of `report.json` that describe what was put in: data, realism, simulator, segmentations, learning."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

if TYPE_CHECKING:
    from evenhand.simulator.realism import Realism as Measured

__all__ = [
    "Auc",
    "AuditedAttribute",
    "AuditedGroup",
    "CurvePoint",
    "Data",
    "Learning",
    "Parameter",
    "Part",
    "QualityCheck",
    "Realism",
    "SeedCurve",
    "SegmentPart",
    "SegmentationPart",
    "Settings",
    "SimulatorPart",
    "Source",
]


class Part(BaseModel):
    """Base of every part: unknown keys and infinite numbers are refused, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, from_attributes=True)


def _missing(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value


# JSON has no NaN: a number that does not exist (the rate of an empty group) is null.
MaybeNumber = Annotated[float | None, BeforeValidator(_missing)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]


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
    per_feature: dict[str, Share] = Field(
        default_factory=dict
    )  # each feature alone; below 0.5 it is too small

    @classmethod
    def of(cls, found: Measured) -> Realism | None:
        """Return what the simulator's realism report found; None when there were too few customers for it."""
        if not found.enough:
            return None
        return cls(
            joint=Auc(
                simulated=found.joint, copy_past=found.copy_joint, real_halves=found.halves, sd=found.joint_sd
            ),
            # The two real halves are compared on past and future together, the harder of the two tests.
            marginal=Auc(
                simulated=found.marginal,
                copy_past=found.copy_marginal,
                real_halves=None,
                sd=found.marginal_sd,
            ),
            n=found.n,
            features=tuple(one.name for one in found.features),
            periods=found.weeks,
            per_feature={one.name: one.auc for one in found.features},
        )


class Parameter(Part):
    """One number of the simulator, its interval, and whether the data or a stated prior gave it."""

    name: str
    value: float
    low: MaybeNumber = None
    high: MaybeNumber = None
    origin: Literal["calibrated", "prior"]
    source: str


class SimulatorPart(Part):
    """Everything that the simulator assumes."""

    parameters: tuple[Parameter, ...]
    hash: str = ""
    notes: tuple[str, ...] = ()  # what a reader must know about the calibration


class SegmentPart(Part):
    """One segment as a reader meets it; the default segment comes last."""

    id: str
    name: str
    sentence: str
    campaign: str
    campaign_name: str
    beneficial: bool = False
    share: Share  # of the customers
    customers: Count


class AuditedGroup(Part):
    """Rate of beneficial offers in one group; `why_not` says why it is left out of the gap, if it is."""

    group: str
    n: Count
    share: Share
    constrained: bool
    why_not: str = ""
    rate: MaybeNumber
    low: MaybeNumber = None
    high: MaybeNumber = None


class AuditedAttribute(Part):
    """Audit of one protected attribute; built straight from `evenhand.fairness.AttributeAudit`."""

    attribute: str
    label: str
    groups: tuple[AuditedGroup, ...]
    gap: MaybeNumber
    tolerance: float | None = None
    share_unknown: Share


class SegmentationPart(Part):
    """A segmentation: its JSON form, its segments in plain words, and who benefits from it."""

    segmentation: dict[str, JsonValue]
    segments: tuple[SegmentPart, ...]
    changes: tuple[str, ...] = ()  # sentences: what differs from today
    audit: tuple[AuditedAttribute, ...] = ()


class CurvePoint(Part):
    """One validation during learning; `gain` is profit per customer and period over today's mean."""

    steps: Count
    gain: float
    gap: float | None = None
    multiplier: float | None = None


class SeedCurve(Part):
    """Validations of one training seed; `chosen` are the steps of the checkpoint that was kept."""

    seed: int
    points: tuple[CurvePoint, ...]
    chosen: int | None = None


class Learning(Part):
    """Learning curves, with the same gain of the best feasible baseline for reference."""

    seeds: tuple[SeedCurve, ...]
    tolerance: float | None = None
    reference: float | None = None
    reference_label: str = ""


class Settings(Part):
    """Budgets and rules of the run; `other` holds whatever else changes the numbers."""

    steps: Count
    seeds: Count
    populations: Count  # unseen ones, in the evidence
    periods: Count  # of an episode
    period: str = "week"
    level: float = 0.95
    currency: str = ""
    feasibility: str = ""  # one sentence: when a policy counts as feasible
    other: dict[str, bool | int | float | str] = Field(default_factory=dict)
