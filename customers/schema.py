"""The schema: what the columns of a customer table mean, which are protected, which campaigns exist."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator

from evenhand.customers.contact import CONSENT_COLUMNS, ConsentsSpec, ContextSpec
from evenhand.customers.specs import (
    CampaignSpec,
    FeatureSpec,
    HistorySpec,
    LogSpec,
    Name,
    ProtectedSpec,
    Role,
    Spec,
)
from evenhand.customers.toml import Value, dump_toml
from evenhand.errors import RuleError, SchemaError, nearest
from evenhand.segments import NO_CONTACT, Catalogue

__all__ = ["OTHER", "RESERVED", "Role", "Schema"]

RESERVED = ("consent", *CONSENT_COLUMNS.values(), "segment")  # columns that Evenhand itself adds to a customer table
OTHER = "OTHER"  # the spend that no declared category names
DRAFT_COMMENTS = {
    "": """A draft, guessed from column names and values. Before relying on it:
1. confirm what is protected: no rule will ever use it, audits and constraints compare its groups;
2. confirm the roles (recency in days, frequency per 30 days, monetary per purchase, engagement 0 to 1);
3. declare your campaigns, each as
   [[campaigns]]
   id = "A"
   name = "Spring letter"
   channel = "mail"    # or "email" (the default), "sms", "web"
   cost = 0.05         # money per contact and period
   discount = 1.50     # money per redemption
   beneficial = true   # is receiving it good for the customer?
