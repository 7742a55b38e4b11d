"""The parts of a realism report: plain frozen figures, NaN where there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

__all__ = ["Bin", "Cell", "Copies", "Coverage", "FeatureGap", "Moments", "Number", "Pair", "Trajectory"]

# JSON has no NaN: a figure that does not exist is null there and NaN here.
Number = Annotated[
    float,
    BeforeValidator(lambda value: math.nan if value is None else value),
    PlainSerializer(lambda value: None if math.isnan(value) else float(value)),
]
Row = tuple[Number, ...]


@dataclass(frozen=True)
class FeatureGap:
    """How one feature of the simulated half year differs from that of the real one."""

    name: str
    auc: Number  # telling by this feature alone; 0.5 is perfect, below 0.5 the simulated values are smaller
    real_mean: Number
    simulated_mean: Number
    real_link: Number  # correlation with the same feature of the first half year
    simulated_link: Number
    real_sd: Number = math.nan
    simulated_sd: Number = math.nan
    wasserstein: Number = math.nan  # between the distributions, in units of the real sd; mean over futures
    wasserstein_halves: Number = math.nan  # the same between two real halves, each of half as many customers
    ks: Number = math.nan  # largest difference of the distribution functions; mean over futures
    ks_p: Number = math.nan  # twice the median p over futures: valid however the futures depend on each other
    real_quantiles: Row = ()  # at `LEVELS`
    simulated_quantiles: Row = ()  # of all futures together


@dataclass(frozen=True)
class Pair:
    """One entry of two correlation matrices."""

    one: str
    other: str
    real: Number
    simulated: Number


@dataclass(frozen=True)
class Moments:
    """Correlations of the features of the second half year, real and simulated (mean over futures)."""

    names: tuple[str, ...]  # (F,)
    real: tuple[Row, ...]  # (F, F)
    simulated: tuple[Row, ...]
    rms: Number  # root mean square difference of the entries off the diagonal
    rms_halves: Number  # the same between two real halves, each of half as many customers
    largest: tuple[Pair, ...]  # the largest differences, first the largest


@dataclass(frozen=True)
class Trajectory:
    """One weekly figure of all customers together: what was, and where 95 % of simulated futures lie."""

    name: str
    real: Row  # (weeks,) the past included
    start: int  # the first simulated week
    mean: Row  # (weeks - start,)
    low: Row
    high: Row
    inside: Number  # share of real weeks between low and high


@dataclass(frozen=True)
class Cell:
    """Who redeemed among the customers of one group that got one campaign, beside what was expected."""

    campaign: str
    attribute: str  # "" for everyone
    group: str
    n: int  # customers contacted in the second half year
    observed: Number  # share that redeemed at least once; NaN where `n` is too small
    low: Number  # Wilson's 95 % interval
    high: Number
    expected: Number  # mean simulated chance
    sd: Number  # of observed less expected, were the simulated chances true

    @property
    def enough(self) -> bool:
        """Whether there are customers enough for figures."""
        return not math.isnan(self.observed)


@dataclass(frozen=True)
class Bin:
    """One tenth of the contacted customers by their simulated chance to redeem."""

    campaign: str  # "" for all campaigns together
    n: int  # pairs of customer and campaign
    expected: Number  # mean simulated chance
    observed: Number  # share that redeemed at least once
    low: Number  # Wilson's 95 % interval
    high: Number


@dataclass(frozen=True)
class Coverage:
    """Where the real value lies among a customer's simulated ones: the randomised PIT, uniform when all is right."""

    name: str
    n: int  # customers
    futures: int  # simulated for each
    share: Number  # of customers between 0.05 and 0.95: 0.90 is perfect
    low: Number  # Wilson's 95 % interval of the share
    high: Number
    histogram: tuple[int, ...]  # customers in `PIT_BINS` equal bins of the PIT


@dataclass(frozen=True)
class Copies:
    """Whether simulated half years are copies of real ones, held out or fitted.

    Those with trips in fewer than two weeks are left out: anyone may spend as much as another, once.
    """

    n: int  # simulated half years looked at
    real: int  # real half years they were compared with
    identical: Number  # share equal to a real one in every feature
    same_weeks: Number  # share whose trips and spend equal those of a real one week by week
    shuffled: Number  # share that has the weeks of a real one in another order
    reference: str  # whose half years the distances are to
    nearest_simulated: Number  # median distance to the nearest real half year, features in units of their sd
    nearest_real: Number  # the same for real held-out half years
    ratio: Number  # the former over the latter: below 1 would be closer than real customers are to each other
    ratio_low: Number  # 95 % interval, bootstrap over customers
    ratio_high: Number
    close: Number  # share of simulated half years closer than all but 1 % of the real ones: 0.01 is expected
