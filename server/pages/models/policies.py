"""Policies: what recommends, what it was tested on, whether it may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from evenhand.server.pages.models.frame import Page
from evenhand.server.pages.models.parts import Estimate, Evidence, Level, Outcome, Segment
from evenhand.server.pages.models.request import Gate

__all__ = ["Beginning", "Calibration", "Curve", "PoliciesPage", "PolicyPage", "PolicyRow", "Rival"]


@dataclass(frozen=True, kw_only=True)
class PolicyRow:
    """One policy in the list of them."""

    id: str
    level: Level
    uploaded_at: datetime
    uploaded_by: str
    champion_of: tuple[str, ...]
    outcome: Outcome | None
    accepted: int  # recommendations that people approved
    recommended: int


@dataclass(frozen=True, kw_only=True)
class PoliciesPage(Page):
    """All policies."""

    template: ClassVar[str] = "policies.html"
    place: ClassVar[str] = "policies"

    rows: tuple[PolicyRow, ...]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """How one training seed learned: validation profit against steps."""

    name: str
    steps: tuple[int, ...]
    values: tuple[float, ...]
    kept: int | None = None  # steps at which its policy was kept


@dataclass(frozen=True, kw_only=True)
class Rival:
    """One line of the comparison on unseen populations."""

    name: str
    profit: Estimate
    gap: float | None  # the largest of the limited attributes; None: none was measured
    fair: bool
    self: bool = False


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What one applied change was predicted to bring, and what came."""

    request: int
    title: str
    predicted: Estimate
    realised: Estimate

    @property
    def agrees(self) -> bool:
        """Whether the intervals of what was predicted and of what came share a value."""
        return self.predicted.low <= self.realised.high and self.realised.low <= self.predicted.high


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """The plan that a policy begins with."""

    segments: tuple[Segment, ...]
    standing: Literal["", "first", "begun", "unfit"] = ""  # beside what runs; "": the segmentation is not here
    others: tuple[str, ...] = ()  # features, campaigns and the like that differ from what runs
    request: int | None = None  # that asks for it, while it is open
    may_ask: bool = False


@dataclass(frozen=True, kw_only=True)
class PolicyPage(Page):
    """One policy: its card, its evidence, the gate."""

    template: ClassVar[str] = "policy.html"
    place: ClassVar[str] = "policies"

    id: str
    level: Level
    segmentation: str
    card: tuple[tuple[str, str], ...]  # (what, said), from the signed manifest
    beginning: Beginning | None = None  # None: it begins with what runs
    limits: tuple[str, ...]  # what it must not be used for, and what it does not know
    sha256: str
    signed_by: str
    curves: tuple[Curve, ...]
    baseline: float | None  # validation profit of what learning began with: the best fair alternative
    rivals: tuple[Rival, ...]
    gate: Gate | None
    evidence: tuple[Evidence, ...]
    calibration: tuple[Calibration, ...]
    champion: bool
    may_promote: bool = False
    key: str = ""
