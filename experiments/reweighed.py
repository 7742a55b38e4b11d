"""Fairness before anything is learned: customers drawn anew so that group and response are independent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.customers import Customers
from evenhand.customers.resample import resampled
from evenhand.errors import DataError
from evenhand.fairness import drawn_by_weight, reweighing

__all__ = ["response_of", "reweighed"]

ANSWERED, BOUGHT = "redeemed one of their contacts", "buys more often than the middle customer"


def reweighed(customers: Customers, attribute: str, *, seed: int) -> Customers:
    """Return as many customers, drawn by Kamiran and Calders' weights of `attribute` and response.

    Whoever belongs to no known group, or was never contacted, keeps weight 1.
    """
    position = [a.name for a in customers.protected].index(attribute)
    labels, _ = response_of(customers)
    weights = reweighing(customers.protected_codes()[:, position], labels)
    return resampled(customers, drawn_by_weight(weights, seed=seed))


def response_of(customers: Customers) -> tuple[NDArray[np.int64], str]:
    """Return who responds, 1 or 0, -1 where it cannot be told, (n,), and in words what responding means.

    With a campaign log: whether a customer redeemed any contact. Without one: whether they buy more often than the
    median customer, since in the simulator a campaign lifts trips. DataError where neither is known.
    """
    ids = customers.frame.index
    if customers.contacts is not None:
        redeemed = customers.contacts.dropna(subset="redeemed").groupby("customer")["redeemed"].max()
        return redeemed.reindex(ids).fillna(-1).to_numpy().astype(np.int64), ANSWERED
    frequency = customers.role("frequency")
    if frequency is None:
        raise DataError("neither a campaign log nor a frequency says who responds", where=customers.schema.name)
    often = customers.numbers([frequency])[:, 0]
    return (often > np.median(often)).astype(np.int64), BOUGHT
