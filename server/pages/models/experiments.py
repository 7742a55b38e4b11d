"""Experiments: the plan, the path, the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from evenhand.server.pages.models.frame import Page
from evenhand.server.pages.models.parts import Outcome
from evenhand.server.pages.models.request import Gate

__all__ = ["ExperimentPage", "ExperimentRow", "ExperimentsPage", "Look", "Progress"]

Progress = Literal["planned", "running", "ended"]


@dataclass(frozen=True, kw_only=True)
class ExperimentRow:
    """One experiment in the list of them."""

    id: str
    title: str
    progress: Progress
    starts: date
    ends: date
    customers: int
    information: float  # share of the planned information at hand, 0 to 1
    decision: str = ""


@dataclass(frozen=True, kw_only=True)
class ExperimentsPage(Page):
    """All experiments."""

    template: ClassVar[str] = "experiments.html"
    place: ClassVar[str] = "experiments"

    rows: tuple[ExperimentRow, ...]


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at the data, in standard errors from no effect."""

    information: float
    z: float | None  # None: a look still to come
    upper: float  # shown to be better from here up
    lower: float  # shown to harm from here down


@dataclass(frozen=True, kw_only=True)
class ExperimentPage(Page):
    """One experiment."""

    template: ClassVar[str] = "experiment.html"
    place: ClassVar[str] = "experiments"

    id: str
    title: str
    progress: Progress
    hypothesis: str
    plan: tuple[tuple[str, str], ...]  # (what, said)
    plan_hash: str
    metric: str
    looks: tuple[Look, ...]
    outcomes: tuple[Outcome, ...]
    checks: tuple[tuple[str, bool, str], ...]  # (integrity check, passed, said)
    untestable: tuple[str, ...]  # groups for which there is not enough data
    gate: Gate | None
    report: str = ""  # address of the whole report
