"""A few of the affected customers, so told that nobody can be made out: rounded, and only who looks like many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evenhand.server.pages.models.request import Sample

if TYPE_CHECKING:
    import pandas as pd

    from evenhand.customers import Customers

__all__ = ["LEAST", "sample_of"]

LEAST = 20  # affected customers who must look alike before one of them is shown
MOST = 3  # shown
ROLES = ("recency", "frequency", "monetary")


def sample_of(customers: Customers, touched: NDArray[np.bool_]) -> tuple[Sample, ...]:
    """Return up to three kinds of affected customers by the features that they are sorted by, most frequent first."""
    columns = [name for role in ROLES if (name := customers.role(role)) is not None]  # type: ignore[arg-type]  # roles
    if not columns or not touched.any():
        return ()
    rounded = customers.frame.loc[touched, columns].astype(float).apply(_rounded)
    alike = rounded.dropna().value_counts()
    shown = alike[alike >= LEAST].head(MOST)
    labels = [_label(customers, column) for column in columns]
    return tuple(
        Sample(facts=tuple((label, f"~ {value:g}") for label, value in zip(labels, values, strict=True)))
        for values in shown.index
    )


def _rounded(column: pd.Series[float]) -> pd.Series[float]:
    """Round to one figure of two, so that 23 and 19 are both about 20."""
    size = 10.0 ** np.floor(np.log10(column.abs().where(column.abs() > 0, 1.0)))
    return (column / size).round() * size


def _label(customers: Customers, column: str) -> str:
    feature = customers.catalogue.feature(column)
    return f"{feature.label} ({feature.unit})" if feature.unit else feature.label
