"""The first visit: log in, bring a table, confirm what it means, take the tour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from evenhand.server.pages.models.frame import Page
from evenhand.server.pages.models.parts import Segment
from evenhand.server.pages.models.segmentations import Choice

__all__ = ["Column", "ErrorPage", "HelpPage", "LogInPage", "Remark", "SchemaPage", "TourPage", "UploadPage"]


@dataclass(frozen=True, kw_only=True)
class LogInPage(Page):
    """The log-in form."""

    template: ClassVar[str] = "log_in.html"

    name: str = ""
    error: Literal["", "wrong", "slow", "ended"] = ""
    wait: int = 0  # seconds until another try, for "slow"
    after: str = "/"


@dataclass(frozen=True, kw_only=True)
class UploadPage(Page):
    """Bring a customer table."""

    template: ClassVar[str] = "upload.html"
    place: ClassVar[str] = "start"

    most_bytes: int
    error: str = ""  # one line: file, row, column, value, rule
    mend: str = ""
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the table and what it was taken for."""

    name: str
    kind: Literal["number", "category", "flag", "text"]
    example: str  # a made-up or rounded value, never a customer's
    missing: float  # share of empty cells
    use: Literal["id", "feature", "protected", "consent", "ignore"]
    role: Literal["", "recency", "frequency", "monetary", "engagement"] = ""
    label: str = ""
    why: str = ""  # why it was taken for that
    sure: bool = True
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What the quality check says, and what to do."""

    severity: Literal["remark", "warning"]
    text: str
    mend: str


@dataclass(frozen=True, kw_only=True)
class SchemaPage(Page):
    """Confirm what each column is."""

    template: ClassVar[str] = "schema.html"
    place: ClassVar[str] = "start"

    table: str  # id of the upload
    file: str
    rows: int
    columns: tuple[Column, ...]
    remarks: tuple[Remark, ...]
    today: tuple[Segment, ...]  # what the segmentation would be with this schema
    error: str = ""
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class TourPage(Page):
    """One step of the tour through the demo's data."""

    template: ClassVar[str] = "tour.html"
    place: ClassVar[str] = "tour"

    step: int  # 1 to 5
    request: int | None  # a demo request to look at
    segmentation: str
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
