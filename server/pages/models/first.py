"""The first visit: log in, bring a table, confirm what it means, take the tour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from evenhand.server.arriving.looked import Use
from evenhand.server.pages.models.frame import Page
from evenhand.server.pages.models.parts import Segment
from evenhand.server.pages.models.segmentations import Choice

__all__ = [
    "Attribute", "CampaignField", "Column", "ErrorPage", "HelpPage", "LogInPage", "SchemaPage", "TodayPage", "TourPage",
    "UploadPage", "Waiting",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LogInPage(Page):
    """The log-in form."""

    template: ClassVar[str] = "log_in.html"

    name: str = ""
    error: Literal["", "wrong", "slow", "ended"] = ""
    wait: int = 0  # seconds until another try, for "slow"
    after: str = "/"


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A table that its owner has sent already and not yet confirmed."""

    table: str  # its id
    file: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class UploadPage(Page):
    """Bring a customer table."""

    template: ClassVar[str] = "upload.html"
    place: ClassVar[str] = "start"

    most_bytes: int
    most_rows: int
    error: str = ""  # one line: file, row, column, value, rule
    mend: str = ""
    waiting: Waiting | None = None


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the table and what it was taken for."""

    name: str
    kind: Literal["number", "category", "flag", "text"]
    use: Use
    example: str = ""  # rounded, or what many customers share: never one customer's
    missing: float = 0.0  # share of empty cells
    role: Literal["", "recency", "frequency", "monetary", "engagement"] = ""
    label: str = ""
    why: str = ""  # why it was taken for that, a code of the words
    check: bool = False  # a person should look at it
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class CampaignField:
    """A campaign as it is typed in."""

    name: str = ""
    channel: Literal["email", "sms", "web", "mail"] = "email"
    cost: str = ""
    discount: str = ""
    beneficial: bool = False
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class SchemaPage(Page):
    """Say what each column is, and what is sent."""

    template: ClassVar[str] = "schema.html"
    place: ClassVar[str] = "start"

    table: str  # id of the upload
    file: str
    rows: int
    title: str
    columns: tuple[Column, ...]
    campaigns: tuple[CampaignField, ...]
    trouble: Literal["", "id", "feature"] = ""  # what nobody could guess
    error: str = ""
    mend: str = ""


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """A protected attribute and how many customers belong to each of its groups."""

    name: str
    groups: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class TodayPage(Page):
    """The first segmentation, before it is in force."""

    template: ClassVar[str] = "today.html"
    place: ClassVar[str] = "start"

    table: str
    file: str
    title: str
    segments: tuple[Segment, ...]
    customers: int
    reachable: int  # who consented to at least one channel
    remarks: tuple[str, ...]  # what is to be known, in the reader's language
    attributes: tuple[Attribute, ...]
    error: str = ""
    mend: str = ""
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class TourPage(Page):
    """One step of the tour, on a made-up shop."""

    template: ClassVar[str] = "tour.html"
    place: ClassVar[str] = "tour"

    step: int  # 1 to 5
    request: int | None  # the newest one here, to look at
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HelpPage(Page):
    """Every term explained."""

    template: ClassVar[str] = "help.html"
    place: ClassVar[str] = "help"

    roles: tuple[Choice, ...] = ()  # who may do what on this server


@dataclass(frozen=True, kw_only=True)
class ErrorPage(Page):
    """What went wrong, by which rule, and what to do."""

    template: ClassVar[str] = "error.html"

    status: Literal[400, 401, 403, 404, 409, 413, 422, 429, 500, 503]
    detail: str = ""
    rule: str = ""
    mend: str = ""
    request_id: str = ""
    back: str = "/"
