"""The parts of an experiment's plan: arms, metrics, guardrails, fairness margins and what is expected."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from evenhand.errors import DataError, EvenhandError, nearest
from evenhand.experiments.inference.fairness import Against, Criterion
from evenhand.experiments.trial.assignment import exact_share

__all__ = [
    "Arm",
    "Assumption",
    "Expected",
    "FairnessMargin",
    "Guardrail",
    "MeanMetric",
    "Metric",
    "Name",
    "Part",
    "ProportionMetric",
    "QuantileMetric",
    "RatioMetric",
    "strictly",
]

Name = Annotated[str, Field(min_length=1, max_length=100)]
Share = Annotated[float, Field(gt=0, lt=1)]


def _fraction(value: Any) -> Any:
    """Return the number that a text such as "1/3" says; anything else as it is, for the field to judge."""
    if isinstance(value, str):
        try:
            return float(exact_share(value))
        except EvenhandError as error:
            raise ValueError(f"{error.what}: {error.rule}") from None
    return value


ExactShare = Annotated[Share, BeforeValidator(_fraction)]  # of units: thirds may be written "1/3"


class Part(BaseModel):
    """Base of all parts: frozen, strict about names, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


P = TypeVar("P", bound=Part)


def strictly(kind: type[P], values: Any, *, where: str) -> P:
    """Return the part that plain values describe; DataError says where they are not valid.

    By the rules of JSON: true is no number, "4" is none either, and 1772409600 is no date. Read leniently, a standard
    error of `true` would be 1.
    """
    try:
        return kind.model_validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        found = error.errors()  # a misspelt name before the one that is missing for it
        first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
        at = ".".join(str(part) for part in first["loc"])
        message = str(first["msg"]).removeprefix("Value error, ")
        known = nearest(str(first["loc"][-1]), kind.model_fields) if first["type"] == "extra_forbidden" else None
        mend = f"did you mean {known!r}?" if known else None
        raise DataError(f"{at}: {message}" if at else message, where=where, mend=mend) from None


class Arm(Part):
    """What one share of the units gets: a frozen segmentation or policy, by name and content hash."""

    name: Name
    share: ExactShare
    kind: Literal["segmentation", "policy"] = "segmentation"
    of: Name
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class _Metric(Part):
    name: Name
    direction: Literal["up", "down"] = "up"  # which way is better
    non_negative: bool = False  # a value below 0 is a fault of the data


class MeanMetric(_Metric):
    """The mean of a column over units."""

    kind: Literal["mean"] = "mean"
    column: Name


class ProportionMetric(_Metric):
    """The share of units whose column is true or 1."""

    kind: Literal["proportion"] = "proportion"
    column: Name


class RatioMetric(_Metric):
    """The sum of one column over the sum of another one, such as margin per order."""

    kind: Literal["ratio"] = "ratio"
    numerator: Name
    denominator: Name


class QuantileMetric(_Metric):
    """A quantile of a column over units."""

    kind: Literal["quantile"] = "quantile"
    column: Name
    quantile: Share = 0.5


Metric = Annotated[MeanMetric | ProportionMetric | RatioMetric | QuantileMetric, Field(discriminator="kind")]


class Guardrail(Part):
    """A metric that must not get worse by `margin`, in its own units or, if `relative`, as a share of the control."""

    metric: Name
    margin: float = Field(gt=0)
    relative: bool = False


class FairnessMargin(Part):
    """By how much one group may fall short of another one; see `inference.fairness`.

    `testable` is filled in when the plan is made, by power: nobody names it by hand.
    """

    attribute: Name
    criterion: Criterion = "benefit"
    margin: float = Field(0.05, gt=0, lt=1)
    against: Against = "control"
    rate: Share = 0.3  # expected in every group
    gap: float = Field(0.0, ge=0, lt=1)  # expected in the control arm
    groups: dict[Name, ExactShare]  # share of the trial's units; for entitled benefit of its entitled units among all
    testable: tuple[Name, ...] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.groups) < 2:
            raise ValueError(f"{self.attribute}: fairness compares two groups or more")
        if sum(self.groups.values()) > 1 + 1e-9:
            raise ValueError(f"{self.attribute}: the groups' shares add up to more than 1")
        if strange := set(self.testable or ()) - set(self.groups):
            raise ValueError(f"{self.attribute}: testable group {sorted(strange)[0]!r} is not among the groups")
        return self


class Assumption(Part):
    """What is known of a metric before the trial, for its power.

    `sd` is the standard deviation of one unit's part in the estimate, so that the standard error of an arm of n units
    is sd / sqrt(n): of the values for a mean (a proportion needs none), of (y - R x) / mean(x) for a ratio R, and
    sqrt(q (1 - q)) / density for a quantile. `r2` is the share of the variance that covariates explain. `effect`, of a
    primary metric, is the least one worth finding, in the metric's units and its better direction.
    """

    metric: Name
    mean: float
    sd: float | None = Field(None, gt=0)
    r2: float = Field(0.0, ge=0, lt=1)
    effect: float | None = Field(None, gt=0)


class Expected(Part):
    """What the plan reckons with: how many units there are and how the metrics behave."""

    units: int = Field(0, ge=0)  # there at the start
    units_per_week: int = Field(0, ge=0)  # that come later
    cluster_size: float = Field(1.0, ge=1)  # mean number of units in a cluster
    cluster_size_cv: float = Field(0.0, ge=0)  # standard deviation of the size over its mean
    icc: float = Field(0.0, ge=0, le=1)  # correlation of two units of one cluster
    metrics: tuple[Assumption, ...] = ()

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.units and not self.units_per_week:
            raise ValueError("expected: neither units nor units_per_week: nobody would take part")
        return self

    def of(self, metric: str) -> Assumption:
        """Return the assumption about a metric; there is one of every primary metric and guardrail."""
        return next(found for found in self.metrics if found.metric == metric)
