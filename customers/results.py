"""What came back from a campaign, row by row: believed, or refused for a reason that is kept with the row.

A file that is no results file at all (no customers, no times, no outcome) is an error. A row that cannot be believed is
refused and counted, so that one bad row neither stops a night's import nor slips in.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers.campaign_plan import CampaignPlan
from evenhand.customers.files import RawTable, read_table
from evenhand.customers.values import EMPTY, FALSE, TRUE, text
from evenhand.errors import DataError, nearest

__all__ = ["FLAGS", "MONEY", "OUTCOMES", "REASONS", "judged", "results_table"]

FLAGS: Final = ("delivered", "opened", "clicked", "redeemed", "unsubscribed")
MONEY: Final = ("spend", "margin")
OUTCOMES: Final = (*FLAGS, *MONEY)
TEXTS: Final = ("customer", "time", "plan", "id", "campaign")
REASONS: Final[dict[str, str]] = {  # the first that holds is given
    "no customer": "the row names no customer",
    "unknown customer": "the customer is not in the plan",
    "another plan": "the row belongs to another plan",
    "no time": "the row has no time that can be read (ISO 8601, UTC where no zone is said)",
    "before the plan": "it happened before the plan began, so the plan cannot have caused it",
    "after the plan": "it happened after the plan's last day; outcomes of all customers are counted over the same days",
    "no yes or no": "a flag is neither yes nor no",
    "no number": "an amount is no number",
    "not finite": "an amount is infinite",
    "negative spend": "spend is below 0; a return belongs into margin",
    "says nothing": "the row has no outcome",
    "contradicts": "an earlier row with its id says something else",
}
BoolArray = NDArray[np.bool_]


def results_table(results: str | Path | pd.DataFrame) -> RawTable:
    """Return results as a table of text; DataError when there is no customer, time or outcome column."""
    if isinstance(results, pd.DataFrame):
        data = results.reset_index(drop=True)
        table = RawTable("results", data.rename(columns=str), np.arange(1, len(data) + 1), "")
    else:
        table = read_table(Path(results))
    double = table.data.columns[table.data.columns.duplicated()]
    if len(double):
        raise DataError(f"column {str(double[0])!r} stands there twice", where=table.file, mend="rename one")
    for name in ("customer", "time"):
        table.column(name)
    if not any(name in table.data for name in OUTCOMES):
        close = next((nearest(str(name), OUTCOMES) for name in table.data if nearest(str(name), OUTCOMES)), None)
        raise DataError(
            "no column is an outcome",
            where=table.file,
            rule=f"at least one of {', '.join(OUTCOMES)}",
            mend=f"did you mean {close!r}?" if close else "rename the column that tells what happened",
        )
    return table


def judged(table: RawTable, plan: CampaignPlan) -> pd.DataFrame:
    """Return for each row key, content, reason ("" when believed), customer, time, sent, outcomes and raw.

    Outcomes are float64, NaN where not told; `time` is ISO 8601 in UTC; `sent` is the campaign that the row names. The
    key is the row's own id, else its content: rows with the same key are one row that came twice.
    """
    cells = {name: text(table, name) if name in table.data else _empty(table) for name in TEXTS}
    times = pd.to_datetime(cells["time"], utc=True, errors="coerce", format="ISO8601")
    values, unread = _values(table)
    reason = _reasons(plan, cells, times, values, unread)
    said = times.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").fillna("")
    frame = pd.DataFrame({"customer": cells["customer"], "time": said, "sent": cells["campaign"], **values})
    frame["content"] = _hashes(frame)
    own = cells["id"] != ""
    frame["key"] = ("id:" + cells["id"]).where(own, frame["content"])
    frame["reason"] = reason
    frame["raw"] = ""
    refused = (reason != "").to_numpy()
    frame.loc[refused, "raw"] = raw_rows(table, refused)
    frame.loc[refused, "key"] = refused_keys(frame["raw"][refused])
    return frame[["key", "content", "reason", "customer", "time", "sent", *OUTCOMES, "raw"]]


def raw_rows(table: RawTable, which: BoolArray) -> list[str]:
    """Return rows as they stood in the file, as JSON."""
    part = table.data[which]
    columns = [text(RawTable(table.file, part, table.rows[which], ""), str(name)).tolist() for name in part]
    return [
        json.dumps(dict(zip(map(str, part), row, strict=True)), ensure_ascii=False)
        for row in zip(*columns, strict=True)
    ]


def refused_keys(raw: pd.Series) -> list[str]:
    """Return the keys of refused rows: a hash of what stood there."""
    return ["refused:" + sha256(row.encode()).hexdigest() for row in raw]


def _empty(table: RawTable) -> pd.Series:
    return pd.Series([""] * len(table.data), dtype="str")


def _values(table: RawTable) -> tuple[dict[str, NDArray[np.float64]], dict[str, BoolArray]]:
    """Return the outcomes as float64 with NaN where empty, and which cells could not be read."""
    values = {name: np.full(len(table.data), np.nan) for name in OUTCOMES}
    unread = {name: np.zeros(len(table.data), dtype=np.bool_) for name in OUTCOMES}
    for name in (name for name in OUTCOMES if name in table.data):
        raw = table.data[name]
        if name in MONEY and pd.api.types.is_float_dtype(raw.dtype):
            values[name] = raw.to_numpy(dtype=np.float64, na_value=np.nan)
            continue
        # A column has few different flags, and amounts that come again: each is read once.
        codes, distinct = pd.factorize(text(table, name))
        found, wrong = (_flags if name in FLAGS else _amounts)(pd.Series(distinct, dtype="str"))
        values[name], unread[name] = found[codes], wrong[codes]
    return values, unread


def _flags(cells: pd.Series) -> tuple[NDArray[np.float64], BoolArray]:
    cells = cells.str.lower()
    true, false = cells.isin(TRUE).to_numpy(dtype=np.bool_), cells.isin(FALSE).to_numpy(dtype=np.bool_)
    empty = cells.isin(EMPTY).to_numpy(dtype=np.bool_)
    return np.where(true, 1.0, np.where(false, 0.0, np.nan)), ~(true | false | empty)


def _amounts(cells: pd.Series) -> tuple[NDArray[np.float64], BoolArray]:
    empty = cells.str.lower().isin(EMPTY).to_numpy(dtype=np.bool_)
    number = pd.to_numeric(cells.where(~empty, ""), errors="coerce").to_numpy(dtype=np.float64)
    return number, np.isnan(number) & ~empty


def _reasons(
    plan: CampaignPlan,
    cells: dict[str, pd.Series],
    times: pd.Series,
    values: dict[str, NDArray[np.float64]],
    unread: dict[str, BoolArray],
) -> pd.Series:
    customer = cells["customer"]
    starts, ends = pd.Timestamp(plan.about.starts, tz="UTC"), pd.Timestamp(plan.about.ends, tz="UTC")
    told = np.column_stack([values[name] for name in OUTCOMES])
    tests: dict[str, BoolArray] = {
        "no customer": (customer == "").to_numpy(),
        "unknown customer": pd.Index(plan.frame["customer"]).get_indexer(pd.Index(customer)) < 0,
        "another plan": ((cells["plan"] != "") & (cells["plan"] != plan.id)).to_numpy(),
        "no time": times.isna().to_numpy(),
        "before the plan": (times < starts).to_numpy(),
        "after the plan": (times >= ends).to_numpy(),
        "no yes or no": np.any([unread[name] for name in FLAGS], axis=0),
        "no number": np.any([unread[name] for name in MONEY], axis=0),
        "not finite": np.asarray(np.isinf(told).any(axis=1)),
        "negative spend": np.asarray(values["spend"] < 0),
        "says nothing": np.asarray(np.isnan(told).all(axis=1)),
    }
    return pd.Series(np.select(list(tests.values()), list(tests), default=""), dtype="str")


def _hashes(frame: pd.DataFrame) -> list[str]:
    columns = [frame[name].tolist() for name in frame]
    return [sha256("\x1f".join(map(str, row)).encode()).hexdigest() for row in zip(*columns, strict=True)]
