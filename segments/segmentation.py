"""Segments and segmentations: an ordered list of rules, the first match wins, everyone is in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal, cast

from evenhand.errors import RuleError
from evenhand.segments import arrays, differences, sentences, sql
from evenhand.segments.canonical import Json, canonical_json, content_hash, read_json, readable_json
from evenhand.segments.catalogue import Catalogue, Feature
from evenhand.segments.checks import Model, Name, nearest_hint, read_model
from evenhand.segments.rules import EVERYONE, RuleGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SCHEMA_VERSION", "Segment", "Segmentation"]

SCHEMA_VERSION = 1
MOST = 1000  # segments; positions are int16, and nobody reviews more


class Segment(Model):
    """Customers who meet a rule, under one name, and the campaign that they get (by its id)."""

    id: Name
    name: Name
    rule: RuleGroup = EVERYONE
    campaign: Name = "none"


class Segmentation(Model):
    """An ordered list of segments plus a default: the first match wins, so everyone is in exactly one.

    It can only be built sound: every rule stands on features of its catalogue, none of which is protected.
    """

    schema_version: Literal[1] = 1
    catalogue: Catalogue
    segments: tuple[Segment, ...]
    default: Segment

    def _check(self) -> None:
        if len(self.segments) > MOST:
            raise RuleError(f"{len(self.segments)} segments are too many", rule=f"at most {MOST}")
        twice = [id for id, count in Counter(self.ids).items() if count > 1]
        if twice:
            raise RuleError(f"two segments have the id {twice[0]!r}", mend="give each its own id")
        for segment in self.segments:
            if not segment.rule.rules:
                raise RuleError(
                    "the rule is empty, so no later segment would get anyone",
                    where=f"segment {segment.id!r}",
                    mend="give it a condition, or make it the default",
                )
            check_rule(segment.rule, self.catalogue, where=f"segment {segment.id!r}")
        if self.default.rule != EVERYONE:
            raise RuleError("the default segment has a rule", where=f"segment {self.default.id!r}",
                            rule="the default takes everyone whom no segment took")  # fmt: skip
        for segment in self.every:
            check_campaign(segment.campaign, self.catalogue, where=f"segment {segment.id!r}")

    @property
    def every(self) -> tuple[Segment, ...]:
        """All segments in order, the default last; positions index it."""
        return (*self.segments, self.default)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of all segments in order, the default last."""
        return tuple(segment.id for segment in self.every)

    def segment(self, id: str) -> Segment:
        """Return a segment by its id; RuleError when there is none."""
        return self.every[self.position(id)]

    def position(self, id: str) -> int:
        """Return the place of a segment, 0 first; the default is at `len(segments)`."""
        if id not in self.ids:
            raise RuleError(f"there is no segment {id!r}", mend=nearest_hint(id, self.ids))
        return self.ids.index(id)

    def rebuilt(self, segments: Sequence[Segment], default: Segment | None = None) -> Segmentation:
        """Return a segmentation over the same catalogue with other segments."""
        return Segmentation(catalogue=self.catalogue, segments=tuple(segments), default=default or self.default)

    def replaced(self, segment: Segment) -> Segmentation:
        """Return a segmentation in which a segment takes the place of the one with its id."""
        self.position(segment.id)
        every = [segment if old.id == segment.id else old for old in self.every]
        return self.rebuilt(every[:-1], every[-1])

    def assign(self, frame: arrays.Frame) -> arrays.Positions:
        """Return the position of each customer's segment, (n_customers,); `frame` is a table or columns."""
        return arrays.assign(self.segments, frame)

    def to_sql(
        self,
        dialect: sql.Dialect = "duckdb",
        *,
        table: str | tuple[str, ...] = "customers",
        column: str = "segment",
        keep: Sequence[str] = (),
    ) -> str:
        """Return a SELECT that adds the id of each customer's segment; see `sql.select_segments`."""
        return sql.select_segments(self, dialect=dialect, table=table, column=column, keep=keep)

    def explain(self) -> list[str]:
        """Return one sentence per segment, in order, the default last."""
        return sentences.explain(self)

    def sentence(self, id: str) -> str:
        """Return one segment by itself as a sentence, whatever other segments take before it."""
        return sentences.segment_sentence(self.segment(id), self.catalogue)

    def diff(self, other: Segmentation) -> list[str]:
        """Return in sentences what changes from this version to another; none if nothing does."""
        return differences.diff(self, other)

    def to_dict(self) -> dict[str, Json]:
        """Return the JSON form as plain Python values."""
        return cast("dict[str, Json]", self.model_dump(by_alias=True))

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the JSON form, catalogue included: canonical on one line, or indented for people."""
        form = self.to_dict()
        return canonical_json(form) if indent is None else readable_json(form, indent=indent)

    @classmethod
    def from_json(cls, text: str | bytes | Mapping[str, Json]) -> Segmentation:
        """Read the JSON form (text or parsed); RuleError says what is wrong and where."""
        form = read_json(text, where="segmentation") if isinstance(text, str | bytes) else text
        check_version(form, where="segmentation")
        return read_model(cls, form, where="segmentation")

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON: two segmentations are the same if and only if their hashes are."""
        return content_hash(self.to_dict())


def check_rule(rule: RuleGroup, catalogue: Catalogue, *, where: str) -> None:
    """Raise RuleError unless every condition stands on a declared feature and fits its kind."""
    for condition in rule.conditions():
        feature = _feature(catalogue, condition.field, where=where)
        if misfit := condition.misfit(feature):
            raise RuleError(misfit, where=where)


def check_campaign(id: str, catalogue: Catalogue, *, where: str) -> None:
    """Raise RuleError unless the catalogue has the campaign."""
    try:
        catalogue.campaign(id)
    except RuleError as error:
        raise RuleError(error.what, where=where, rule=error.rule, mend=error.mend) from None


def check_version(form: object, *, where: str) -> None:
    """Raise RuleError when a JSON form was written by another version of Evenhand."""
    version = form.get("schema_version", SCHEMA_VERSION) if isinstance(form, dict) else SCHEMA_VERSION
    if version != SCHEMA_VERSION:
        raise RuleError(
            f"schema version {version!r} is not known",
            where=where,
            rule=f"this version reads {SCHEMA_VERSION}",
        )


def _feature(catalogue: Catalogue, name: str, *, where: str) -> Feature:
    try:
        return catalogue.feature(name)
    except RuleError as error:
        raise RuleError(error.what, where=where, rule=error.rule, mend=error.mend) from None
