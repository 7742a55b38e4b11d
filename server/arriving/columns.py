"""What each column of a table is taken for, by the rules of `evenhand ingest`; nothing told is a single customer's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from evenhand.customers import Schema
from evenhand.customers.files import RawTable
from evenhand.customers.infer import PROXIES, infer_schema
from evenhand.customers.values import is_empty, text
from evenhand.errors import SchemaError
from evenhand.segments import CHANNELS
from evenhand.server.arriving.looked import Guess, Look, Use, Why
from evenhand.server.arriving.names import in_english

__all__ = ["look_at"]

LEAST = 20  # customers who share a value before it is shown
MOST = 3  # values shown
COMMA = re.compile(r"-?\d{1,3}(\.?\d{3})*,\d+")  # a number as German spreadsheets write it


class _Specs(NamedTuple):
    """What every column could be, whatever its name says."""

    features: dict[str, dict[str, object]]
    protected: dict[str, dict[str, object]]


def look_at(table: RawTable) -> Look:
    """Return what a table was taken for; where nothing can be guessed as a whole, a person says it."""
    names = [str(name) for name in table.data.columns]
    draft, trouble = None, ""
    try:
        draft = _drafted(table, names)
    except SchemaError as error:
        trouble = "feature" if "feature" in error.what else "id"
    specs = _specs(table, names, draft)
    guesses = tuple(_guess(table, name, draft, specs) for name in names)
    return Look(rows=len(table.data), sha256=table.sha256, columns=guesses, trouble=trouble)


def _drafted(table: RawTable, names: list[str]) -> Schema:
    """Infer a schema, German names read as the English ones that the rules know."""
    english = in_english(names)
    own = {known: name for name, known in english.items()}
    found = infer_schema(replace(table, data=table.data.rename(columns=english)))
    return found.model_copy(
        update={
            "id": own[found.id],
            "consent": own.get(found.consent or ""),
            "consents": found.consents.model_copy(
                update={channel: own[column] for channel, column in found.consents.columns.items()}
            ),
            "features": tuple(one.model_copy(update={"column": own[one.column]}) for one in found.features),
            "protected": tuple(one.model_copy(update={"column": own[one.column]}) for one in found.protected),
        }
    )


def _specs(table: RawTable, names: list[str], draft: Schema | None) -> _Specs:
    """Describe every column as a feature, and as protected: by the draft, or inferred under names that say so."""
    features = [] if draft is None else list(draft.features)
    protected = [] if draft is None else list(draft.protected)
    rest = [name for name in names if name not in {spec.column for spec in features}]
    features += _inferred(table, "plain", rest).features
    rest = [name for name in names if name not in {spec.column for spec in protected}]
    protected += _inferred(table, "age", rest).protected
    return _Specs(*({spec.column: spec.model_dump(mode="json", exclude={"column", "label"}) for spec in specs}
                    for specs in (features, protected)))  # fmt: skip


def _inferred(table: RawTable, word: str, names: list[str]) -> Schema:
    """Return the schema of some columns as if they were called `word`, under their own names."""
    n = len(table.data)
    said = {f"{word}_{k}": name for k, name in enumerate(names)}
    ids = pd.Series([f"k{k}" for k in range(n)], dtype="str")
    filler = pd.Series((["yes", "no"] * n)[:n], dtype="str")
    columns = {alias: table.data[name] for alias, name in said.items()}
    found = infer_schema(replace(table, data=pd.DataFrame({"customer_id": ids, "filler": filler, **columns})))
    features = [spec.model_copy(update={"column": said[spec.column]}) for spec in found.features if spec.column in said]
    protected = [spec.model_copy(update={"column": said[spec.column]}) for spec in found.protected]
    return found.model_copy(update={"features": tuple(features), "protected": tuple(protected)})


def _guess(table: RawTable, name: str, draft: Schema | None, specs: _Specs) -> Guess:
    cells = text(table, name)
    empty = is_empty(cells)
    feature, protected = specs.features.get(name), specs.protected.get(name)
    use = _use(name, draft, feature)
    role = next((spec.role for spec in draft.features if spec.column == name), None) if draft else None
    kind = "text" if feature is None else feature["kind"]
    low, high = _usual(cells[~empty]) if kind == "number" and use != "id" else (None, None)
    return Guess(
        name=name, kind=kind, use=use, role=role or "", why=_why(name, use, role, cells[~empty], feature, draft),  # type: ignore[arg-type]  # of a spec
        missing=float(empty.mean()), low=low, high=high,
        common=_common(cells[~empty]) if kind == "category" and use != "id" else (),
        feature=feature, protected=protected,
    )  # fmt: skip


def _use(name: str, draft: Schema | None, feature: dict[str, object] | None) -> Use:
    if draft is None:
        return "ignore" if feature is None else "feature"
    if name == draft.id:
        return "id"
    if name == draft.consent:
        return "consent"
    for channel in CHANNELS:
        if draft.consents.columns.get(channel) == name:
            return f"consent_{channel}"  # type: ignore[return-value]  # one for each channel
    if any(spec.column == name for spec in draft.protected):
        return "protected"
    return "feature" if any(spec.column == name for spec in draft.features) else "ignore"


def _why(
    name: str, use: Use, role: str | None, filled: pd.Series[str], feature: dict[str, object] | None,
    draft: Schema | None,
) -> Why:  # fmt: skip
    if use in ("id", "protected"):
        return use
    if use.startswith("consent"):
        return "consent"
    if role == "frequency":
        return "frequency"
    if filled.empty:
        return "empty"
    if feature is None or feature["kind"] != "number":
        if filled.str.fullmatch(COMMA.pattern).all():
            return "comma"
        if feature is None:
            return "texts"
    words = set(re.sub(r"[^a-z0-9]+", "_", in_english([name])[name].lower()).split("_"))
    if use == "ignore" and draft is not None:
        return "proxy" if words & PROXIES else "left_out"
    return ""


def _usual(filled: pd.Series[str]) -> tuple[float | None, float | None]:
    """Return between which numbers nine in ten lie, to two figures; nothing for a few customers."""
    numbers = pd.to_numeric(filled, errors="coerce").to_numpy(dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) < LEAST:
        return None, None
    low, high = (float(f"{value:.2g}") for value in np.quantile(numbers, [0.05, 0.95]))
    return low, high


def _common(filled: pd.Series[str]) -> tuple[str, ...]:
    counts = filled.value_counts()
    return tuple(str(value)[:60] for value in counts[counts >= LEAST].index[:MOST])
