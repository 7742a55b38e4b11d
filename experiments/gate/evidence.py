"""What a trial found, as one typed document: estimates, counts of groups, integrity checks and where it comes from."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from evenhand.errors import ArtefactError, RuleError
from evenhand.experiments.gate.once import write_once
from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.inference.fairness import Criterion, GroupCount
from evenhand.experiments.trial.check import Check
from evenhand.experiments.trial.parts import Part, strictly
from evenhand.segments import content_hash
from evenhand.segments.canonical import read_json

__all__ = ["EstimateRecord", "Evidence", "FairnessCounts", "GroupTally", "MetricResult", "Origin", "Sha256"]

Origin = Literal["simulated", "logged", "live"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]


class EstimateRecord(Part):
    """An estimate as plain numbers; no `df` means the normal distribution."""

    value: float
    se: float = Field(gt=0)
    df: float | None = Field(None, gt=0)

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        """Return the record of an estimate."""
        df = estimate.df if math.isfinite(estimate.df) else None
        return cls(value=estimate.value, se=estimate.se, df=df)

    @property
    def estimate(self) -> Estimate:
        """Return the estimate."""
        return Estimate(self.value, self.se, math.inf if self.df is None else self.df)


class MetricResult(Part):
    """The effect on one metric: challenger minus control, and relative to the control where that is meant."""

    metric: str
    difference: EstimateRecord
    lift: EstimateRecord | None = None  # difference over the control's value; needed by relative margins

    @classmethod
    def of(cls, metric: str, difference: Estimate, lift: Estimate | None = None) -> Self:
        """Return the result of an analysis."""
        relative = None if lift is None else EstimateRecord.of(lift)
        return cls(metric=metric, difference=EstimateRecord.of(difference), lift=relative)


class GroupTally(Part):
    """Units of a group in an arm, and how many had the benefit or the harm; see `inference.fairness`.

    Where a benefit is a share 0..1 of each unit, `positive` is their sum; intervals then err on the wide side.
    """

    n: Count
    positive: float = Field(ge=0)

    @property
    def count(self) -> GroupCount:
        """Return the count."""
        return GroupCount(self.n, self.positive)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.positive > self.n:
            raise ValueError(f"{self.positive:g} of {self.n} units")
        return self


class FairnessCounts(Part):
    """Counts of every group of one protected attribute, by one criterion, in both arms."""

    attribute: str
    criterion: Criterion
    control: dict[str, GroupTally]
    treatment: dict[str, GroupTally]


class Evidence(Part):
    """Everything the gate judges one challenger on, from one source.

    Evidence of different origins stands in documents of its own: simulated numbers never mix with live ones. `looks`
    are the shares of the planned information at all looks so far, the present one last. `final` says that no look
    will follow, for a reason that has nothing to do with the effect.
    """

    format: Literal["evenhand evidence"] = "evenhand evidence"
    version: Literal[1] = 1
    origin: Origin
    plan_sha256: Sha256
    data_sha256: Sha256
    policy_sha256: Sha256  # of what the challenger's units really got
    arm: str
    start: date
    until: date  # the last day in the data
    units: dict[str, Count]  # by arm
    looks: Annotated[tuple[float, ...], Field(min_length=1)]
    final: bool = False
    metrics: tuple[MetricResult, ...]
    fairness: tuple[FairnessCounts, ...] = ()
    design_effect: float = Field(1.0, ge=1)  # of clusters, for the counts
    integrity: tuple[Check, ...] = ()
    support: Check | None = None  # of logged data: do the logs hold what the challenger would have done?

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.until < self.start:
            raise ValueError(f"the data end on {self.until}, before they start on {self.start}")
        if any(a >= b for a, b in zip((0.0, *self.looks), self.looks, strict=False)):
            raise ValueError("looks: shares of the information rise from above 0")
        for name, keys in (
            ("metric", [result.metric for result in self.metrics]),
            ("fairness counts of", [f"{f.attribute}, {f.criterion}" for f in self.fairness]),
        ):
            if len(set(keys)) < len(keys):
                raise ValueError(f"{name} {next(k for k in keys if keys.count(k) > 1)!r} stands twice")
        return self

    @property
    def sha256(self) -> str:
        """Return the hash of the canonical JSON of the whole document."""
        return content_hash(self.model_dump(mode="json"))

    @property
    def days(self) -> int:
        """Return how many days the data span, both ends included."""
        return (self.until - self.start).days + 1

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, where: str = "evidence") -> Evidence:
        """Return the evidence that plain values describe; DataError says where they are not valid."""
        return strictly(cls, values, where=where)

    def save(self, path: Path) -> Path:
        """Write the evidence, once and read-only; ArtefactError where something else is there already."""
        return write_once(self.model_dump_json(indent=2) + "\n", path, other="other evidence")

    @classmethod
    def load(cls, path: Path) -> Evidence:
        """Read evidence from a JSON file; ArtefactError where it is no such file, DataError where it is not valid."""
        try:
            values = read_json(path.read_bytes(), where=str(path))
        except FileNotFoundError:
            raise ArtefactError("there is no such evidence", where=str(path)) from None
        except RuleError as error:
            raise ArtefactError(error.what, where=str(path), mend=error.mend) from None
        if not isinstance(values, dict):
            raise ArtefactError("is no evidence", where=str(path), rule="one JSON object")
        return cls.from_dict(values, where=str(path))
