"""Rows added up to what was randomised: a cluster, or a customer with many rows; its totals are one unit's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evenhand.errors import DataError
from evenhand.experiments.moments.labels import encode
from evenhand.experiments.moments.sources import batches

__all__ = ["ROWS", "totals"]

ROWS = "rows"  # the column that counts them


def totals(
    data: Any, columns: Sequence[str], *, cluster: str, arm: str = "arm", by: Sequence[str] = ()
) -> dict[str, np.ndarray[Any, Any]]:
    """Return the sums of `columns` per `cluster` with its arm, its labels of `by` and its number of "rows".

    The result is data for `scan`. Raises DataError for a cluster in two arms or under two labels, for rows without an
    arm or a cluster, and for values that are missing or infinite.
    """
    parts = [_part(batch, columns, cluster, (arm, *by)) for batch in batches(data, columns, [cluster, arm, *by])]
    if not parts or not sum(map(len, parts)):
        raise DataError("no rows", rule="an experiment has data", mend="look at the file or the query")
    keys = [cluster, arm, *by]
    whole = pd.concat(parts).groupby(keys, sort=True).sum().reset_index()
    double = whole[cluster].duplicated(keep=False)
    if double.any():
        first = whole.loc[double, cluster].iloc[0]
        raise DataError(
            f"{whole.loc[double, cluster].nunique():,} clusters have two arms or labels, such as {first}",
            where=f"column {cluster!r}",
            rule=f"a cluster is whole in {' and '.join((arm, *by))}",
            mend="cluster by what was randomised; leave out labels that differ within it",
        )
    return {str(name): whole[name].to_numpy() for name in whole}


def _part(batch: Any, columns: Sequence[str], cluster: str, factors: Sequence[str]) -> pd.DataFrame:
    frame = pd.DataFrame({name: np.asarray(batch[name], np.float64) for name in columns})
    wrong = ~np.isfinite(frame.to_numpy())
    if wrong.any():
        raise DataError(
            f"{int(wrong.sum()):,} values are missing or infinite",
            where=f"column {columns[int(wrong.any(axis=0).argmax())]!r}",
            rule="every row has a finite value",
            mend="write 0 for who did nothing",
        )
    frame[ROWS] = 1
    for name in (cluster, *factors):
        codes, labels = encode(batch[name], name)
        if (codes < 0).any():
            raise DataError(f"{int((codes < 0).sum()):,} rows have none", where=f"column {name!r}", rule="all have one")
        frame[name] = np.asarray(labels, dtype=object)[codes]
    return frame.groupby([cluster, *factors], sort=False).sum().reset_index()
