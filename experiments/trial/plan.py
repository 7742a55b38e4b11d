"""The plan of an experiment: what is compared, how it is judged and when, fixed before the first row of data."""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, model_validator

from evenhand.customers.campaign_plan import HELD_BACK, OUTSIDE
from evenhand.customers.toml import dump_toml
from evenhand.errors import ArtefactError, DataError, EvenhandError, nearest
from evenhand.experiments.sequential import Monitoring
from evenhand.experiments.trial.arms import with_files_read
from evenhand.experiments.trial.assignment import buckets, exact_share
from evenhand.experiments.trial.looks import Looks, PlannedLooks
from evenhand.experiments.trial.parts import (
    Arm,
    Expected,
    FairnessMargin,
    Guardrail,
    Metric,
    Name,
    Part,
    ProportionMetric,
    strictly,
)
from evenhand.segments import content_hash

__all__ = ["ExperimentPlan"]

P = TypeVar("P", bound="Arm | Metric")


class ExperimentPlan(Part):
    """Everything that is decided about an experiment before its data; its `sha256` stands for all of it.

    Two plans are the same exactly when their hashes are. Tests are two-sided with error rate `alpha`.
    """

    format: Literal["evenhand experiment plan"] = "evenhand experiment plan"
    version: Literal[1] = 1
    name: Name
    hypothesis: str = Field(min_length=1)
    arms: Annotated[tuple[Arm, ...], Field(min_length=2)]
    control: Name
    unit: Name = "customer_id"  # the column of what is counted
    cluster: Name | None = None  # the column of what is randomised, if not the unit
    metrics: Annotated[tuple[Metric, ...], Field(min_length=1)]
    primary: Annotated[tuple[Name, ...], Field(min_length=1)]
    covariates: tuple[Name, ...] = ()  # measured before the trial, for CUPED
    guardrails: tuple[Guardrail, ...] = ()
    fairness: tuple[FairnessMargin, ...] = ()
    looks: Looks = PlannedLooks()
    weeks: int = Field(ge=1, le=104)  # before which nothing ships
    washout_weeks: int = Field(0, ge=0, le=52)
    salt: Name
    holdback: float = Field(0.0, ge=0, lt=1)  # share of all units kept out of every trial
    alpha: float = Field(0.05, gt=0, le=0.5)
    power: float = Field(0.8, gt=0.5, lt=1)
    shared_budget: bool = False  # do the arms spend from one purse?
    expected: Expected

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        metrics, arms = [metric.name for metric in self.metrics], [arm.name for arm in self.arms]
        guarded, assumed = [g.metric for g in self.guardrails], [a.metric for a in self.expected.metrics]
        _once(arms, "arm")
        _once(metrics, "metric")
        _once(self.primary, "primary metric")
        _once([*self.primary, *guarded], "metric as primary or guardrail")
        _once(assumed, "assumption about")
        _once([f"{f.attribute}, {f.criterion}" for f in self.fairness], "fairness margin of")
        _known([self.control], arms, "control", "an arm")
        _known([*self.primary, *guarded, *assumed], metrics, "metric", "declared")
        _known([*self.primary, *guarded], assumed, "metric", "among the expected ones, which power needs")
        _assignable(self)
        if self.cluster is None and self.expected.icc > 0:
            raise ValueError("expected: an icc without a cluster: name the column of what is randomised")
        self._assumptions_fit()
        return self

    def _assumptions_fit(self) -> None:
        for assumption in self.expected.metrics:
            if isinstance(self.metric(assumption.metric), ProportionMetric):
                if not 0 < assumption.mean < 1:
                    raise ValueError(f"expected: {assumption.metric} is a proportion: 0 < mean < 1")
            elif assumption.sd is None:
                raise ValueError(f"expected: {assumption.metric} needs its standard deviation, sd")
        for name in self.primary:
            if self.expected.of(name).effect is None:
                raise ValueError(f"expected: {name} is primary: name the least effect worth finding, effect")
        for guard in self.guardrails:
            if guard.relative and self.expected.of(guard.metric).mean == 0:
                raise ValueError(f"guardrail {guard.metric}: a share of 0 is no margin: make it absolute")

    @property
    def sha256(self) -> str:
        """Return the hash of the canonical JSON of everything in the plan."""
        return content_hash(self.model_dump(mode="json"))

    @property
    def challengers(self) -> tuple[str, ...]:
        """Return the names of all arms but the control."""
        return tuple(arm.name for arm in self.arms if arm.name != self.control)

    def units_after(self, weeks: int) -> int:
        """Return how many units are planned in all arms together after so many weeks, those held back left out."""
        return math.floor((self.expected.units + self.expected.units_per_week * weeks) * (1 - self.holdback))

    @property
    def monitoring(self) -> Monitoring:
        """Return how the bounds of looks are found."""
        return self.looks.monitoring

    def arm(self, name: str) -> Arm:
        """Return an arm by name; DataError when there is none."""
        return _by_name(self.arms, name, "arm")

    def metric(self, name: str) -> Metric:
        """Return a metric by name; DataError when there is none."""
        return _by_name(self.metrics, name, "metric")

    def changed(self, **changes: Any) -> ExperimentPlan:
        """Return another plan with these fields in place; DataError where it would not be valid."""
        return self.from_dict({**self.model_dump(mode="json"), **changes})

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, where: str = "plan") -> ExperimentPlan:
        """Return the plan that plain values describe; DataError says where it is not valid."""
        return strictly(cls, values, where=where)

    @classmethod
    def from_toml(cls, text: str, *, where: str = "plan.toml", folder: Path = Path()) -> ExperimentPlan:
        """Read a plan as people write it; ArtefactError for broken TOML, DataError for a plan that is not valid.

        An arm may name a `file`, relative to `folder`, instead of name and hash of what it holds.
        """
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ArtefactError(f"is no TOML: {error}", where=where) from None
        return cls.from_dict(with_files_read(values, folder), where=where)

    def to_toml(self) -> str:
        """Return the plan as TOML, which reads back as the same plan."""
        return dump_toml(self.model_dump(mode="json", exclude_none=True))

    @classmethod
    def load(cls, path: Path) -> ExperimentPlan:
        """Read a plan from a TOML file, as people write it before it is registered."""
        if not path.is_file():
            raise ArtefactError("there is no such file", where=str(path), mend="write one with `evenhand ab plan`")
        try:
            text = path.read_text(encoding="utf-8-sig")  # some editors put a mark before the first sign
        except UnicodeDecodeError as error:
            raise ArtefactError(f"is no TOML: {error}", where=str(path), rule="TOML is UTF-8") from None
        return cls.from_toml(text, where=str(path), folder=path.parent)


