"""The customers of the registry as a table that plans are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evenhand.customers import Customers
from evenhand.customers.contact import CONSENT_COLUMNS
from evenhand.customers.protected import UNKNOWN
from evenhand.customers.schema import Schema
from evenhand.customers.specs import FeatureSpec, ProtectedSpec
from evenhand.errors import DataError
from evenhand.registry.customers import Known
from evenhand.segments import CHANNELS, Catalogue, Feature

__all__ = ["table_of"]

NEEDED: dict[str, tuple[type, ...]] = {"number": (int, float), "flag": (bool,), "category": (str,)}
WORDS = {"number": "numbers", "flag": "yes or no", "category": "texts"}


def table_of(rows: Sequence[Known], catalogues: Sequence[Catalogue]) -> Customers:
    """Return the customers with every feature and protected attribute of the catalogues, consent by channel.

    What is not known of a customer is missing; without a word on a channel there is no consent. DataError where there
    is nobody, where values are of another kind than a feature, or where catalogues disagree about one.
    """
    if not rows:
        raise DataError("there are no customers", where="customers", mend="write them first: POST /v1/customers")
    features = _features(catalogues)
    protected = list(dict.fromkeys(name for catalogue in catalogues for name in catalogue.protected))
    columns: dict[str, Any] = {one.name: _column(one, rows) for one in features}
    for name in protected:
        columns[name] = [_group(row.protected.get(name)) for row in rows]
    for channel in CHANNELS:
        columns[CONSENT_COLUMNS[channel]] = [bool(row.consent.get(channel, False)) for row in rows]
    frame = pd.DataFrame(columns, index=pd.Index([row.key for row in rows], dtype="str"))
    frame["consent"] = frame[[CONSENT_COLUMNS[channel] for channel in CHANNELS]].any(axis=1)
    return Customers(frame=frame, schema=_schema(features, protected))


def _features(catalogues: Sequence[Catalogue]) -> list[Feature]:
    found = dict[str, Feature]()
    for feature in (feature for catalogue in catalogues for feature in catalogue.features):
        if found.setdefault(feature.name, feature).kind != feature.kind:
            raise DataError(
                f"is a {found[feature.name].kind} in one version and a {feature.kind} in another",
                where=f"feature {feature.name!r}", rule="versions that run side by side agree on features",
            )  # fmt: skip
    return list(found.values())


def _column(feature: Feature, rows: Sequence[Known]) -> Any:
    values = [row.features.get(feature.name) for row in rows]
    wrong = sum(1 for value in values if value is not None and not _fits(value, feature.kind))
    if wrong:
        raise DataError(
            f"the values of {wrong:,} customers are no {WORDS[feature.kind]}", where=f"feature {feature.name!r}",
            rule=f"it is a {feature.kind}", mend="write these customers anew",
        )  # fmt: skip
    if feature.kind == "category":
        return pd.Series(values, dtype=object).to_numpy()
    return np.array([np.nan if value is None else float(value) for value in values])  # type: ignore[arg-type]  # fits


def _fits(value: object, kind: str) -> bool:
    return isinstance(value, NEEDED[kind]) and not (kind == "number" and isinstance(value, bool))


def _group(value: object) -> str:
    return UNKNOWN if value is None or value == "" else str(value)


def _schema(features: Sequence[Feature], protected: Sequence[str]) -> Schema:
    return Schema(
        name="customers",
        id="customer key",  # a name that no column of a catalogue is likely to have; the frame is indexed by it
        features=tuple(FeatureSpec(column=one.name, kind=one.kind, categories=one.categories) for one in features),
        protected=tuple(ProtectedSpec(column=name) for name in protected),
    )