4. remove draft and notes.""",
}


class Schema(Spec):
    """What a customer table means. `draft` is true while a person has not confirmed what is protected."""

    schema_version: Literal[1] = 1
    name: str = "customers"
    draft: bool = False
    notes: tuple[str, ...] = ()  # of a draft: what a person should look at
    id: Name
    consent: str | None = None
    tenure: str | None = None  # the feature that counts days since a customer's first purchase
    consents: ConsentsSpec = ConsentsSpec()
    context: ContextSpec = ContextSpec()
    features: Annotated[tuple[FeatureSpec, ...], Field(min_length=1)]
    protected: tuple[ProtectedSpec, ...] = ()
    campaigns: tuple[CampaignSpec, ...] = ()
    log: LogSpec | None = None
    history: HistorySpec | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        features = [spec.column for spec in self.features]
        protected = [spec.column for spec in self.protected]
        both = [name for name in features if name in protected]
        if both:
            raise ValueError(
                f"column {both[0]!r} is both protected and a feature; no rule may use a protected attribute, "
                "so remove it from the features"
            )
        habits = [column for column in self.context.columns.values() if column not in features]
        _once([self.id, *features, *protected, *self.consent_columns, *habits], "column {!r} is declared twice")
        _once([spec.id for spec in self.campaigns], "campaign {!r} is declared twice")
        _once([spec.role for spec in self.features if spec.role], "two features have the role {!r}")
        reserved = [name for name in [*features, *protected, *habits] if name in RESERVED]
        if reserved:
            raise ValueError(f"{reserved[0]!r} is a name that Evenhand uses itself; call the column differently")
        try:
            self.catalogue  # noqa: B018  what rules may speak about has its own conditions
        except RuleError as error:
            raise ValueError(error.what) from None
        return self

    @model_validator(mode="after")
    def _habits_stay(self) -> Self:
        for spec in self.features:
            if spec.column in self.context.columns.values() and (spec.kind != "number" or spec.role):
                raise ValueError(
                    f"column {spec.column!r} is a habit under [context], so as a feature it is a number without a role"
                )
        return self

    @model_validator(mode="after")
    def _tenure_is_a_number(self) -> Self:
        if self.tenure is not None:
            numbers = [spec.column for spec in self.features if spec.kind == "number" and spec.role is None]
            if self.tenure not in numbers:
                close = nearest(self.tenure, numbers)
                hint = f"; did you mean {close!r}?" if close else ""
                raise ValueError(f"tenure names {self.tenure!r}, no number among the features without a role{hint}")
        return self

    @model_validator(mode="after")
    def _mixes_fit(self) -> Self:
        if self.history and self.history.categories:
            offered = {name for spec in self.campaigns for name in spec.mix}
            strange = sorted(offered - {*self.history.categories, OTHER})
            if strange:
                raise ValueError(f"the mix of a campaign names {strange[0]!r}, no category of the history")
        return self

    # Stands last, so that it is outermost.
    @model_validator(mode="wrap")
    @classmethod
    def _refuse_by_schema_error(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            raise _readable(error) from None

    @property
    def catalogue(self) -> Catalogue:
        """Return what rules may speak about: features, campaigns (no contact first), protected names."""
        return Catalogue(
            features=tuple(spec.feature() for spec in self.features),
            campaigns=(NO_CONTACT, *(spec.campaign() for spec in self.campaigns)),
            protected=tuple(spec.column for spec in self.protected),
        )

    @property
    def consent_columns(self) -> tuple[str, ...]:
        """Return the columns that say who consents to anything, each once."""
        return tuple(dict.fromkeys(filter(None, (self.consent, *self.consents.columns.values()))))

    def role(self, role: Role) -> str | None:
        """Return the column with that role, or None."""
        return next((spec.column for spec in self.features if spec.role == role), None)

    def to_toml(self, *, comments: Mapping[str, str] | None = None) -> str:
        """Return the schema as TOML that reads back equal; `comments` stand above top-level keys.

        A draft explains itself: what to confirm, and how campaigns are declared.
        """
        document: dict[str, Value] = self.model_dump(mode="json", exclude_defaults=True)
        notes = {**(DRAFT_COMMENTS if self.draft else {}), **(comments or {})}
        return dump_toml({"schema_version": self.schema_version, **document}, comments=notes)

    @classmethod
    def from_toml(cls, text: str, *, where: str = "schema") -> Schema:
        """Read a schema from TOML text; SchemaError says which key is wrong and how to mend it."""
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SchemaError(f"is not valid TOML: {error}", where=where, rule="a schema is TOML") from None
        try:
            return cls.model_validate(document)
        except SchemaError as error:
            raise SchemaError(error.what, where=where, rule=error.rule, mend=error.mend) from None

    @staticmethod
    def infer(path: str | Path) -> Schema:
        """Draft a schema from a CSV or Parquet file; a person confirms what is protected."""
        from evenhand.customers.files import read_table
        from evenhand.customers.infer import infer_schema

        return infer_schema(read_table(Path(path)))

    @classmethod
    def read(cls, path: str | Path) -> Schema:
        """Read a schema file."""
        file = Path(path)
        try:
            text = file.read_bytes().decode("utf-8")
        except OSError as error:
            raise SchemaError(f"cannot be read: {error.strerror}", where=str(file)) from None
        except UnicodeDecodeError:
            raise SchemaError("is not UTF-8 text", where=str(file), mend="save it as UTF-8") from None
        return cls.from_toml(text, where=str(file))


def _once(names: list[str] | list[Role], message: str) -> None:
    for position, name in enumerate(names):
        if name in names[:position]:
            raise ValueError(message.format(name))


SECTIONS: dict[str, type[Spec]] = {
    "consents": ConsentsSpec,
    "context": ContextSpec,
    "features": FeatureSpec,
    "protected": ProtectedSpec,
    "campaigns": CampaignSpec,
    "log": LogSpec,
    "history": HistorySpec,
}


def _readable(error: ValidationError) -> SchemaError:
    """Turn pydantic's first complaint into one line that names the key and the rule."""
    first = error.errors(include_url=False)[0]
    loc = first["loc"]
    key = ".".join(str(part + 1 if isinstance(part, int) else part) for part in loc)
    said = first["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    if first["type"] == "missing":
        return SchemaError(f"key {key!r} is missing", rule="a schema needs it", mend="add it")
    if first["type"] == "extra_forbidden":
        known = SECTIONS.get(str(loc[0]), Schema) if len(loc) > 1 else Schema
        close = nearest(str(loc[-1]), known.model_fields)
        hint = f"did you mean {close!r}?" if close else f"known keys: {', '.join(known.model_fields)}"
        return SchemaError(f"key {key!r} is unknown", mend=hint)
    if first["type"] == "refused":
        about = first["ctx"]
        return SchemaError(f"key {key!r}: {about['what']}", rule=about["rule"] or None, mend=about["mend"] or None)
    if first["type"] == "value_error":
        return SchemaError(f"key {key!r}: {said}" if key else said)
    return SchemaError(f"key {key!r} is {first['input']!r:.60}", rule=said)
