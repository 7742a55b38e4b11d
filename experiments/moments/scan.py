"""The one pass: any data in, `Moments` out, or one error that says what is wrong with the data and how often."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError
from evenhand.experiments.moments.blocks import INFINITE, NAN, NEGATIVE, CellSums, co_moments
from evenhand.experiments.moments.cells import Key, Moments
from evenhand.experiments.moments.labels import Coded, Codes, encode
from evenhand.experiments.moments.sources import Batch, batches, relation
from evenhand.experiments.moments.units import refuse_repeats, repeats, repeats_in
from evenhand.fairness.gaps import UNKNOWN

__all__ = ["scan"]

MOST_CELLS = 100_000


def scan(
    data: Any,
    columns: Sequence[str],
    *,
    arm: str = "arm",
    by: Sequence[str] = (),
    unit: str | None = None,
    non_negative: Collection[str] = (),
    missing: Literal["error", "drop"] = "error",
) -> Moments:
    """Count `columns`, metrics and covariates alike, per arm and per combination of the factors `by`.

    `data` is anything that `sources.batches` reads; one row per unit that was randomised. With `unit`, its id, this is
    checked: a unit with two rows, or in two arms, is an error. So are a row without an arm, an infinity, a value below
    0 of a `non_negative` column, and a missing value unless `missing` is "drop": then its row is left out of everything
    and counted in `Moments.dropped`. A missing label of another factor is the label "unknown".
    """
    factors = (arm, *by)
    if not columns or len(set(columns)) < len(columns) or len(set(factors)) < len(factors):
        raise DataError(f"columns {list(columns)} by {list(factors)}", rule="at least one column, each named once")
    table = relation(data, [name for name in (*factors, unit) if name not in columns]) if unit else None
    labels = [*factors, unit] if unit and table is None else [*factors]
    found: Moments | None = None
    flaws = np.zeros((len(columns), 3), np.int64)
    ids: list[tuple[Any, Codes, list[str]]] = []
    for batch in batches(data if table is None else table, columns, labels):
        coded = [encode(batch[factor], factor) for factor in factors]
        _refuse_unassigned(coded[0][0], arm)
        if unit and table is None:
            ids.append((batch[unit], *coded[0]))
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is named in the end
            part, wrong = _of_batch(batch, columns, factors, coded)
            found = part if found is None else found.merge(part)
        flaws += wrong
    if found is None or not found.keys:
        raise DataError("no rows", rule="an experiment has data", mend="look at the file or the query")
    _refuse_flaws(flaws, columns, non_negative, missing, found.rows + int(found.dropped.sum()))
    _refuse_overflow(found)
    if unit:
        refuse_repeats(repeats_in(table, unit, arm) if table is not None else _repeats(ids), unit)
    return found


def _of_batch(
    batch: Batch, columns: Sequence[str], factors: tuple[str, ...], coded: list[Coded]
) -> tuple[Moments, NDArray[np.int64]]:
    codes, keys = _cells(coded)
    sums = co_moments(codes, len(keys), [batch[column] for column in columns])
    return _moments(sums, tuple(columns), factors, keys), sums.flaws


def _cells(coded: list[Coded]) -> tuple[Codes, list[Key]]:
    """Return a code per combination of labels, and the keys that they stand for."""
    codes = np.zeros(len(coded[0][0]), np.int32)
    keys: list[Key] = [()]
    for more, labels in coded:
        if len(more) and more.min() < 0:  # one more label for what is missing
            more, labels = np.where(more < 0, np.int32(len(labels)), more), [*labels, UNKNOWN]
        if len(keys) * len(labels) > MOST_CELLS:
            raise DataError(
                f"{len(keys) * len(labels):,} combinations of labels",
                rule=f"at most {MOST_CELLS:,}",
                mend="ask for fewer factors; is one of them an id?",
            )
        keys = [(*key, label) for key in keys for label in labels]
        codes = codes * np.int32(len(labels)) + more if len(keys) > len(labels) else more
    return codes, keys


def _moments(sums: CellSums, columns: tuple[str, ...], factors: tuple[str, ...], keys: list[Key]) -> Moments:
    """Return moments of the cells that have rows, in the order of their keys; labels of one text are one."""
    full = [i for i in range(len(keys)) if sums.n[i] or sums.dropped[i]]
    at = np.asarray(full, np.intp)
    raw = Moments(
        columns,
        factors,
        tuple(keys[i] for i in full),
        sums.n[at],
        sums.mean[at],
        sums.comoment[at],
        sums.dropped[at],
    )
    return raw.pooled(*factors)


def _repeats(ids: list[tuple[Any, Codes, list[str]]]) -> Any:
    if len(ids) == 1:
        return repeats(*ids[0][:2])
    names = sorted({label for _, _, labels in ids for label in labels})
    arms = [np.array([names.index(label) for label in labels], np.int32)[codes] for _, codes, labels in ids]
    return repeats(np.concatenate([np.asarray(units) for units, _, _ in ids]), np.concatenate(arms))


def _refuse_unassigned(codes: Codes, arm: str) -> None:
    lost = int(np.count_nonzero(codes < 0))
    if lost:
        raise DataError(
            f"{lost:,} rows have no arm",
            where=f"column {arm!r}",
            rule="every row belongs to an arm",
            mend="leave out who was never assigned, before looking at any metric",
        )


def _refuse_flaws(
    flaws: NDArray[np.int64], columns: Sequence[str], non_negative: Collection[str], missing: str, rows: int
) -> None:
    stray = [name for name in non_negative if name not in columns]
    if stray:
        raise DataError(f"{stray} may not be negative, but are not counted", rule="name columns that are scanned")
    wrong = list(_wrong(flaws, columns, non_negative, missing))
    if wrong:
        column, what, rule, mend = wrong[0]
        more = f" (and {len(wrong) - 1} more such findings)" if len(wrong) > 1 else ""
        raise DataError(f"{what} of {rows:,} values{more}", where=f"column {column!r}", rule=rule, mend=mend)


def _refuse_overflow(found: Moments) -> None:
    """Raise DataError where the squares of a column are beyond what numbers hold: nothing could be said of others."""
    beyond = ~np.isfinite(np.einsum("...ii->...i", found.comoment)).all(axis=0)
    if beyond.any():
        raise DataError(
            "values too large to be squared", where=f"column {found.columns[int(beyond.argmax())]!r}",
            rule="at most about 1e150 either way", mend="mend the source, or count in larger units",
        )  # fmt: skip


def _wrong(
    flaws: NDArray[np.int64], columns: Sequence[str], non_negative: Collection[str], missing: str
) -> Iterator[tuple[str, str, str, str]]:
    for name, counts in zip(columns, flaws, strict=True):
        if counts[INFINITE]:
            yield name, f"{counts[INFINITE]:,} infinite", "metrics are finite", "mend the source; a division by 0?"
        if counts[NEGATIVE] and name in non_negative:
            yield (
                name, f"{counts[NEGATIVE]:,} negative", "the metric says that it is never below 0",
                "book returns in a metric of their own, or let this one be negative",
            )  # fmt: skip
        if counts[NAN] and missing != "drop":
            yield (
                name, f"{counts[NAN]:,} missing", "every unit has a value",
                'write 0 for who did nothing, or pass missing="drop" and look at how many each arm lost',
            )  # fmt: skip
