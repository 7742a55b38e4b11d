"""What every model of this room shares: frozen, strict about keys, and clear about what it refuses."""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from evenhand.errors import RuleError, nearest

__all__ = [
    "STRICT",
    "Guarded",
    "Model",
    "Name",
    "Text",
    "hint",
    "nearest_hint",
    "read_model",
    "refusal",
    "refuse",
    "text",
]

T = TypeVar("T", bound=BaseModel)

STRICT = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True, allow_inf_nan=False)


def refuse(what: str, *, rule: str = "", mend: str = "") -> PydanticCustomError:
    """Return the error that a validator raises; it becomes a RuleError that also says where."""
    return PydanticCustomError("refused", "{what}", {"what": what, "rule": rule, "mend": mend})


def hint(word: str | None) -> str:
    """Return "did you mean 'word'?" or nothing."""
    return f"did you mean {word!r}?" if word else ""


def nearest_hint(name: str, choices: tuple[str, ...]) -> str:
    """Return the choice most like a name as a question, or all the choices there are."""
    if word := nearest(name, choices):
        return hint(word)
    return f"choose one of {', '.join(choices)}" if choices else ""


def text(value: str) -> str:
    """Return text that every database can store; else refuse it."""
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
        raise refuse(f"{value!r} holds a character that no database stores", rule="no NUL, no lone surrogate")
    return value


def _name(value: str) -> str:
    if not value.strip():
        raise refuse("a name is empty", mend="give it a name")
    if not value.isprintable():
        raise refuse(f"the name {value!r} holds a control character", rule="a name is one line of text")
    return value


Text = Annotated[str, AfterValidator(text)]
Name = Annotated[Text, AfterValidator(_name)]


class Model(BaseModel):
    """A frozen pydantic model that refuses unknown keys, and refuses by RuleError only."""

    model_config = ConfigDict(  # spelt out, since mypy's pydantic plugin reads only this
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True, allow_inf_nan=False
    )

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_by_rule_error(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        model: Self = guarded(cls, data, handler, info)
        return model

    def _check(self) -> None:
        """Refuse, in a subclass, what fields alone cannot see."""

    def model_copy(self, *, update: Any = None, deep: bool = False) -> Self:
        """Return a copy with some fields changed, checked as if it were built anew."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate(fields | dict(update or {}))


class Guarded:
    """What a pydantic dataclass inherits to refuse by RuleError only."""

    def _check(self) -> None:
        """Refuse, in a subclass, what fields alone cannot see."""

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_by_rule_error(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Any:
        return guarded(cls, data, handler, info)


def guarded(cls: type, data: Any, handler: Any, info: ValidationInfo) -> Any:
    """Run a validator; its complaint becomes a RuleError, unless a reader outside still adds the place."""
    reading = info.context and info.context.get("reading")
    try:
        model = handler(data)
        model._check()
        return model
    except ValidationError as error:
        if reading:
            raise
        raise refusal(error, where=cls.__name__, fields=getattr(cls, "__match_args__", ())) from None
    except PydanticCustomError as error:
        if reading:
            raise
        raise _rule_error(error.context or {}, where=cls.__name__) from None


def read_model(kind: type[T], data: object, *, where: str) -> T:
    """Validate parsed JSON as a type; RuleError names the path inside it."""
    try:
        return kind.model_validate(data, context={"reading": True})
    except ValidationError as error:
        raise refusal(error, where=where) from None
    except RecursionError:
        raise RuleError("the JSON is nested too deeply", where=where) from None


def refusal(error: ValidationError, *, where: str, fields: tuple[str, ...] = ()) -> RuleError:
    """Return the first complaint of a ValidationError as a RuleError; `fields` names positional arguments."""
    first = error.errors(include_url=False)[0]
    if fields and isinstance(first["loc"][0], int):
        first["loc"] = (fields[first["loc"][0]], *first["loc"][1:])
    place = " ".join(part for part in (where, _path(first["loc"])) if part)
    if first["type"] == "refused":
        return _rule_error(first["ctx"], where=place)
    return RuleError(_plain(first), where=place)


def _rule_error(said: dict[str, str], *, where: str) -> RuleError:
    return RuleError(said["what"], where=where, rule=said["rule"] or None, mend=said["mend"] or None)


def _plain(first: ErrorDetails) -> str:
    key = first["loc"][-1] if first["loc"] else ""
    if first["type"] in ("missing", "missing_argument"):
        return f"{key!r} is missing"
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"{key!r} is no known key"
    if first["type"] == "union_tag_invalid":
        return f"{first['ctx']['tag']!r} is none of {first['ctx']['expected_tags']}"
    if first["type"] == "union_tag_not_found":
        return f"{first['ctx']['discriminator']} is missing"
    said = first["msg"].replace("Input should", "it should")
    return f"{said}, but is {first['input']!r:.80}"


def _path(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith(("~", "function-")):  # tags of unions are our words, not the user's
            path += f".{part}" if path else part
    return path