def _by_name(parts: Iterable[P], name: str, what: str) -> P:
    found = {part.name: part for part in parts}
    if name not in found:
        close = nearest(name, found)
        mend = f"did you mean {close!r}?" if close else f"it has {', '.join(found)}"
        raise DataError(f"the plan has no {what} {name!r}", mend=mend)
    return found[name]


def _assignable(plan: ExperimentPlan) -> None:
    """Refuse what `trial.assignment` will refuse: a plan that nobody can be assigned by would be registered in vain."""
    if taken := {HELD_BACK, OUTSIDE} & {arm.name for arm in plan.arms}:
        raise ValueError(f"an arm is called {min(taken)!r}, a word of campaign plans: rename it")
    try:
        shares = sum(exact_share(arm.share) for arm in plan.arms)
        if shares != 1:
            raise ValueError(f'the arms\' shares add up to {float(shares)!r}, not to exactly 1; write thirds as "1/3"')
        buckets(plan.salt, "arm", [])
    except EvenhandError as error:
        raise ValueError(f"{error.what}: {error.rule}") from None


def _once(names: Iterable[str], what: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{what} {twice[0]!r} stands twice")


def _known(names: Iterable[str], known: list[str], what: str, being: str) -> None:
    for name in names:
        if name not in known:
            close = nearest(name, known)
            raise ValueError(f"{what} {name!r} is not {being}" + (f"; did you mean {close!r}?" if close else ""))
