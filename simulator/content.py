"""What a calibrated simulator knows, as plain numbers: no row, id or value of any single customer."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from evenhand.segments import Catalogue
from evenhand.simulator.answers.randomised import LogAudit

__all__ = [
    "Answers",
    "Attribute",
    "Category",
    "Content",
    "Explaining",
    "Goods",
    "Group",
    "Habitual",
    "Origin",
    "Parameter",
    "Replicate",
    "rounded",
    "rounded_row",
    "rounded_rows",
]

Floats = NDArray[np.float64]
Origin = Literal["calibrated", "prior", "scenario"]
Row = tuple[float, ...]
AtLeast0 = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]

DIGITS = 7


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Group(_Frozen):
    """A known group of a protected attribute."""

    name: str
    n: int
    constrained: bool  # large enough that constraints speak about it


class Attribute(_Frozen):
    """A protected attribute; codes of `Population.groups` are positions in `groups`."""

    name: str
    label: str
    groups: tuple[Group, ...]
    unknown: int  # customers in no known group


class Parameter(_Frozen):
    """One parameter, its 95 % interval and where it comes from."""

    name: str
    value: float
    low: float
    high: float
    origin: Origin
    source: str


class Category(_Frozen):
    """A yes/no column or a category that responses depend on."""

    column: str
    names: tuple[str, ...]  # of the values that enough customers have


class Explaining(_Frozen):
    """What a randomised log tells, and how features become the columns that its response depends on."""

    told: tuple[str, ...]  # visits, conversions, spend
    weeks: float  # of a row of the log
    categories: tuple[Category, ...]
    logged: tuple[bool, ...]  # (F,) numbers that are taken as log(1 + number): log rate, log basket, static features
    centre: Row  # (F,)
    scale: Row  # (F,)
    kept: tuple[tuple[bool, ...], ...]  # levels that have a column: of protected attributes, then of categories


class Answers(_Frozen):
    """Responses of one refit, as `response.Response` describes them, and the law of the categories."""

    visit: Row  # (1 + D,)
    click: tuple[Row, ...]  # (C - 1, 1 + D)
    closing: Row  # (1 + D,)
    shift: Row  # (C - 1,)
    basket: Row  # (1 + D,)
    bonus: Row  # (C - 1,)
    spread: float
    bounded: float
    categories_known: Row  # of the chain that draws categories, given habits, features and groups
    categories: tuple[tuple[Row, ...], ...]


class Replicate(_Frozen):
    """One refit: a way the world may be, given the customers."""

    dispersion: AtLeast0  # of the median customer
    dispersion_sd: AtLeast0 = 0.0  # of its log over customers
    zero_inflation: AtLeast0
    drift_persistence: Annotated[float, Field(ge=0, lt=1)]
    drift_sd: AtLeast0
    return_base: Share  # chance per week that who is absent comes back unasked
    rate_mean: float  # of the log of trips per week while here, over customers
    rate_sd: AtLeast0
    season: Row  # (T,) mean 1
    hazard: tuple[float, float]  # intercept and slope of the log hazard of an absence on the log rate
    levels: Row  # (K,) probabilities of the knots
    knots: tuple[Row, ...]  # (D, K)
    correlation: tuple[Row, ...]  # (D, D)
    known: Row  # (1 + D,)
    attributes: tuple[tuple[Row, ...], ...]  # P of (1 + D + earlier dummies, groups + 1)
    consent: tuple[Row, ...]  # (1 + D, channels)
    redemption_intercept: Row  # (C - 1,)
    redemption_slopes: Row  # (F + 1,)
    redemption_spread: AtLeast0
    left: float = 0.0  # share of the customers of a table who have left without a word
    answers: Answers | None = None  # of a randomised log


class Habitual(_Frozen):
    """What forward simulation of given customers needs beyond the point fit."""

    basket_mean: float  # of the log of mean spend per trip, over customers
    basket_sd: float
    basket_shift: float  # sd of its change from one half year to the next
    sd_scale: float  # log sd of one trip's spend, over the one that weekly variances tell
    sd_shift: float  # sd of the log of that ratio, over customers
    redemption_intercept: Row  # (C - 1,) of the hazard given log rate and log basket alone
    redemption_slopes: Row  # (3,) of log rate, log basket and affinity, standardised
    redemption_spread: AtLeast0


class Goods(_Frozen):
    """What customers buy, by category, and what campaigns offer: to write down a history as a shop would."""

    shares: dict[str, str]  # category -> the feature that is its share of a customer's spend; "" takes the rest
    mixes: dict[str, dict[str, float]]  # campaign -> category -> share of what it offers


class Content(_Frozen):
    """Everything that `Simulator.save` writes."""

    name: str
    catalogue: Catalogue
    roles: dict[str, str]  # role -> column
    static_features: tuple[str, ...]
    opening: tuple[str, ...]  # known habits of opening: hour, weekend, mobile
    attributes: tuple[Attribute, ...]
    centre: Row  # (F,) of log rate, log basket and the static features
    scale: Row  # (F,)
    forward: Habitual
    delayed: AtLeast0  # factor on the strength of every delayed effect
    behaviour: dict[str, float] = {}  # stated by a scenario, in place of a prior's centre or a switch
    effects: dict[str, dict[str, float]] = {}  # likewise, by campaign
    truth: dict[str, float] = {}  # factors on what is drawn, of which the business knows nothing: shifted dynamics
    newcomers: Share = 0.0  # share of a population that is yet to come
    budget: AtLeast0 | None = None  # money per customer and period that all contacts together may cost
    goods: Goods | None = None
    seed: int
    customers: int
    periods: int  # weeks of history, 0 without
    weekly: bool = True  # whether trips were calibrated on a weekly history
    aged: bool = False  # whether they were on recency, frequency and tenure
    audit: LogAudit | None = None  # whether the campaign log was randomised, None without a log
    explaining: Explaining | None = None  # of a randomised log
    notes: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    point: Replicate  # the fit to the customers as they are
    replicates: Annotated[tuple[Replicate, ...], Field(min_length=1)]  # the fits to bootstrap samples of them


def rounded(values: NDArray[np.floating] | float) -> Floats:
    """Return values with `DIGITS` significant digits: files stay short and do not depend on the last bit."""
    x = np.asarray(values, dtype=np.float64)
    return np.array([float(f"{v:.{DIGITS}g}") for v in x.ravel()]).reshape(x.shape)


def rounded_row(values: NDArray[np.floating]) -> Row:
    """Return values (N,) rounded, as content keeps them."""
    return tuple(rounded(values).tolist())


def rounded_rows(values: NDArray[np.floating]) -> tuple[Row, ...]:
    """Return values (N, K) rounded, as content keeps them."""
    return tuple(tuple(row) for row in rounded(values).tolist())
