"""Calibration of what contact causes: audit the campaign log and, if it was randomised, fit and refit its response."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.answers.design import Coding, Design, coding_of, columns_of
from evenhand.simulator.answers.levels import Level, codes_of, levels_of
from evenhand.simulator.answers.response import Response, fit_response, refit_response
from evenhand.simulator.answers.trial import audit_of, trial_of
from evenhand.simulator.content import Answers, Category, Explaining, rounded, rounded_row, rounded_rows
from evenhand.simulator.copula import Chain, fit_chain
from evenhand.simulator.observed import HABITS, Observed

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["Causes", "answers_design", "coding_from", "dummies", "levels_from", "response_from"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Codes = NDArray[np.int8]

MOST_CHAINED = 10_000  # customers, of a bootstrap sample, that the law of the categories is fitted to


class Causes:
    """What a campaign log tells of contact: the audit always, a response where it was randomised."""

    def __init__(self, customers: Customers, seen: Observed, campaigns: list[str]) -> None:
        self.seen, self.campaigns = seen, len(campaigns)
        self.levels = levels_of(customers)
        self.codes = codes_of(customers, self.levels)
        names = ["log rate", "log basket", *customers.static_features]
        groups = [Level(a.name, tuple(g.name for g in a.known)) for a in customers.protected]
        design = answers_design(seen.values, seen.n_static, np.hstack([seen.codes, self.codes]))._replace(
            number_names=tuple(names),
            levels=tuple(level.names for level in (*groups, *self.levels)),
            code_names=tuple(level.column for level in (*groups, *self.levels)),
        )
        self.audit = audit_of(customers, campaigns, design)
        trial = trial_of(customers, campaigns)
        self.trial = trial if self.audit is not None and self.audit.randomised else None
        if self.audit is not None and self.audit.randomised and trial is None:
            self.audit = replace(self.audit, claim=_WITHOUT_OUTCOMES)
        self.coding = coding_of(design)
        self.point: Response | None = None
        if self.trial is not None:
            self.x = columns_of(design, self.coding)[self.trial.customer]

    @property
    def told(self) -> tuple[str, ...]:
        """What a response could be calibrated on: visits, conversions, spend; nothing where the log was no trial."""
        return () if self.trial is None else self.trial.told

    def explaining(self) -> Explaining | None:
        """Return how features explain responses, None without a trial."""
        if self.trial is None:
            return None
        return Explaining(
            told=self.trial.told,
            weeks=self.trial.weeks,
            categories=tuple(Category(column=level.column, names=level.names) for level in self.levels),
            logged=tuple(self.coding.logged.tolist()),
            centre=rounded_row(self.coding.centre),
            scale=rounded_row(self.coding.scale),
            kept=self.coding.kept,
        )

    def answers(self, rows: Rows, scores: Floats) -> Answers | None:
        """Refit to customers `rows`, whose habits and features have normal `scores`; the first call fixes how strongly
        coefficients are pulled.
        """
        if self.trial is None:
            return None
        weight = np.bincount(rows, minlength=len(self.codes))[self.trial.customer].astype(np.float64)
        if self.point is None:
            self.point = fit = fit_response(self.x, self.coding.is_level, self.trial.outcomes, self.campaigns)
        else:
            fit = refit_response(self.x, self.coding.is_level, self.trial.outcomes, self.campaigns, weight, self.point)
        some = np.arange(min(len(rows), MOST_CHAINED))  # rows of a bootstrap sample are in no order
        chain = self._chain(rows[some], scores[some])
        return Answers(
            visit=rounded_row(fit.visit),
            click=rounded_rows(fit.click),
            closing=rounded_row(fit.closing),
            shift=rounded_row(fit.shift),
            basket=rounded_row(fit.basket),
            bonus=rounded_row(fit.bonus),
            spread=float(rounded(fit.spread)),
            bounded=float(rounded(fit.bounded)),
            categories_known=rounded_row(chain.known),
            categories=tuple(rounded_rows(weights) for weights in chain.attributes),
        )

    def _chain(self, rows: Rows, scores: Floats) -> Chain:
        wide = np.column_stack([scores, dummies(self.seen.codes[rows], self._group_sizes())])
        sizes = tuple(max(len(level.names), 1) for level in self.levels)
        return fit_chain(wide, self.codes[rows], sizes, np.ones((len(rows), 1), np.bool_))

    def _group_sizes(self) -> tuple[int, ...]:
        return tuple(len(kept) for kept in self.coding.kept[: self.seen.codes.shape[1]])


_WITHOUT_OUTCOMES = (
    "Contacts look randomised as far as the features tell, but too little is told of what customers without contact "
    "did: responses are described only, and what contact causes comes from stated priors."
)


def answers_design(values: Floats, n_static: int, codes: Codes) -> Design:
    """Return the features that responses depend on, out of the copula's columns and of groups and categories."""
    first = len(HABITS) + n_static
    return Design(np.column_stack([values[:, :2], values[:, len(HABITS) : first]]), codes, (), (), ())


def dummies(codes: Codes, sizes: tuple[int, ...]) -> Floats:
    """Return a column for each group of each attribute, 1 for its members, (N, groups in all)."""
    columns = [(codes[:, p, None] == np.arange(size)).astype(np.float64) for p, size in enumerate(sizes)]
    return np.hstack([np.empty((len(codes), 0)), *columns])


def coding_from(explaining: Explaining) -> Coding:
    """Return the coding that a file tells."""
    logged = np.array(explaining.logged, np.bool_)
    return Coding(logged, np.array(explaining.centre), np.array(explaining.scale), explaining.kept)


def levels_from(explaining: Explaining | None) -> tuple[Level, ...]:
    """Return the categories that a file tells."""
    return () if explaining is None else tuple(Level(c.column, c.names) for c in explaining.categories)


def response_from(answers: Answers) -> Response:
    """Return the response that a file tells."""
    none = np.empty(0)
    return Response(
        np.array(answers.visit),
        np.array(answers.click),
        np.array(answers.closing),
        np.array(answers.shift),
        np.array(answers.basket),
        np.array(answers.bonus),
        answers.spread,
        answers.bounded,
        (none, none, none),
    )
