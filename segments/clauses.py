"""Conditions and rules as clauses of a sentence: "whose last purchase was at most 30 days ago"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, cast

from evenhand.segments.catalogue import Catalogue, Feature
from evenhand.segments.cuts import Interval, cut_of
from evenhand.segments.rules import Condition, RuleGroup
from evenhand.segments.words import amounts, listed, quoted, saying

__all__ = ["Bounds", "Subject", "customers", "instead_of", "parts_of", "rate_phrase", "rule_clause"]

Subject = Literal["who", "they"]
Bounds: TypeAlias = tuple[Condition, ...]  # one condition, or a lower and an upper bound on one field

POSSESSIVE: dict[Subject, str] = {"who": "whose", "they": "their"}
COMPARED = {
    "=": "exactly {}", "<": "less than {}", "<=": "at most {}", ">": "more than {}", ">=": "at least {}"
}  # fmt: skip
NEGATED = ("!=", "notIn", "notBetween")


def customers(rule: RuleGroup, catalogue: Catalogue, *, noun: str = "customers") -> str:
    """Return who meets a rule: "customers whose ... and who ..."."""
    return f"{noun} {rule_clause(rule, catalogue)}" if rule.rules else noun


def rule_clause(rule: RuleGroup, catalogue: Catalogue, *, subject: Subject = "who") -> str:
    """Return a rule as a clause about customers; groups inside it stand in brackets."""
    inner: Subject = "they" if rule.not_ else subject
    clauses = [
        _inside(part, catalogue, inner) if isinstance(part, RuleGroup) else _clause(part, catalogue, inner)
        for part in parts_of(rule)
    ]
    joined = listed(clauses, rule.combinator)
    if not rule.not_:
        return joined
    return f"{'for whom ' if subject == 'who' else ''}it is not true that ({joined})"


def rate_phrase(condition: Condition, catalogue: Catalogue) -> str | None:
    """Return a compared count per time as a noun, "3 or more trips a month"; None for other conditions."""
    feature = catalogue.feature(condition.field)
    if _form(feature) != "rate" or condition.operator in (*NEGATED, "null", "notNull"):
        return None
    return f"{_compared((condition,), feature, or_fewer='{} or fewer')} {_counted(feature)}"


def instead_of(before: Condition, after: Condition, catalogue: Catalogue) -> str:
    """Return a moved threshold: "their last purchase was more than 74 days ago instead of 90"."""
    both = (cast(float, before.value), cast(float, after.value))
    old, new = amounts(both, catalogue.feature(before.field))
    return f"{_clause((after,), catalogue, 'they', texts=(new,))} instead of {old}"


def parts_of(rule: RuleGroup) -> list[Bounds | RuleGroup]:
    """Return the parts of a rule; bounds on one number that `and` joins are said as one."""
    parts: list[Bounds | RuleGroup] = []
    conditions = [part for part in rule.rules if isinstance(part, Condition)]
    told: set[str] = set()
    for part in rule.rules:
        if isinstance(part, RuleGroup):
            parts.append(part)
        elif part.field not in told:
            same = [other for other in conditions if other.field == part.field]
            cut = cut_of(same) if rule.combinator == "and" and len(same) > 1 else None
            if isinstance(cut, Interval) and not cut.empty:
                told.add(part.field)
                parts.append(cut.conditions(part.field))
            else:
                parts.append((part,))
    return parts


def _inside(rule: RuleGroup, catalogue: Catalogue, subject: Subject) -> str:
    clause = rule_clause(rule, catalogue, subject=subject)
    return clause if rule.not_ else f"({clause})"


def _clause(bounds: Bounds, catalogue: Catalogue, subject: Subject, *, texts: Sequence[str] = ()) -> str:
    """Return bounds as a clause; `texts` are their numbers, where the caller has chosen the decimals."""
    condition, whose = bounds[0], POSSESSIVE[subject]
    feature = catalogue.feature(condition.field)
    form = _form(feature)
    if condition.operator in ("null", "notNull"):
        known = "known" if condition.operator == "notNull" else "unknown"
        if feature.kind == "flag":
            mark = f"the mark {quoted(feature.label)} is {known}"
            return f"for whom {mark}" if subject == "who" else f"{mark} for them"
        return f"{whose} {_noun(feature)} is {known}"
    if feature.kind == "flag":
        return f"{subject} are {'marked' if _holds(condition) else 'not marked'} {quoted(feature.label)}"
    compared = _compared(bounds, feature, texts)
    if condition.operator in NEGATED:  # said so that nobody without a value feels meant
        return f"{whose} {_noun(feature)} is known but {'was ' if form == 'ago' else ''}{compared}"
    if form == "rate":
        return f"{subject} {feature.verb} {compared} {_counted(feature)}"
    return f"{whose} {_noun(feature)} {'was' if form == 'ago' else 'is'} {compared}"


def _compared(bounds: Bounds, feature: Feature, texts: Sequence[str] = (), *, or_fewer: str = "at most {}") -> str:
    """Return a comparison without its subject: "at most 30 days ago", "3 or more", "between 2 % and 4 %"."""
    form, operator = _form(feature), bounds[0].operator
    values = [value for bound in bounds for value in _values(bound)]
    if form == "words":
        texts = [quoted(cast(str, value)) for value in values]
    texts = texts or amounts(cast("list[float]", values), feature)
    rate_words = {"<": "fewer than {}", ">=": "{} or more", "<=": or_fewer} if form == "rate" else {}
    if len(bounds) > 1:
        said = " and ".join(_bound(bound, text, form) for bound, text in zip(bounds, texts, strict=True))
    elif operator in ("between", "notBetween"):
        said = f"{'not ' if operator == 'notBetween' else ''}between {texts[0]} and {texts[1]}"
    elif operator in ("!=", "notIn"):
        said = f"not {texts[0]}" if len(texts) == 1 else f"neither {listed(texts, 'nor')}"
    elif operator == "in" or form == "words":
        said = listed(texts, "or")
    else:
        said = (COMPARED | rate_words)[operator].format(texts[0])
    if form != "ago":
        return said
    return f"{said} {saying(feature).unit}{'' if texts[-1] == '1' else 's'} ago"


def _bound(bound: Condition, text: str, form: str) -> str:
    fewer = (form, bound.operator) == ("rate", "<")
    return f"fewer than {text}" if fewer else COMPARED[bound.operator].format(text)


def _values(condition: Condition) -> Sequence[object]:
    return condition.value if isinstance(condition.value, tuple) else (condition.value,)


def _holds(condition: Condition) -> bool:
    return condition.value is (condition.operator == "=")


def _noun(feature: Feature) -> str:
    return f"number of {_counted(feature)}" if _form(feature) == "rate" else saying(feature).noun


def _counted(feature: Feature) -> str:
    said = saying(feature)
    article = "in" if said.unit[:1].isdigit() else "an" if said.unit == "hour" else "a"
    return f"{said.noun} {article} {said.unit}"


def _form(feature: Feature) -> Literal["ago", "rate", "share", "money", "plain", "words"]:
    return saying(feature).form if feature.kind == "number" else "words"
