"""Rules as form fields, and form fields as rules: what the editor sends is read, moved about, and read as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evenhand.errors import DataError, RuleError
from evenhand.segments import Catalogue, Condition, RuleGroup, Segment, Segmentation
from evenhand.segments.canonical import Json
from evenhand.server.pages.models.segmentations import ConditionField, GroupField, SegmentField
from evenhand.server.pages.sentences import told
from evenhand.server.pages.speech import Speech

__all__ = ["Draft", "draft_of", "fields_of", "read_draft", "segmentation_from"]

Draft = list[dict[str, Any]]  # id, name, campaign and rule of each segment; a rule's groups nest as dicts
DEEPEST = 20  # as rules themselves
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


def draft_of(segmentation: Segmentation) -> Draft:
    """Return a segmentation as the editor keeps it."""
    last = len(segmentation.every) - 1
    return [_segment(one, default=k == last) for k, one in enumerate(segmentation.every)]


def _segment(segment: Segment, *, default: bool) -> dict[str, Any]:
    rule = None if default else _group(segment.rule)
    return {"id": segment.id, "name": segment.name, "campaign": segment.campaign, "rule": rule}


def _group(group: RuleGroup) -> dict[str, Any]:
    rules = [_group(one) if isinstance(one, RuleGroup) else _condition(one) for one in group.rules]
    return {"combinator": group.combinator, "not": group.not_, "rules": rules}


def _condition(condition: Condition) -> dict[str, Any]:
    return {"field": condition.field, "operator": condition.operator, "value": _written(condition.value)}


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_written(one).replace(",", "\\,") for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else f"{value:.17g}" if isinstance(value, float) else str(value)


def read_draft(fields: Mapping[str, str]) -> Draft:
    """Return what a form of the editor holds; DataError for one that holds no segment."""
    draft: Draft = []
    while (id := fields.get(f"{len(draft)}.id")) is not None:
        path = str(len(draft))
        name, campaign = fields.get(f"{path}.name", "").strip(), fields.get(f"{path}.campaign", "")
        rule = _read_group(fields, f"{path}.rule", 0) if f"{path}.rule.combinator" in fields else None
        draft.append({"id": id, "name": name, "campaign": campaign, "rule": rule})
    if not draft:
        raise DataError("the form holds no segment", where="form", mend="load the page again")
    return draft


def _read_group(fields: Mapping[str, str], path: str, depth: int) -> dict[str, Any]:
    if depth > DEEPEST:
        raise DataError("groups nest too deep", rule=f"at most {DEEPEST} deep")
    combinator = fields.get(f"{path}.combinator", "and")
    return {
        "combinator": combinator if combinator in ("and", "or") else "and",
        "not": f"{path}.not" in fields,
        "rules": list(_read_rules(fields, path, depth)),
    }


def _read_rules(fields: Mapping[str, str], path: str, depth: int) -> Iterator[dict[str, Any]]:
    k = 0
    while True:
        place = f"{path}.{k}"
        if f"{place}.combinator" in fields:
            yield _read_group(fields, place, depth + 1)
        elif f"{place}.field" in fields:
            yield {part: fields.get(f"{place}.{part}", "").strip() for part in ("field", "operator", "value")}
        else:
            return
        k += 1


def segmentation_from(draft: Draft, catalogue: Catalogue) -> Segmentation:
    """Return the segmentation that a draft describes; RuleError says what is wrong and where."""
    *others, default = draft
    segments = [{**one, "rule": _typed(one["rule"] or {"combinator": "and", "rules": []}, catalogue)} for one in others]
    plain: Any = {"schema_version": 1, "catalogue": _catalogue(catalogue), "segments": segments,
                  "default": {name: default[name] for name in ("id", "name", "campaign")}}  # fmt: skip
    return Segmentation.from_json(plain)


def _catalogue(catalogue: Catalogue) -> Json:
    empty: Any = Segmentation(catalogue=catalogue, segments=(), default=Segment(id="rest", name="rest"))
    form: Json = empty.to_dict()["catalogue"]
    return form


def _typed(rule: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    if "rules" in rule:
        return {**rule, "rules": [_typed(one, catalogue) for one in rule["rules"]]}
    return {**rule, "value": _value(rule, catalogue)}


def _value(rule: dict[str, Any], catalogue: Catalogue) -> Any:
    """Return a condition's text as its feature and operator want it; what does not fit stays text, and is refused."""
    kind, text = {one.name: one.kind for one in catalogue.features}.get(rule["field"]), rule["value"]
    if rule["operator"] in ("null", "notNull"):
        return None
    several = rule["operator"] in ("in", "notIn", "between", "notBetween")
    if kind == "flag":
        return True if text.casefold() in TRUE else False if text.casefold() in FALSE else text
    if kind == "number":
        parts = [_number(part.strip()) for part in text.split(",")] if several else [_number(text)]
        return parts if several else parts[0]
    return text


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def fields_of(draft: Draft, catalogue: Catalogue, say: Speech) -> tuple[SegmentField, ...]:
    """Return a draft as form fields, each with what is wrong in it."""
    return tuple(
        SegmentField(
            path=str(k), id=one["id"], name=one["name"], campaign=one["campaign"],
            rule=None if one["rule"] is None else _group_field(one["rule"], f"{k}.rule", catalogue, say),
        )
        for k, one in enumerate(draft)
    )  # fmt: skip


def _group_field(group: dict[str, Any], path: str, catalogue: Catalogue, say: Speech) -> GroupField:
    rules = tuple(
        (_group_field if "rules" in one else _field)(one, f"{path}.{k}", catalogue, say)
        for k, one in enumerate(group["rules"])
    )
    return GroupField(path=path, combinator=group["combinator"], negated=group["not"], rules=rules)


def _field(rule: dict[str, Any], path: str, catalogue: Catalogue, say: Speech) -> ConditionField:
    unit = next((one.unit for one in catalogue.features if one.name == rule["field"]), "")
    return ConditionField(
        path=path, field=rule["field"], operator=rule["operator"], value=rule["value"], unit=unit,
        error=told(_trouble(rule, catalogue), say),
    )  # fmt: skip


def _trouble(rule: dict[str, Any], catalogue: Catalogue) -> str:
    if not rule["value"] and rule["operator"] not in ("null", "notNull"):
        return ""  # not filled in yet
    try:
        condition = RuleGroup.model_validate({"rules": [_typed(rule, catalogue)]}).rules[0]
        feature = catalogue.feature(rule["field"])
    except (RuleError, ValueError) as error:
        return error.what if isinstance(error, RuleError) else str(error).splitlines()[-1].strip()[:200]
    return condition.misfit(feature) or "" if isinstance(condition, Condition) else ""
