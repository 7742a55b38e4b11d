"""What every request and answer has in common: no unknown fields, no NaN, bounded texts and numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

__all__ = ["After", "Answer", "Instant", "Limit", "Page", "Posted", "Reason", "Why", "example"]

Item = TypeVar("Item")


def example(**values: Any) -> ConfigDict:
    """Return the configuration that gives a schema its example."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class Posted(BaseModel):
    """What is sent: an unknown field is refused, since it may be a misspelt one."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class Answer(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True)


class Page(Answer, Generic[Item]):
    """Some of many."""

    items: list[Item]
    next: str | None = Field(description="Ask again with `after` set to this; null at the end.")


After = Annotated[
    str, Query(max_length=100, description="Only what comes behind this, from `next` of the page before.")
]
Limit = Annotated[int, Query(ge=1, le=500, description="Most items of a page.")]
Reason = Annotated[str, Field(min_length=1, max_length=2_000)]
# Bounded, so that every zone and every sum of it is still a date.
Instant = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 2, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC), examples=["2026-03-09T06:00:00Z"]),
    AfterValidator(lambda instant: instant.astimezone(UTC)),
]


class Why(Posted):
    """Why something is done; others will read it."""

    model_config = example(reason="Too many unsubscribe.")

    reason: Reason
