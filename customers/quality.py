"""What a data scientist should know about a customer table before anything is learned from it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evenhand.customers.check import Check, Level
from evenhand.customers.protected import MIN_GROUP
from evenhand.customers.reach import consent_checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evenhand.customers.table import Customers

__all__ = ["MIN_CUSTOMERS", "Enough", "Quality", "assess"]

MIN_CUSTOMERS = 200  # below, a group comparison or a calibrated population would be mostly noise
MIN_PERIODS = 26  # half a year: the realism report simulates the second half from the first
MANY_UNKNOWN = 0.05


@dataclass(frozen=True)
class Enough:
    """Whether there are enough customers to learn from, and why (not)."""

    n: int
    ok: bool
    why: str

    def __bool__(self) -> bool:
        return self.ok

    @classmethod
    def of(cls, n: int) -> Enough:
        """Judge a number of customers; with too few the advice is to keep what runs."""
        if n >= MIN_CUSTOMERS:
            return cls(n, True, f"{n:,} customers, at least {MIN_CUSTOMERS} are needed")
        return cls(
            n,
            False,
            f"{n:,} customers are too few to learn from (at least {MIN_CUSTOMERS} are needed): "
            "keep the segmentation that runs",
        )


@dataclass(frozen=True)
class Quality:
    """All checks of one table; prints as a table, most serious first."""

    checks: tuple[Check, ...]

    @property
    def remarks(self) -> tuple[Check, ...]:
        """The checks that ask for a person's attention."""
        return tuple(check for check in self.checks if check.level != "ok")

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def __str__(self) -> str:
        width = max((len(check.what) for check in self.checks), default=4)
        lines = [f"{'level':<8} {'what':<{width}} {'count':>9}  what to do"]
        for check in self.checks:
            count = f"{check.count:,}" if check.count else ""
            lines.append(f"{check.level:<8} {check.what:<{width}} {count:>9}  {check.mend}".rstrip())
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{check.level}</td><td>{html.escape(check.what)}</td>"
            f"<td>{check.count or ''}</td><td>{html.escape(check.mend)}</td></tr>"
            for check in self.checks
        )
        return f"<table><tr><th>level</th><th>what</th><th>count</th><th>what to do</th></tr>{rows}</table>"


def assess(customers: Customers) -> Quality:
    """Look at a table and return every check, the most serious first."""
    checks = [
        *_size(customers),
        *_features(customers),
        *_protected(customers),
        *consent_checks(customers),
        *_history(customers),
        *_contacts(customers),
        *customers.remarks,
    ]
    order: tuple[Level, ...] = ("warning", "remark", "ok")
    return Quality(tuple(sorted(checks, key=lambda check: order.index(check.level))))


def _size(customers: Customers) -> Iterator[Check]:
    enough = customers.enough
    yield Check("ok" if enough else "warning", enough.why, enough.n)
    if customers.schema.draft:
        yield Check(
            "warning",
            "the schema is a draft that was guessed from the columns",
            mend="confirm what is protected, then remove draft = true",
        )


def _features(customers: Customers) -> Iterator[Check]:
    for spec in customers.schema.features:
        column = customers.frame[spec.column]
        missing = int(column.isna().sum())
        if missing:
            yield Check("remark", f"{spec.column}: empty cells", missing, "no rule matches an empty cell")
        if column.nunique() == 1:
            yield Check("remark", f"{spec.column}: all values are equal", len(column), "no rule can cut here")
        if spec.kind == "number" and missing < len(column):
            low, middle, high = np.nanquantile(column.to_numpy(dtype=np.float64), [0.01, 0.5, 0.99])
            far = int(((column - middle).abs() > 10 * (high - low)).sum())
            if far and high > low:
                yield Check("remark", f"{spec.column}: values far outside the rest", far, "check their unit")
    if all(not int(customers.frame[spec.column].isna().sum()) for spec in customers.schema.features):
        yield Check("ok", f"{len(customers.schema.features)} features without empty cells")


def _protected(customers: Customers) -> Iterator[Check]:
    if not customers.protected:
        yield Check(
            "warning",
            "no protected attribute is declared",
            mend="name at least one, or fairness is not checked",
        )
    shares = {attribute.name: attribute.unknown / customers.n for attribute in customers.protected}
    if unknown := {name: share for name, share in shares.items() if share > MANY_UNKNOWN}:
        yield Check(
            "remark",
            "group unknown: " + ", ".join(f"{name} {share:.0%}" for name, share in unknown.items()),
            max(attribute.unknown for attribute in customers.protected),
            "audits show the unknown as a group; no constraint speaks about them",
        )
    small = [
        (attribute.name, group)
        for attribute in customers.protected
        for group in attribute.known
        if not group.constrained
    ]
    if small:
        yield Check(
            "remark",
            f"groups under {MIN_GROUP}: " + ", ".join(f"{name} {group.name} ({group.n})" for name, group in small),
            len(small),
            "reported, not constrained",
        )


def _history(customers: Customers) -> Iterator[Check]:
    history = customers.history
    if history is None:
        yield Check("remark", "no purchase history", mend="the simulator then leans on stated priors")
        return
    yield Check("ok", f"{customers.periods} weeks of purchases", len(history))
    if customers.periods < MIN_PERIODS:
        yield Check(
            "remark",
            f"history shorter than {MIN_PERIODS} weeks",
            customers.periods,
            "realism cannot be judged",
        )
    silent = int((~customers.frame.index.isin(history["customer"])).sum())
    if silent:
        yield Check("remark", "customers without any purchase in the history", silent)


def _contacts(customers: Customers) -> Iterator[Check]:
    contacts = customers.contacts
    if contacts is None:
        yield Check("remark", "no campaign log", mend="responses to campaigns then come from stated priors")
        return
    yield Check("ok", "contacts in the campaign log", len(contacts))
    without = int(contacts["propensity"].isna().sum())
    if without:
        yield Check(
            "remark",
            "contacts without a logged propensity",
            without,
            "calibration looks whether they were drawn at random; if not, what contact causes comes from stated priors",
        )
