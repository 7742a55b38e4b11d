"""The audit log: search it, check it, take it away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from evenhand.server.pages.models.frame import Page
from evenhand.server.pages.models.parts import Person

__all__ = ["AuditFilters", "AuditPage", "AuditRow", "Checked"]


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    """One row of the log."""

    sequence: int
    at: datetime
    actor: Person
    action: str
    subject: str
    details: str  # canonical JSON
    hash: str


@dataclass(frozen=True, kw_only=True)
class AuditFilters:
    """What is searched for."""

    subject: str = ""  # whole, such as requests/12
    actor: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the check of the chain found."""

    whole: bool
    rows: int
    at: datetime
    head: str  # hash of the newest row
    broken: int | None = None  # sequence of the first row that does not fit
    against: datetime | None = None  # the exported head that it was held against


@dataclass(frozen=True, kw_only=True)
class AuditPage(Page):
    """One leaf of the log."""

    template: ClassVar[str] = "audit.html"
    place: ClassVar[str] = "audit"

    filters: AuditFilters
    actions: tuple[str, ...]
    rows: tuple[AuditRow, ...]
    total: int
    checked: Checked | None
    may_verify: bool = False
    older: str = ""
    newer: str = ""
    key: str = ""
