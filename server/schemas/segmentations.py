"""Segmentations, their versions and what differs between two, as they are sent and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field

from evenhand.registry.requests.change import differing
from evenhand.registry.segmentations import Fate, Record, Version
from evenhand.segments import Segmentation
from evenhand.server.schemas.base import Answer, Posted, example

__all__ = [
    "EXAMPLE",
    "SLUG",
    "Difference",
    "From",
    "NewSegmentation",
    "SegmentationDetail",
    "SegmentationName",
    "SegmentationShown",
    "SlugText",
    "To",
    "VersionNumber",
    "VersionShown",
    "VersionWhole",
]

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
SlugText = Annotated[str, Field(pattern=SLUG, max_length=60, examples=["winter"])]
SegmentationName = Annotated[
    str, Path(pattern=SLUG, max_length=60, description="Name of a segmentation.", examples=["winter"])
]
VersionNumber = Annotated[int, Path(ge=1, lt=2**31, description="Number of a version.", examples=[1])]
From = Annotated[int, Query(alias="from", ge=1, lt=2**31, description="The version before.", examples=[1])]
To = Annotated[int, Query(ge=1, lt=2**31, description="The version after.", examples=[2])]

EXAMPLE: dict[str, Any] = {
    "schema_version": 1,
    "catalogue": {
        "features": [{"name": "recency", "label": "days since last purchase", "unit": "days"}],
        "campaigns": [{"id": "B", "name": "Come back", "cost": 0.1, "discount": 2.0}],
        "protected": ["age_group"],
    },
    "segments": [
        {
            "id": "lapsed",
            "name": "Lapsed",
            "rule": {"combinator": "and", "rules": [{"field": "recency", "operator": ">", "value": 90}]},
            "campaign": "B",
        }
    ],
    "default": {"id": "rest", "name": "Others", "campaign": "none"},
}


class NewSegmentation(Posted):
    """A segmentation to begin with; its first version is in force at once."""

    model_config = example(name="winter", title="Winter", content=EXAMPLE)

    name: SlugText
    title: Annotated[str, Field(max_length=200)] = ""
    content: dict[str, Any] = Field(description="The JSON form of a segmentation, catalogue included.")


class SegmentationShown(Answer):
    """A segmentation: what is in force, and whether it is frozen."""

    name: str
    title: str
    created_at: datetime
    created_by: str
    current_version: int = Field(description="In force, outside of a roll-out.")
    stable_version: int = Field(description="The last one in force for everybody: where the kill switch returns to.")
    rolling_request: int | None = Field(description="The request whose version a share of the customers has.")
    frozen: bool
    frozen_at: datetime | None
    frozen_by: str | None
    frozen_reason: str | None

    @classmethod
    def of(cls, record: Record) -> SegmentationShown:
        """Return what is shown of a segmentation."""
        return cls(**record._asdict(), frozen=record.frozen)


class VersionShown(Answer):
    """A version, without its content."""

    number: int
    sha256: str
    created_at: datetime
    created_by: str
    request: int | None = Field(description="The request that it came from; null for the first one.")
    note: str | None
    fate: Fate

    @classmethod
    def of(cls, version: Version) -> VersionShown:
        """Return what is shown of a version."""
        return cls(**{name: getattr(version, name) for name in cls.model_fields})


class VersionWhole(VersionShown):
    """A version with its content, as data and as sentences."""

    content: dict[str, Any]
    sentences: list[str] = Field(description="One for each segment, in the order of precedence.")

    @classmethod
    def of(cls, version: Version) -> VersionWhole:
        """Return all of a version."""
        line = VersionShown.of(version).model_dump()
        return cls(**line, content=version.content.to_dict(), sentences=version.content.explain())


class SegmentationDetail(SegmentationShown):
    """A segmentation with the version in force."""

    version: VersionWhole


class SegmentDifference(Answer):
    """One segment that is not the same in both versions."""

    id: str
    change: Literal["added", "retired", "changed"]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Difference(Answer):
    """What changes from one version to another."""

    before: int
    after: int
    sentences: list[str] = Field(description="One for each thing that changes; none when nothing does.")
    segments: list[SegmentDifference]
    order_changed: bool = Field(description="Whether segments that both have follow each other in another order.")
    touches: list[str] = Field(description="Ids of all segments whose customers or campaign can differ.")

    @classmethod
    def of(cls, old: Version, new: Version) -> Difference:
        """Return the difference of two versions."""
        return cls(
            before=old.number,
            after=new.number,
            sentences=old.content.diff(new.content),
            segments=_segments(old.content, new.content),
            order_changed=_common(old.content, new.content) != _common(new.content, old.content),
            touches=sorted(differing(old.content, new.content)),
        )


def _segments(old: Segmentation, new: Segmentation) -> list[SegmentDifference]:
    before, after = _forms(old), _forms(new)
    found = []
    for id in dict.fromkeys((*before, *after)):
        first, second = before.get(id), after.get(id)
        if first != second:
            change: Literal["added", "retired", "changed"]
            change = "added" if first is None else "retired" if second is None else "changed"
            found.append(SegmentDifference(id=id, change=change, before=first, after=second))
    return found


def _forms(segmentation: Segmentation) -> dict[str, dict[str, Any]]:
    return {segment.id: segment.model_dump(by_alias=True) for segment in segmentation.every}


def _common(one: Segmentation, other: Segmentation) -> list[str]:
    return [id for id in one.ids if id in other.ids]
