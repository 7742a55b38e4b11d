"""Conditions and rule groups: the RuleGroup JSON of react-querybuilder, typed and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from evenhand.segments.catalogue import Feature, Kind
from evenhand.segments.checks import Model, Name, nearest_hint, refuse
from evenhand.segments.values import OPERATORS, SHAPES, Operator, Value, shaped, show

__all__ = ["EVERYONE", "Condition", "RuleGroup"]

TYPES: dict[Kind, type] = {"number": float, "category": str, "flag": bool}
TOLERATED = frozenset({"id", "path", "disabled", "valueSource", "muted"})  # react-querybuilder's own bookkeeping
DEPTH = 20  # of groups in groups; deeper ones are mistakes or attacks


class Condition(Model):
    """`field operator value`: one comparison, false where the customer's value is missing (NULL or NaN).

    Lists (`in`, `notIn`) and pairs (`between`, `notBetween`, both ends included) are tuples; `null` and
    `notNull` have no value. Numbers are float64, -0.0 is kept as 0.0.
    """

    field: Name
    operator: Operator
    value: Value = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        _refuse_other_meanings(data)
        kept = {key: value for key, value in data.items() if key not in TOLERATED}
        operator = kept.get("operator")
        if operator not in OPERATORS["number"]:
            hint = nearest_hint(str(operator), OPERATORS["number"])
            raise refuse(f"there is no operator {operator!r}", mend=hint)
        return kept | {"value": shaped(kept.get("value"), operator)}

    def _check(self) -> None:
        shape = SHAPES.get(self.operator, "one value")
        value = self.value
        fits = {
            "one value": isinstance(value, bool | float | str),
            "one number": isinstance(value, float) and not isinstance(value, bool),
            "a list": isinstance(value, tuple) and len(value) > 0,
            "two numbers": isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], float),
            "no value": value is None,
        }
        if not fits[shape]:
            raise refuse(f"operator {self.operator!r} needs {shape}, not {show(value)}")
        if shape == "two numbers" and isinstance(value, tuple) and value[0] > value[1]:  # type: ignore[operator]
            raise refuse(f"the range {show(value)} ends before it starts", mend="swap the two numbers")

    def misfit(self, feature: Feature) -> str | None:
        """Say why the condition does not fit a feature, or None when it does."""
        if self.operator not in OPERATORS[feature.kind]:
            return f"operator {self.operator!r} does not fit {feature.name!r}, which is a {feature.kind}"
        for value in self.value if isinstance(self.value, tuple) else (self.value,):
            if value is not None and not isinstance(value, TYPES[feature.kind]):
                return f"{show(value)} does not fit {feature.name!r}, which is a {feature.kind}"
            if feature.categories and value is not None and value not in feature.categories:
                hint = nearest_hint(str(value), feature.categories)
                return f"{value!r} is no category of {feature.name!r}; {hint}"
        return None


def _kind_of_rule(data: Any) -> str:
    if isinstance(data, Mapping):
        return "~group" if "rules" in data or "combinator" in data else "~condition"
    return "~group" if isinstance(data, RuleGroup) else "~condition"


Rule: TypeAlias = Annotated[
    Annotated[Condition, Tag("~condition")] | Annotated["RuleGroup", Tag("~group")],
    Discriminator(_kind_of_rule),
]


class RuleGroup(Model):
    """Conditions and groups joined by `and` or `or`, perhaps negated; the empty group is everyone.

    In JSON the keys are `combinator`, `rules` and `not`. A rule that stands twice in a group is kept once.
    Two-valued logic: `not` of a false comparison is true, also when it was false for a missing value.
    """

    combinator: Literal["and", "or"] = "and"
    rules: tuple[Rule, ...] = ()
    not_: bool = Field(default=False, validation_alias="not", serialization_alias="not")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        _refuse_other_meanings(data)
        return {key: value for key, value in data.items() if key not in TOLERATED}

    @field_validator("rules", mode="before")
    @classmethod
    def _no_loose_combinators(cls, rules: Any) -> Any:
        if isinstance(rules, list | tuple) and any(isinstance(rule, str) for rule in rules):
            raise refuse("combinators between the rules are not read", mend="use groups with one combinator each")
        return rules

    @field_validator("rules")
    @classmethod
    def _each_once(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        return tuple(dict.fromkeys(rules))

    def _check(self) -> None:
        if not self.rules and (self.not_ or self.combinator == "or"):
            raise refuse("an empty group can only mean everyone", mend="give it rules")
        if any(isinstance(rule, RuleGroup) and not rule.rules for rule in self.rules):
            raise refuse("a group inside a group is empty", mend="take it out")
        if self.depth > DEPTH:
            raise refuse(f"groups are nested more than {DEPTH} deep")

    @property
    def depth(self) -> int:
        """How many groups stand in each other, this one included."""
        return 1 + max((rule.depth for rule in self.rules if isinstance(rule, RuleGroup)), default=0)

    def conjunction(self) -> tuple[Condition, ...] | None:
        """Return the conditions when they are only joined by `and`; None when nested, `or` or negated."""
        conditions = tuple(rule for rule in self.rules if isinstance(rule, Condition))
        plain = self.combinator == "and" and not self.not_ and len(conditions) == len(self.rules)
        return conditions if plain else None

    def conditions(self) -> tuple[Condition, ...]:
        """Return every condition at any depth, in the order of the text."""
        found: tuple[Condition, ...] = ()
        for rule in self.rules:
            found += (rule,) if isinstance(rule, Condition) else rule.conditions()
        return found

    def and_also(self, condition: Condition) -> RuleGroup:
        """Return this rule and a condition joined; a rule that is no conjunction is kept whole."""
        whole = self.rules if self.conjunction() is not None else (self,)
        return RuleGroup(rules=(*whole, condition))


def _refuse_other_meanings(data: Mapping[str, Any]) -> None:
    if data.get("valueSource", "value") != "value":
        raise refuse("a condition that compares two fields is not supported", mend="compare with a value")
    if data.get("muted"):
        raise refuse("a muted rule has no meaning here", mend="take it out, or unmute it")


EVERYONE = RuleGroup()
