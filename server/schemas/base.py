"""What every request and answer has in common: no unknown fields, no NaN, bounded texts and numbers."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["After", "Answer", "Limit", "Page", "Posted", "Reason"]

Item = TypeVar("Item")


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
