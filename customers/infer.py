"""Draft a schema from column names and values; a person confirms it before it counts."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from evenhand.customers.contact import ConsentsSpec
from evenhand.customers.files import RawTable
from evenhand.customers.groups import MAX_GROUPS
from evenhand.customers.schema import RESERVED, Schema
from evenhand.customers.specs import FeatureSpec, ProtectedSpec, Role
from evenhand.customers.values import FALSE, TRUE, is_empty, text
from evenhand.errors import SchemaError
from evenhand.segments import CHANNELS, Channel

__all__ = ["infer_schema"]

MAX_CATEGORIES = 20
# Words of column names, in English; a draft asks a person because names in other words slip through.
PROTECTED = {
    "age": "age birth birthday birthdate birthyear born dob yob",
    "gender": "gender sex female male pronoun pronouns title salutation",
    "income": "income salary wage wages wealth",
    "marital status": "marital married spouse partner divorced widowed",
    "household": "household kids kid children child dependents dependants family parent",
    "origin": "ethnicity ethnic race racial nationality citizenship origin immigrant language",
    "religion": "religion religious faith",
    "health": "disability disabled health pregnant pregnancy",
    "orientation": "orientation lgbt lgbtq",
    "politics": "political politics party",
}
PROXIES = {"postcode", "postal", "zip", "zipcode", "plz", "neighbourhood", "neighborhood", "district"}
PROXIES |= {"surname", "lastname", "firstname"}
# Words in the name of a consent column for a single channel; the first channel that fits counts.
CHANNEL: dict[Channel, str] = {
    "email": "email|emails|e_mail|newsletter",
    "sms": "sms|text|mobile",
    "web": "web|website|app|push|online",
    "mail": "mail|post|postal|letter|letters",
}
CONSENT = re.compile(
    rf"consent|opt_?in|subscri|permission|contactable|(marketing|contact|{'|'.join(CHANNEL.values())})_(ok|allowed)$"
)
IDENTITY = re.compile(r"(^|_)(id|key|uuid|guid)$|^(customer|client|user|household|member|account)(_no|_number)?$")
ROLES: dict[Role, re.Pattern[str]] = {
    "recency": re.compile(r"recency|days_since_(last_)?(purchase|order|visit|trip)"),
    "frequency": re.compile(r"frequency|(trips|orders|purchases|visits)_(per|a)_(month|30|week|year)"),
    "monetary": re.compile(
        r"monetary|(spend|money|value|revenue)_per_(trip|order|purchase|visit)|avg_(basket|order)|aov"
    ),
    "engagement": re.compile(r"engagement|(open|click|response|redemption|answer)_(rate|share)"),
}
PER_DAYS = {"week": 7.0, "year": 365.0}


class _Column(NamedTuple):
    name: str
    key: str  # lower case, words joined by _
    cells: pd.Series[str]
    numbers: pd.Series[float]  # NaN where there is none
    numeric: bool
    distinct: int

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.key.split("_"))


def _key(name: str) -> str:
    split = re.sub(r"([a-z])([A-Z])", r"\1_\2", name)
    return re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")


def _look(table: RawTable, name: str) -> _Column:
    cells = text(table, name)
    numbers = pd.to_numeric(cells, errors="coerce").astype(np.float64)
    filled = ~is_empty(cells)
    numeric = bool(filled.any()) and not bool(numbers[filled].isna().any())
    return _Column(name, _key(name), cells, numbers, numeric, int(cells[filled].nunique()))


def infer_schema(table: RawTable) -> Schema:
    """Draft a schema of a table: id, consent, protected attributes, features with roles.

    What looks protected is declared protected; what may stand in for it (postcodes, names) is left out. The
    notes say both. Raises SchemaError when no column can be the id or a feature.
    """
    columns = [_look(table, str(name)) for name in table.data.columns]
    identity = _identity(table, columns)
    rest = [column for column in columns if column.name != identity.name]
    notes: list[str] = []
    consent, consents = _consents(rest, notes)
    asked = {consent, *consents.columns.values()}
    protected: list[ProtectedSpec] = []
    features: list[FeatureSpec] = []
    for column in rest:
        if column.name in asked:
            continue
        if theme := _theme(column):
            protected += _protected(column, theme, notes)
        elif feature := _feature(column, notes, taken={spec.role for spec in features}):
            features.append(feature)
    if not features:
        raise SchemaError(
            "no column could be a feature",
            where=table.file,
            rule="a feature is a column of numbers, yes/no values or few categories",
            mend="write a schema by hand",
        )
    if not protected:
        notes.append("no column looks protected; name one if there is any (age, gender, income, ...)")
    return Schema(
        name=table.file.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0] or "customers",
        draft=True,
        notes=tuple(notes),
        id=identity.name,
        consent=consent,
        consents=consents,
        features=tuple(features),
        protected=tuple(protected),
    )


def _identity(table: RawTable, columns: list[_Column]) -> _Column:
    named = [column for column in columns if IDENTITY.search(column.key)]
    unique = [column for column in columns if column.distinct == len(column.cells) and not column.numeric]
    if candidates := named or unique:
        return max(candidates, key=lambda column: column.distinct)
    raise SchemaError(
        "no column looks like the customer's id",
        where=table.file,
        mend="name the column customer_id, or write a schema with id = ...",
    )


def _theme(column: _Column) -> str | None:
    return next((theme for theme, words in PROTECTED.items() if column.words & set(words.split())), None)


def _is_flag(column: _Column) -> bool:
    return bool(column.cells.str.lower().isin(TRUE | FALSE | {""}).all()) and column.distinct <= 2


def _consents(columns: list[_Column], notes: list[str]) -> tuple[str | None, ConsentsSpec]:
    """Return the column of consent to anything, and those of single channels when there are at least two.

    One column alone counts for every channel, whatever its name: else all would have consented to the others.
    """
    asked = [column for column in columns if CONSENT.search(column.key) and _is_flag(column)]
    channels = {column.name: _channel(column) for column in asked}
    own = {channel: name for name, channel in reversed(channels.items()) if channel}  # the first of a channel stays
    general = next((name for name, channel in channels.items() if channel is None), None)
    if len(own) + (general is not None) < 2:
        return next(iter(channels), None), ConsentsSpec()
    told = [f"{own[channel]} ({channel})" for channel in CHANNELS if channel in own]
    others = [channel for channel in CHANNELS if channel not in own]
    notes.append(f"consent by channel: {', '.join([*told, *([f'{general} (others)'] if general else [])])}: confirm")
    if others and general is None:
        notes.append(f"no column says who consents to {', '.join(others)}: everyone is taken to have consented")
    return general, ConsentsSpec(**own)


def _channel(column: _Column) -> Channel | None:
    return next((channel for channel in CHANNELS if re.search(rf"(^|_)({CHANNEL[channel]})(_|$)", column.key)), None)


def _protected(column: _Column, theme: str, notes: list[str]) -> list[ProtectedSpec]:
    if column.distinct > MAX_GROUPS and not column.numeric:
        notes.append(f"{column.name} looks protected ({theme}) but has {column.distinct} values: declare groups")
        return []
    notes.append(f"{column.name} looks protected ({theme}): confirm")
    groups = _bands(column.numbers) if column.distinct > MAX_GROUPS else None
    return [ProtectedSpec(column=column.name, label=column.key.replace("_", " "), groups=groups)]


def _bands(numbers: pd.Series[float]) -> dict[str, tuple[str, ...]]:
    """Cut numbers at their thirds, rounded to two figures, into ranges that leave no gap."""
    cuts = sorted({float(f"{cut:.2g}") for cut in numbers.quantile([1 / 3, 2 / 3])})
    low, high = f"{cuts[0]:.12g}", f"{cuts[-1]:.12g}"
    middle = {f"{low} to {high}": (f"{low}..{high}",)} if low != high else {}
    return {f"under {low}": (f"..{low}",), **middle, f"{high} and more": (f"{high}..",)}


def _feature(column: _Column, notes: list[str], *, taken: set[Role | None]) -> FeatureSpec | None:
    if column.words & PROXIES:
        notes.append(f"{column.name} may stand in for origin or income: left out")
        return None
    if column.key in RESERVED or column.distinct == 0:
        notes.append(f"{column.name} is left out: {'empty' if column.distinct == 0 else 'a reserved name'}")
        return None
    if _is_flag(column):
        return FeatureSpec(column=column.name, kind="flag")
    if column.numeric:
        return _number(column, notes, taken)
    if column.distinct <= MAX_CATEGORIES:
        found = sorted(set(column.cells) - {""})
        return FeatureSpec(column=column.name, kind="category", categories=tuple(found))
    notes.append(f"{column.name} has {column.distinct} different texts: left out")
    return None


def _number(column: _Column, notes: list[str], taken: set[Role | None]) -> FeatureSpec:
    role = next((role for role, pattern in ROLES.items() if pattern.search(column.key)), None)
    role = None if role in taken else role
    per_days = None
    if role == "frequency":
        per_days = next((days for word, days in PER_DAYS.items() if word in column.words), None)
        notes.append(f"{column.name} is taken as purchases per {per_days or 30:g} days: confirm, or set per_days")
    if role == "engagement" and not column.numbers.dropna().between(0, 1).all():
        role = None
    whole = bool((column.numbers.dropna() % 1 == 0).all())
    units = {"recency": "days ago", "monetary": "money", "engagement": "share", "frequency": "per month"}
    return FeatureSpec(
        column=column.name,
        unit=units.get(role or "", ""),
        decimals=0 if whole else 2,
        role=role,
        per_days=per_days,
    )
