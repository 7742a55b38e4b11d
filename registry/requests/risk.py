"""How much a request risks, and how many people must approve it for that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, NamedTuple

from evenhand.errors import DataError
from evenhand.segments.canonical import Json

__all__ = ["Facts", "ReviewRules", "Risk", "facts_of", "quorum_of", "risk_of"]

Risk = Literal["low", "high"]
LARGEST = 1e300


@dataclass(frozen=True, kw_only=True)
class ReviewRules:
    """What a business demands of its reviews; the outcome is kept with each request, so a change acts on later ones."""

    many_customers: float = 0.10  # share of all customers touched from which on a change is a high risk
    much_margin: float = 0.80  # share of a fairness margin used from which on it is one
    low_quorum: int = 1  # approvals that a low risk needs
    high_quorum: int = 2  # and a high one
    lifetime: timedelta = timedelta(days=30)  # from the last edit; then an open request expires

    def __post_init__(self) -> None:
        if not 1 <= self.low_quorum <= self.high_quorum:
            raise DataError(
                f"quorums {self.low_quorum} and {self.high_quorum}",
                rule="at least one approval, and no fewer for a high risk than for a low one",
            )
        if self.lifetime <= timedelta(0):
            raise DataError(f"a lifetime of {self.lifetime}", rule="a request lives for some time")


class Facts(NamedTuple):
    """What the risk depends on; unknown is None."""

    customers: float | None  # share of all customers whom the change touches, 0 to 1
    margin: float | None  # the largest share of a fairness margin that is used afterwards; above 1 it is broken


def facts_of(predicted: Json) -> Facts:
    """Read the facts from what was predicted: its numbers `customers_share` and `margin_used`.

    DataError for a share that is none. What is left out stays unknown.
    """
    document = predicted if isinstance(predicted, dict) else {}
    customers = _number(document, "customers_share")
    margin = _number(document, "margin_used")
    if customers is not None and customers > 1:
        raise DataError(f"customers_share {customers:g}", where="predicted", rule="a share is a number from 0 to 1")
    return Facts(customers, margin)


def risk_of(facts: Facts, rules: ReviewRules) -> Risk:
    """Return the class: high for many customers, for a fairness margin nearly used up, and for what nobody knows."""
    if facts.customers is None or facts.margin is None:
        return "high"
    return "high" if facts.customers >= rules.many_customers or facts.margin >= rules.much_margin else "low"


def quorum_of(risk: Risk, rules: ReviewRules) -> int:
    """Return how many people must approve."""
    return rules.high_quorum if risk == "high" else rules.low_quorum


def _number(document: dict[str, Json], name: str) -> float | None:
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LARGEST:
        raise DataError(f"{name} {value!r:.40}", where="predicted", rule="a number, 0 or more")
    return float(value)
