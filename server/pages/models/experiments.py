"""Experiments: the plan, the path, the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from evenhand.server.pages.models.frame import Page
from evenhand.server.pages.models.parts import Outcome, Person, Source
from evenhand.server.pages.models.request import Gate

__all__ = [
    "Check", "ExperimentPage", "ExperimentRow", "ExperimentsPage", "Look", "Path", "PlanPage", "Progress",
    "RegisteredRow",
]  # fmt: skip

Progress = Literal["running", "ended"]


@dataclass(frozen=True, kw_only=True)
class ExperimentRow:
    """One experiment in the list of them."""

    id: str
    title: str
    source: Source  # whether its customers were real
    progress: Progress
    starts: date
    ends: date  # the last day in the data so far
    units: int
    information: float  # share of the planned information at hand, 0 to 1
    decision: Literal["SHIP", "HOLD", "STOP", "INVALID"]  # of the last look


@dataclass(frozen=True, kw_only=True)
class RegisteredRow:
    """A plan that is registered."""

    policy: str
    plan_hash: str
    at: datetime
    by: Person


@dataclass(frozen=True, kw_only=True)
class PlanPage(Page):
    """Register a plan: choose a file, read what it says, confirm."""

    template: ClassVar[str] = "plan.html"
    place: ClassVar[str] = "experiments"

    policies: tuple[str, ...]  # that a plan can be about
    policy: str = ""  # that was chosen
    most_bytes: int = 0
    title: str = ""  # of the plan that was read; "" before one is
    hypothesis: str = ""
    plan: tuple[tuple[str, str], ...] = ()  # (what, said)
    plan_hash: str = ""
    content: str = ""  # of the plan, to be sent back as it was read
    known: datetime | None = None  # since when it is registered already
    key: str = ""
    error: str = ""
    mend: str = ""


@dataclass(frozen=True, kw_only=True)
class ExperimentsPage(Page):
    """All experiments that were looked at, and plans that wait for their data."""

    template: ClassVar[str] = "experiments.html"
    place: ClassVar[str] = "experiments"

    rows: tuple[ExperimentRow, ...]
    plans: tuple[RegisteredRow, ...] = ()  # registered, and not looked at yet
    may_register: bool = False


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at the data, in standard errors from no effect."""

    information: float
    z: float | None  # None: a look still to come, or one that nobody kept here
    upper: float  # shown to be better from here up; infinite where this look may not tell
    lower: float  # shown to harm from here down


@dataclass(frozen=True, kw_only=True)
class Path:
    """The looks at one primary metric."""

    metric: str
    looks: tuple[Look, ...]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One look at whether the data can be trusted."""

    name: str
    status: Literal["ok", "warning", "failed", "not enough data"]
    said: str


@dataclass(frozen=True, kw_only=True)
class ExperimentPage(Page):
    """One experiment."""

    template: ClassVar[str] = "experiment.html"
    place: ClassVar[str] = "experiments"

    id: str
    title: str
    source: Source
    progress: Progress
    hypothesis: str
    policy: str  # id of the policy on trial
    plan: tuple[tuple[str, str], ...]  # (what, said)
    plan_hash: str
    paths: tuple[Path, ...]  # of the primary metrics
    outcomes: tuple[Outcome, ...]
    checks: tuple[Check, ...]
    untestable: tuple[str, ...]  # groups for which there is not enough data
    gate: Gate
