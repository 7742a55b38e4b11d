"""The raw values of one column per arm, for what sums cannot tell: quantiles and bootstraps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError
from evenhand.experiments.moments.labels import encode
from evenhand.experiments.moments.sources import batches

__all__ = ["values_by_arm"]


def values_by_arm(data: Any, columns: Sequence[str], *, arm: str = "arm") -> dict[str, NDArray[np.float64]]:
    """Return the values (n_arm, k) of `columns` per arm, of any data that `scan` reads, all in memory.

    Raises DataError for rows without an arm and values that are missing or infinite.
    """
    found: dict[str, list[NDArray[np.float64]]] = {}
    for batch in batches(data, columns, [arm]):
        codes, labels = encode(batch[arm], arm)
        rows = np.column_stack([np.asarray(batch[name], np.float64) for name in columns])
        bad = int((~np.isfinite(rows)).any(axis=1).sum()), int((codes < 0).sum())
        if any(bad):
            raise DataError(
                f"{bad[0]:,} rows have a missing or infinite value, {bad[1]:,} have no arm",
                rule="every unit has an arm and finite values",
                mend="write 0 for who did nothing",
            )
        for code in np.unique(codes):
            found.setdefault(labels[code], []).append(rows[codes == code])
    return {label: np.concatenate(parts) for label, parts in sorted(found.items())}
