"""Read a business's own customers from CSV or Parquet files; every bad input is one clear error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.customers.check import Check
from evenhand.customers.contact import read_consents, read_habits
from evenhand.customers.files import RawTable, read_table, shown
from evenhand.customers.groups import protected_groups
from evenhand.customers.infer import infer_schema
from evenhand.customers.linked import read_history, read_log
from evenhand.customers.rfm import DAYS_PER_MONTH
from evenhand.customers.schema import Schema
from evenhand.customers.specs import FeatureSpec, Role
from evenhand.customers.table import Customers, Source
from evenhand.customers.values import categories, flags, ids, numbers
from evenhand.errors import DataError

__all__ = ["MAX_MISSING", "read_customers"]

MAX_MISSING = 0.5  # a feature that most customers lack tells more about the file than about the customers
RANGE: dict[Role, tuple[float, float]] = {
    "recency": (0.0, np.inf),
    "frequency": (0.0, np.inf),
    "monetary": (0.0, np.inf),
    "engagement": (0.0, 1.0),
}


def read_customers(path: str | Path, *, schema: str | Path | Schema | None = None) -> Customers:
    """Read a customer table, and with the schema's `log` and `history` the files that belong to it.

    `schema` is a Schema or the path of its TOML file; without one a draft is inferred and the quality says
    that a person must confirm it. Files named in a schema are looked for beside it. Raises DataError,
    SchemaError or CampaignError naming file, row (in a CSV the header is row 1), column, value and rule.
    """
    file = Path(path)
    table = read_table(file)
    described = schema if isinstance(schema, Schema) else Schema.read(schema) if schema else infer_schema(table)
    beside = Path(schema).parent if isinstance(schema, str | Path) else file.parent
    frame = _frame(table, described)
    linked = _linked(beside, described, frame.index)
    return Customers(
        frame=frame,
        schema=described,
        history=linked.history,
        contacts=linked.contacts,
        periods=linked.periods,
        sources=(_source(table), *linked.sources),
        remarks=_remarks(table, described),
    )


def _source(table: RawTable) -> Source:
    return Source(Path(table.file).name, len(table.data), table.sha256)  # no folder: a saved table can travel


def _frame(table: RawTable, schema: Schema) -> pd.DataFrame:
    index = _index(table, schema.id)
    columns = {spec.column: _feature(table, spec) for spec in schema.features}
    columns |= {spec.column: protected_groups(table, spec).to_numpy() for spec in schema.protected}
    columns |= read_habits(table, schema.context)
    columns |= read_consents(table, schema.consent, schema.consents)
    return pd.DataFrame(columns, index=index)


def _index(table: RawTable, column: str) -> pd.Index:
    index = ids(table, column)
    double = index.duplicated()
    if double.any():
        second = int(double.argmax())
        first = int(np.flatnonzero(index == index[second])[0])
        raise DataError(
            f"id {shown(index[second])} stands there twice, first in row {table.rows[first]}",
            where=table.where(second, column),
            rule="one row per customer",
            mend="remove or join the rows",
        )
    if len(index) < 2:
        raise DataError("a single customer", where=table.file, rule="segments and groups need at least two customers")
    return index


def _feature(table: RawTable, spec: FeatureSpec) -> object:
    """Return one feature column: float64, bool (float64 0/1 with gaps) or text with gaps."""
    if spec.kind == "category":
        values = categories(table, spec.column, spec.categories)
        _enough_values(table, spec, values.isna().to_numpy())
        return values.to_numpy()
    if spec.kind == "flag":
        found = flags(table, spec.column)
        missing = np.isnan(found)
        _enough_values(table, spec, missing)
        return found if missing.any() else found == 1.0
    low, high = RANGE[spec.role] if spec.role else (-np.inf, np.inf)
    found = numbers(table, spec.column, low=low, high=high)
    _enough_values(table, spec, np.isnan(found))
    return found * (DAYS_PER_MONTH / spec.per_days) if spec.per_days else found


def _enough_values(table: RawTable, spec: FeatureSpec, missing: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    share = float(missing.mean())
    if share > MAX_MISSING:
        what = "no cell has a value" if share == 1 else f"{share:.0%} of the cells are empty"
        raise DataError(
            what,
            where=f"{table.file}, column {spec.column!r}",
            rule=f"at most {MAX_MISSING:.0%} of a feature's cells are empty",
            mend="fill the column, or take it out of the schema's features",
        )


@dataclass(frozen=True)
class _Linked:
    history: pd.DataFrame | None = None
    periods: int = 0
    contacts: pd.DataFrame | None = None
    sources: tuple[Source, ...] = ()


def _linked(folder: Path, schema: Schema, customers: pd.Index) -> _Linked:
    history, periods, contacts = None, 0, None
    sources: list[Source] = []
    if schema.history:
        table = read_table(folder / schema.history.file)
        history, periods = read_history(table, schema.history, customers=customers)
        sources.append(_source(table))
    if schema.log:
        table = read_table(folder / schema.log.file)
        contacts = read_log(table, schema.log, customers=customers, campaigns=schema.campaigns)
        sources.append(_source(table))
    return _Linked(history, periods, contacts, tuple(sources))


def _remarks(table: RawTable, schema: Schema) -> tuple[Check, ...]:
    used = {schema.id, *schema.consent_columns, *schema.context.columns.values()}
    used |= {spec.column for spec in schema.features} | {spec.column for spec in schema.protected}
    ignored = [str(name) for name in table.data.columns if name not in used]
    remarks = [Check("remark", note, mend="look at it, then remove the note") for note in schema.notes]
    if ignored:
        remarks.append(
            Check(
                "remark",
                f"columns that the schema does not name: {', '.join(ignored)}",
                len(ignored),
                "not read",
            )
        )
    for column in schema.consent_columns:
        if empty := int(np.isnan(flags(table, column)).sum()):
            remarks.append(Check("remark", f"{column}: empty cells", empty, "taken as no consent"))
    return tuple(remarks)
