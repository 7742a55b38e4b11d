"""Parts of `report.json` that hold what came out: policies, comparison, recommendations."""

from __future__ import annotations

from typing import Literal

from numpy.typing import ArrayLike
from pydantic import Field, JsonValue

from evenhand.experiments.paired import PairedComparison, mean_interval
from evenhand.experiments.report.base import Count, MaybeNumber, Part, Share
from evenhand.experiments.report.granularity import Granularity
from evenhand.experiments.report.intervals import Interval, Mean
from evenhand.experiments.report.welfare import AttributeWelfare

__all__ = [
    "AffectedGroup",
    "Comparison",
    "Elsewhere",
    "Expected",
    "FairnessChange",
    "Gap",
    "Interval",
    "Mean",
    "OverSeeds",
    "PolicyEvidence",
    "Recommendation",
    "RecommendedPlan",
    "Reviewable",
]


class Gap(Mean):
    """Gap of one protected attribute; `tolerance` is null where it is measured only."""

    tolerance: float | None = None

    @classmethod
    def of(cls, values: ArrayLike, *, level: float = 0.95, tolerance: float | None = None) -> Gap:
        """Return the mean gap of `values` (n_populations,) with its t interval, never below 0."""
        found = mean_interval(values, level=level)
        return cls(mean=found.mean, low=max(found.low, 0.0), high=found.high, n=found.n, tolerance=tolerance)


class PolicyEvidence(Part):
    """What one policy did on unseen populations; rates and profit are per customer and period."""

    name: str
    label: str
    kind: Literal["today", "baseline", "learned"] = "baseline"
    feasible: bool
    feasible_share: Share  # of the populations in which every constraint held
    profit: Mean
    redemption: Mean
    unsubscribe: Mean
    churn: Mean
    gap: dict[str, Gap]  # protected attribute -> gap of everyone's rates: demographic parity
    opportunity: dict[str, Gap] = Field(default_factory=dict)  # the same among who would convert: equal opportunity
    odds: dict[str, Gap] = Field(default_factory=dict)  # the larger of that and among who would not: equalized odds
    held: Mean | None = None  # share of the populations in which every constraint held, with its interval
    welfare: dict[str, AttributeWelfare] = Field(default_factory=dict)  # protected attribute -> what its groups get
    granularity: Granularity | None = None


class Comparison(Interval):
    """Profit of the learned policy minus that of the best feasible baseline, population by population."""

    baseline: str
    n: Count
    paired: Literal[True] = True
    level: float = 0.95
    percent: float | None  # of the baseline's mean profit; null when that is 0
    skewed: bool = False  # bootstrap limits disagree with these: read them with care

    @classmethod
    def of(cls, baseline: str, paired: PairedComparison) -> Comparison:
        """Return the comparison with the policy named `baseline` as the report keeps it."""
        return cls(
            baseline=baseline,
            mean=paired.mean,
            low=paired.low,
            high=paired.high,
            n=paired.n,
            level=paired.level,
            percent=paired.percent,
            skewed=paired.skewed,
        )


class OverSeeds(Part):
    """All trainings of a study, not the chosen one, against the best feasible baseline: what the procedure brings."""

    claim: str  # one sentence: what may be said, or why nothing may
    baseline: str
    seeds: Count
    populations: Count
    percent: Interval | None  # less the baseline, of its profit; null with too few seeds, as all below
    iqm: Interval | None  # the same per seed, interquartile mean over seeds
    improvement: Interval | None  # chance that a training beats the baseline in a population
    held: Interval | None  # share of seeds x populations in which every constraint held


class Elsewhere(Part):
    """The same policies on dynamics that training never saw."""

    scenario: str
    line: str  # what it is, in a line
    learned: Mean  # profit of the chosen policy
    feasible_share: Share  # of the populations in which every constraint held for it
    comparison: Comparison | None  # with the best feasible baseline there
    baseline: str = ""  # its label


class Expected(Interval):
    """Expected change of one metric, and what kind of evidence says so."""

    evidence: Literal["simulated", "logged", "live"] = "simulated"


class AffectedGroup(Part):
    """How one group of one protected attribute is touched by a tweak."""

    attribute: str
    group: str
    n: Count  # customers in the group
    affected: Count  # of them, whose segment or campaign changes
    before: MaybeNumber  # rate of beneficial offers
    after: MaybeNumber


class FairnessChange(Part):
    """Gap of one protected attribute before and after a tweak."""

    before: float
    after: float
    tolerance: float | None = None


class Reviewable(Part):
    """A change to review: what, why, what it should bring, whom it touches."""

    sentence: str
    reason: str
    expected: dict[str, Expected]  # metric ("profit", "redemption", ...) -> change
    affected_customers: Count
    affected_groups: tuple[AffectedGroup, ...]
    fairness: dict[str, FairnessChange]
    policy: str = ""
    evidence_level: Literal["candidate", "validated", "proven"] = "candidate"


class Recommendation(Reviewable):
    """One tweak to review."""

    tweak: dict[str, JsonValue]


class RecommendedPlan(Reviewable):
    """The whole plan that a policy begins with, to review before its tweaks."""

    segmentation: dict[str, JsonValue]
    segments: tuple[str, ...]  # in sentences, in order, the default last
    changes: tuple[str, ...]  # in sentences: what differs from today
