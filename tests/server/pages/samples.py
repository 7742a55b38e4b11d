"""View models with the demo's segments and numbers: what the pages' tests render and photograph."""

# ruff: noqa: E501  sentences of the samples stay on one line
from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from evenhand.server.pages.models import (
    AuditPage,
    ComparePage,
    DashboardPage,
    EditPage,
    ErrorPage,
    ExperimentPage,
    ExperimentsPage,
    Frame,
    HelpPage,
    LogInPage,
    Page,
    PlanPage,
    PoliciesPage,
    PolicyPage,
    QueuePage,
    RequestPage,
    SchemaPage,
    SegmentationPage,
    SegmentationsPage,
    TodayPage,
    TourPage,
    UploadPage,
)  # fmt: skip
from evenhand.server.pages.models.audit import AuditFilters, AuditRow, Checked
from evenhand.server.pages.models.dashboard import (
    Alarm,
    Course,
    GapSeries,
    Period,
    Point,
    SegmentHealth,
    Series,
    Trace,
)
from evenhand.server.pages.models.experiments import Check, ExperimentRow, Look, Path, RegisteredRow
from evenhand.server.pages.models.first import Attribute, CampaignField, Column, Waiting
from evenhand.server.pages.models.frame import Freeze, Notice
from evenhand.server.pages.models.parts import (
    Campaign,
    Estimate,
    Evidence,
    Gap,
    GroupRow,
    Outcome,
    Person,
    Segment,
)  # fmt: skip
from evenhand.server.pages.models.policies import Beginning, Calibration, Curve, PolicyRow, Rival
from evenhand.server.pages.models.queue import Filters, QueueRow
from evenhand.server.pages.models.request import (
    Affected,
    Change,
    Comment,
    Deciding,
    Event,
    Gate,
    Harm,
    Line,
    Move,
    Obstacle,
    Overlap,
    Proxy,
    Review,
    Rollout,
    RunnerUp,
    Sample,
    Saw,
)  # fmt: skip
from evenhand.server.pages.models.segmentations import (
    Choice,
    ConditionField,
    GroupField,
    Preview,
    SegmentationRow,
    SegmentField,
    Version,
)  # fmt: skip

__all__ = ["FRAME", "NOW", "PAGES", "REQUEST"]

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
AGNES = Person(name="agnes", display="Agnes Thorne")
BEN = Person(name="ben", display="Ben Okafor")
CLARA = Person(name="clara", display="Clara Wu")
POLICY = Person(name="households-7", display="households-7", kind="policy")

FRAME = Frame(now=NOW, who=AGNES, roles=frozenset({"reviewer"}), csrf="c5f1", here="/", waiting=3, alarms=1)

NONE = Campaign(id="none", name="no contact", tone=0)
A = Campaign(id="A", name="Type A booklet", tone=1, beneficial=True)
B = Campaign(id="B", name="Type B leaflet", tone=2, beneficial=True)
C = Campaign(id="C", name="Type C leaflet", tone=3, beneficial=True)


def days(n: float) -> datetime:
    return NOW - timedelta(days=n)


SEGMENTS = (
    Segment(
        id="lapsed", name="Lapsed", customers=380, campaign=C,
        sentence='Customers whose last purchase was at least 30 days ago get campaign "Type C leaflet".',
    ),
    Segment(
        id="best", name="Best", customers=340, campaign=A,
        sentence="Customers who make 6 or more trips a month and whose spend per trip is at least 30.00 get campaign "
        '"Type A booklet".',
    ),
    Segment(
        id="loyal", name="Loyal", customers=381, campaign=A,
        sentence='Customers who make 6 or more trips a month get campaign "Type A booklet".',
    ),
    Segment(
        id="big_baskets", name="Big baskets", customers=427, campaign=B,
        sentence='Customers whose spend per trip is at least 40.00 get campaign "Type B leaflet".',
    ),
    Segment(
        id="regular", name="Regular", customers=520, campaign=B,
        sentence='Customers who make 2.5 or more trips a month get campaign "Type B leaflet".',
    ),
    Segment(
        id="occasional", name="Occasional", customers=421, campaign=NONE,
        sentence="All remaining customers are not contacted.",
    ),
)  # fmt: skip
AFTER = tuple(
    replace(segment, campaign=C, mark="changed", sentence=segment.sentence.replace("Type A booklet", "Type C leaflet"))
    if segment.id == "loyal"
    else segment
    for segment in SEGMENTS
)

SIMULATED = Estimate(source="simulated", mean=0.0056, low=-0.0058, high=0.0162, n=256, at=days(1))
LOGGED = Estimate(source="logged", mean=0.0031, low=-0.0102, high=0.0164, n=1204, at=days(1))
LIVE = Estimate(source="live", mean=0.0074, low=0.0011, high=0.0137, n=412, at=days(0.2))
PROFIT = Outcome(metric="profit", unit="money", better="high", estimates=(SIMULATED, LOGGED))
UNSUBSCRIBES = Outcome(
    metric="unsubscribes", unit="share", better="low",
    estimates=(Estimate(source="simulated", mean=-0.0004, low=-0.0009, high=0.0001, n=256),),
)  # fmt: skip
PROFIT_LIVE = replace(PROFIT, estimates=(SIMULATED, LOGGED, LIVE))

INCOME = Gap(
    attribute="income", before=0.029, after=0.033, tolerance=0.05, unknown=1668 / 2469,
    groups=(
        GroupRow(group="under 35K", n=212, affected=31, before=0.171, after=0.164, ratio=0.92, low=0.71, high=1.19),
        GroupRow(group="35-74K", n=364, affected=58, before=0.188, after=0.179, note="reference"),
        GroupRow(group="75K+", n=225, affected=40, before=0.2, after=0.197, ratio=1.1, low=0.86, high=1.41),
        GroupRow(group="unknown", n=1668, affected=252, before=0.112, after=0.109, note="unknown"),
    ),
)  # fmt: skip
AGE = Gap(
    attribute="age", before=0.021, after=0.024, tolerance=None, unknown=1668 / 2469,
    groups=(
        GroupRow(group="19-44", n=382, affected=61, before=0.19, after=0.184, note="reference"),
        GroupRow(group="45-54", n=288, affected=49, before=0.181, after=0.173, ratio=0.94, low=0.76, high=1.16),
        GroupRow(group="55+", n=131, affected=19, before=0.17, after=0.16, note="too few"),
        GroupRow(group="unknown", n=1668, affected=252, before=0.112, after=0.109, note="unknown"),
    ),
)  # fmt: skip
TITLE = 'Give "Loyal" campaign "Type C leaflet" instead of campaign "Type A booklet".'
RETIRE = 'Retire "Big baskets"; its customers go to "Regular" or "Occasional", whichever they match first.'

CHANGE = Change(
    sentences=(TITLE,),
    lines=tuple(
        Line(mark="changed" if one != other else "same", before=one.sentence, after=other.sentence)
        for one, other in zip(SEGMENTS, AFTER, strict=True)
    ),
    before=SEGMENTS,
    after=AFTER,
    base=4,
    document='{\n  "op": "assign_campaign",\n  "segment": "loyal",\n  "campaign": "C"\n}',
)
OVERLAP = Overlap(id=115, title=RETIRE, customers=44, state="in_review")
GATE = Gate(
    decision="SHIP", source="simulated", at=days(20),
    reasons=(
        "Profit is higher than the best fair alternative's in 256 unseen populations: +0.0009 [0.0000, 0.0018].",
        "No guardrail is worse by more than its margin.",
        "No testable group is worse off by more than its margin.",
    ),
    href="/v1/policies/households-7/decisions/1",
)  # fmt: skip

REQUEST = RequestPage(
    id=117,
    title=TITLE,
    why="It spares customers contact that brings little; they are tired: their contact pressure is 92 % of a weekly "
    "mailing. The cheaper leaflet brings nearly as much.",
    segmentation="households",
    state="in_review",
    risk="high",
    risk_reasons=("It touches 15 % of all customers.",),
    level="validated",
    author=POLICY,
    created_at=days(2.2),
    expires_at=NOW + timedelta(days=12),
    change=CHANGE,
    affected=Affected(
        customers=381, of=2469,
        moves=(Move(origin="Loyal", target="Loyal", customers=381),),
        sample=tuple(
            Sample(facts=(("last purchase", f"about {a} days ago"), ("trips per month", b), ("spend per trip", c)))
            for a, b, c in ((5, "about 8", "about 20"), (2, "about 10", "about 15"), (10, "about 6", "about 25"))
        ),
        least=20, overlaps=(OVERLAP,),
    ),
    outcomes=(PROFIT, UNSUBSCRIBES),
    evidence_waits=False,
    gaps=(INCOME, AGE),
    harms=(
        Harm(severity="high", watch="", text="The interval of the profit holds zero: the change may bring nothing, or cost up "
             "to 0.0058 per customer and week."),
        Harm(severity="medium", text="Loyal customers get a smaller offer than before. Some may notice and leave.",
             watch="Customers lost may not rise by more than 0.2 points."),
        Harm(severity="low", text="Customers with an income under 35K would receive 0.7 points fewer beneficial offers.",
             watch="The gap by income stays under 0.05."),
    ),
    proxies=(
        Proxy(attribute="income", by="", group="under 35", auc=0.54, low=0.50, high=0.58),
        Proxy(attribute="income", by="Loyal", group="under 35", auc=0.53, low=0.50, high=0.57),
        Proxy(attribute="age", by="", group="65+", auc=0.52, low=0.50, high=0.56),
    ),
    saw=(
        Saw(name="Customers in “Loyal”", value="381", typical="412"),
        Saw(name="Contact pressure", value="92 %", typical="61 %"),
        Saw(name="Redemption of “Type A booklet” here", value="1.9 % ± 0.6", typical="3.1 %"),
        Saw(name="Redemption of “Type C leaflet” in the explored part", value="1.7 % ± 0.9", typical="1.2 %"),
        Saw(name="Room under the tightest fairness limit", value="42 %", typical="35 %"),
    ),
    runner_up=RunnerUp(
        sentence='Give "Best" campaign "Type C leaflet" instead of campaign "Type A booklet".',
        expected=(0.0029, -0.0158, 0.0195),
        why_not="nothing clear",
    ),
    gate=GATE,
    evidence=(
        Evidence(source="simulated", title="256 unseen populations", at=days(1), summary="Same luck with and without the change."),
        Evidence(source="logged", title="Explored part of periods 31 to 42", at=days(1), summary="Effective sample 1,204."),
    ),
    reviews=(
        Review(by=BEN, on_behalf_of=None, verdict="approve", at=days(1.4), counts=True,
               reason="Checked the groups and the budget. The downside is small, and the roll-out would show it."),
        Review(by=CLARA, on_behalf_of=None, verdict="request_changes", at=days(1.9), counts=False,
               reason="Please start with a tenth. All at once is too much for loyal customers."),
    ),
    quorum=2,
    wanted=(AGNES,),
    comments=(
        Comment(by=CLARA, at=days(1.2), text="Would the booklet's printing contract allow fewer copies?"),
        Comment(by=BEN, at=days(1.1), text="Yes, down to 5,000 a quarter."),
    ),
    history=(
        Event(at=days(2.2), by=POLICY, action="request.propose"),
        Event(at=days(2.2), by=BEN, action="request.submit"),
        Event(at=days(1.9), by=CLARA, action="request.request_changes"),
        Event(at=days(1.6), by=POLICY, action="request.edit", details="10 % first"),
        Event(at=days(1.4), by=BEN, action="request.approve"),
    ),
    deciding=Deciding(
        revision=6, edit=2, verdicts=("approve", "request_changes", "reject"), may_edit=True, key="k-117"
    ),
    share=0.1,
)  # fmt: skip


def row(number: int, title: str, **more: object) -> QueueRow:
    base = QueueRow(
        id=number, title=title, segmentation="households", state="in_review", risk="low", author=POLICY,
        created_at=days(2), expires_at=NOW + timedelta(days=12), customers=381, outcome=PROFIT, gap=INCOME,
        level="validated", approvals=0, quorum=1, needs_me=True, why_me="review",
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]  # a test's shorthand


QUEUE = QueuePage(
    filters=Filters(show="open"),
    rows=(
        row(117, TITLE, risk="high", approvals=1, quorum=2, comments=2, why_me="wanted"),
        row(115, RETIRE, customers=427, created_at=days(5), outcome=replace(PROFIT, estimates=(
            Estimate(source="simulated", mean=0.0062, low=0.0001, high=0.0139, n=256),))),
        row(118, 'Call customers "Lapsed" after 45 days instead of 30.', author=CLARA, outcome=None, gap=None,
            customers=96, created_at=days(0.1), why_me="review"),
        row(112, 'Give "Best" campaign "Type C leaflet" instead of campaign "Type A booklet".', state="rolling_out",
            why_me="watch", outcome=PROFIT_LIVE, customers=340, created_at=days(16), expires_at=None, approvals=2, quorum=2),
        row(109, 'Split "Regular" at 3 or more produce trips a month; give the new part campaign "Type A booklet".',
            outdated=True, why_me="", needs_me=False, author=AGNES, created_at=days(11), customers=214),
    ),
    counts={"mine": 3, "open": 5, "running": 1, "closed": 108, "all": 113},
    segmentations=("households", "winter"),
    total=5,
)  # fmt: skip

VERSIONS = (
    Version(number=5, at=days(9), by=BEN, request=114, sources=("simulated", "live"), standing="current",
            why="The live part showed what was promised, and no group was worse off.",
            sentences=('Count customers as "Lapsed" when their last purchase was at least 30 days ago instead of 45.',)),
    Version(number=4, at=days(30), by=CLARA, request=108, sources=("simulated",), standing="stable",
            why="Fewer mailings to those who do not react.",
            sentences=('Stop contacting "Occasional", who get campaign "Type C leaflet" today.',)),
    Version(number=3, at=days(52), by=AGNES, request=101, sources=("simulated",), standing="rolled_back",
            why="Unsubscribes rose above the guardrail.",
            sentences=('Give "Best" campaign "Type B leaflet" instead of campaign "Type A booklet".',)),
    Version(number=2, at=days(75), by=AGNES, request=97, sources=("simulated",),
            why="Big baskets respond to brands.", sentences=('New segment "Big baskets" before "Regular".',)),
    Version(number=1, at=days(110), by=BEN, request=None, why="As marketing had it.", sentences=("The first version.",)),
)  # fmt: skip
SEGMENTATION = SegmentationPage(
    name="households", title="Households", version=5, customers=2469, segments=SEGMENTS, versions=VERSIONS,
    open_requests=(OVERLAP,), may_propose=True, may_freeze=True, key="k-f",
)  # fmt: skip

CALIBRATION = tuple(
    Calibration(
        request=number, title=title,
        predicted=Estimate(source="simulated", mean=p, low=p - w, high=p + w),
        realised=Estimate(source="live", mean=r, low=r - v, high=r + v),
    )
    for number, title, p, w, r, v in (
        (97, 'New segment "Big baskets" before "Regular".', 0.006, 0.008, 0.0041, 0.005),
        (101, 'Give "Best" campaign "Type B leaflet".', 0.009, 0.007, -0.004, 0.006),
        (108, 'Stop contacting "Occasional".', 0.003, 0.002, 0.0035, 0.003),
        (114, 'Call customers "Lapsed" after 30 days instead of 45.', 0.011, 0.009, 0.0082, 0.004),
    )
)  # fmt: skip
POLICY_PAGE = PolicyPage(
    id="households-7", level="validated", segmentation="households",
    card=(
        ("Kind", "MaskablePPO over candidate changes"),
        ("Trained on", "simulated populations of the Complete Journey households"),
        ("Steps", "200,000 in each of 2 seeds"),
        ("Limits kept", "gap by income within 0.05 in 95 % of unseen populations"),
    ),
    limits=(
        "All evidence is simulated. Nothing here was tried on real customers.",
        "What contact does to fatigue and leaving is an assumption, not a measurement.",
        "It compares groups one attribute at a time, not in combination.",
    ),
    sha256="9b1c0f6b8a1f4f0e5f5b0f7a2a5d9a9e3d6c1b7e8f90a1b2c3d4e5f60718293a", signed_by="key 7d20…91 (studio)",
    curves=tuple(
        Curve(name=f"Start {seed}", steps=tuple(range(0, 200_001, 25_000)),
              values=tuple(-0.008 + 0.029 * (1 - 0.62 ** (k + seed * 0.2)) for k in range(9)))
        for seed in (1, 2)
    ),
    baseline=0.0195,
    rivals=(
        Rival(name="today (RFM)", profit=Estimate(source="simulated", mean=-0.0178, low=-0.0225, high=-0.0132), gap=0.029, fair=False),
        Rival(name="uplift tree, best campaigns", profit=Estimate(source="simulated", mean=0.0009, low=0.0002, high=0.0015), gap=0.011, fair=True),
        Rival(name="greedy", profit=Estimate(source="simulated", mean=-0.0078, low=-0.0125, high=-0.0030), gap=0.049, fair=False),
        Rival(name="greedy, shielded, shadow prices", profit=Estimate(source="simulated", mean=0.0195, low=0.0162, high=0.0228), gap=0.032, fair=True),
        Rival(name="learned (this policy)", profit=Estimate(source="simulated", mean=0.0204, low=0.0169, high=0.0239), gap=0.031, fair=True, self=True),
    ),
    gate=GATE, evidence=REQUEST.evidence, calibration=CALIBRATION, champion=False, may_promote=True, key="k-p",
)  # fmt: skip
EXPERIMENT = ExperimentPage(
    id="0123456789abcdef", title="lapsed-30", source="live", policy="winter-7", progress="running",
    hypothesis="An earlier leaflet brings lapsed customers back and costs less than it earns.",
    plan=(("Drawn by lot", "customers, half and half"), ("What is compared", "profit per customer and week"),
          ("Guardrails", "unsubscribes and customers lost, margin 0.2 points"), ("Looks", "four, O'Brien-Fleming"),
          ("At least", "six whole weeks"), ("Power", "80 % at +0.010")),
    plan_hash="a3f09d11c2b4e5f60718293a9b1c0f6b8a1f4f0e5f5b0f7a2a5d9a9e3d6c1b7e",
    paths=(Path(metric="profit", looks=(Look(information=0.25, z=0.9, upper=4.33, lower=-3.1), Look(information=0.5, z=2.1, upper=2.96, lower=-2.6),
           Look(information=0.75, z=None, upper=2.36, lower=-2.2), Look(information=1.0, z=None, upper=math.inf, lower=-2.0))),),
    outcomes=(replace(PROFIT, estimates=(LIVE,)),),
    checks=(Check(name="sample ratio", status="ok", said="412 and 405 customers where 408.5 each were planned, p = 0.81."),
            Check(name="balance before the trial", status="warning", said="One of nine differs by more than chance."),
            Check(name="missing values", status="failed", said="7 % of the results of period 41 have not come in.")),
    untestable=("age 55+", "marital status unknown"), gate=replace(GATE, decision="HOLD", source="live"),
)  # fmt: skip
EDIT = EditPage(
    name="households", title="Households", base=5, request=117, revision=6, approvals=1,
    features=(Choice(value="recency_days", label="last purchase, days ago"), Choice(value="trips_per_month", label="trips per month"),
              Choice(value="spend_per_trip", label="spend per trip")),
    operators=(Choice(value=">=", label="at least"), Choice(value="<", label="under"), Choice(value="=", label="exactly")),
    campaigns=tuple(Choice(value=one.id, label=one.name) for one in (NONE, A, B, C)),
    segments=(
        SegmentField(path="0", id="lapsed", name="Lapsed", campaign="C", rule=GroupField(
            path="0.rule", combinator="and", negated=False,
            rules=(ConditionField(path="0.rule.0", field="recency_days", operator=">=", value="thirty", unit="days ago",
                                  error="“thirty” is not a number. Write 30."),))),
        SegmentField(path="1", id="best", name="Best", campaign="A", rule=GroupField(
            path="1.rule", combinator="and", negated=False,
            rules=(ConditionField(path="1.rule.0", field="trips_per_month", operator=">=", value="6", unit="per month"),
                   GroupField(path="1.rule.1", combinator="or", negated=True, rules=(
                       ConditionField(path="1.rule.1.0", field="spend_per_trip", operator="<", value="30", unit="money"),
                       ConditionField(path="1.rule.1.1", field="recency_days", operator=">=", value="21", unit="days ago")))))),
        SegmentField(path="2", id="occasional", name="Occasional", campaign="none", rule=None),
    ),
    heading=TITLE, reason="",
    preview=Preview(sentences=(TITLE,), before=SEGMENTS, after=AFTER, moved=381, customers=2469, overlaps=(OVERLAP,),
                    gaps=(INCOME,), risk="high", quorum=2), key="k-e",
)  # fmt: skip
SCHEMA = SchemaPage(
    table="0" * 32, file="customers.csv", rows=600, title="Corner shop",
    columns=(
        Column(name="customer_id", kind="number", use="id", label="customer", why="id"),
        Column(name="days_since_order", kind="number", example="mostly from 3 to 180", missing=0.02, use="feature", role="recency", label="last order"),
        Column(name="orders_per_month", kind="number", example="mostly from 0.2 to 4.0", use="feature", role="frequency", label="orders", why="frequency", check=True),
        Column(name="age", kind="number", example="mostly from 21 to 78", missing=0.11, use="protected", label="age", why="protected", check=True),
        Column(name="postcode", kind="category", use="ignore", label="postcode", why="proxy", check=True, error="customers.csv, row 7, column 'postcode': 'A-1' begins like a formula"),
        Column(name="newsletter_ok", kind="flag", use="consent_email", label="newsletter", why="consent"),
    ),
    campaigns=(CampaignField(name="Letter", channel="mail", cost="0.85", beneficial=True), CampaignField(cost="x", error="campaign 2: the cost 'x' is no amount")),
    error="customers.csv, row 7, column 'postcode': 'A-1' begins like a formula", mend="change the values, or leave the column out",
)  # fmt: skip
TODAY = TodayPage(
    table="0" * 32, file="customers.csv", title="Corner shop", segments=SEGMENTS, customers=2469, reachable=2100,
    remarks=("No column is protected, so fairness cannot be checked.",),
    attributes=(Attribute(name="age", groups=(("under 42", 800), ("42 to 66", 900), ("66 and more", 769))),), key="k-t",
)  # fmt: skip


def share(value: float | None) -> Point | None:
    """Return a share with an interval, None where it is not known."""
    return None if value is None else Point(value=value, low=0.8 * value, high=1.2 * value)


DASHBOARD = DashboardPage(
    name="households", title="Households", others=("winter",), version=5, customers=2469, parts=6,
    alarms=(Alarm(severity="warn", text="7 % of the results of period 41 have not come in.", at=days(1), href="/experiments/lapsed-30"),),
    segments=tuple(
        SegmentHealth(segment=segment, stability=s, before=segment.customers + d, engagement=share(e), conversion=share(c))
        for segment, s, d, e, c in zip(SEGMENTS, (0.91, 0.95, 0.88, 0.9, 0.83, None), (12, -4, 9, -21, 4, 0),
                                       (0.041, 0.118, 0.092, 0.06, 0.037, None), (0.12, 0.71, 0.64, 0.52, 0.33, 0.09), strict=True)
    ),
    periods=(*(Period(number=k, starts=None if k < 2 else date(2026, 8, 31) + timedelta(weeks=k)) for k in range(11)), Period(number=11, starts=date(2026, 11, 16), answers_missing=True)),
    courses=(
        Course(metric="size", lines=tuple(Trace(name=one.name, points=tuple(Point(value=one.customers + 9.0 * math.sin(k + j)) for k in range(12))) for j, one in enumerate(SEGMENTS))),
        Course(metric="stability", lines=tuple(Trace(name=one.name, points=(None, None, *(Point(value=0.8 + 0.1 * math.sin(k * (j + 1))) for k in range(10)))) for j, one in enumerate(SEGMENTS))),
        Course(metric="engagement", lines=tuple(Trace(name=one.name, points=(*(share(0.1 + 0.02 * j + 0.02 * math.sin(k)) for k in range(11)), None)) for j, one in enumerate(SEGMENTS))),
        Course(metric="conversion", lines=tuple(Trace(name=one.name, points=(*(share(0.03 + 0.01 * j + 0.01 * math.sin(k)) if k != 4 else Point(value=None) for k in range(11)), None)) for j, one in enumerate(SEGMENTS))),
        Course(metric="gap", lines=(Trace(name="income", points=(None, None, *(Point(value=0.03, low=-0.004, high=0.06) for _ in range(10))), limit=0.05), Trace(name="age", points=(Point(value=None),) * 12))),
    ),
    least=20, least_group=200,
    gaps=GapSeries(
        periods=tuple(date(2026, 8, 31) + timedelta(weeks=k) for k in range(12)), tolerance=0.05,
        series=(
            Series(name="income", values=(0.021, 0.024, 0.028, 0.03, 0.029, 0.033, 0.036, 0.031, 0.03, 0.029, 0.031, 0.033)),
            Series(name="age", values=(0.012, 0.015, 0.013, None, 0.018, 0.02, 0.019, 0.022, 0.021, 0.02, 0.023, 0.021)),
            Series(name="kids", values=(0.008, 0.006, 0.009, 0.011, 0.01, 0.008, 0.012, 0.011, 0.009, 0.01, 0.012, 0.013)),
        ),
    ),
    calibration=CALIBRATION, waiting=4, running=1,
)  # fmt: skip
AUDIT = AuditPage(
    filters=AuditFilters(), actions=("request.approve", "request.propose"),
    rows=tuple(
        AuditRow(sequence=48_210 - k, at=days(k / 7), actor=(BEN, POLICY, CLARA)[k % 3],
                 action=("request.approve", "request.propose", "customer.read")[k % 3], subject=f"requests/{117 - k}",
                 details='{"edit":2,"revision":6}', hash=f"{k:02x}" * 32)
        for k in range(6)
    ),
    total=48_210, checked=Checked(whole=True, rows=48_210, at=days(0.3), head="0f" * 32, against=days(7)),
    may_verify=True, older="before=48205", key="k-a",
)  # fmt: skip

OUTDATED = replace(
    REQUEST,
    deciding=Deciding(
        revision=6,
        edit=2,
        verdicts=("request_changes", "reject"),
        obstacles=(Obstacle(kind="outdated", newer=6),),
        key="k",
    ),
)
OWN = replace(
    REQUEST,
    author=AGNES,
    saw=(),
    runner_up=None,
    gate=None,
    harms=(),
    gaps=(),
    proxies=(),
    reviews=(),
    comments=(),
    evidence_waits=True,
    outcomes=(),
    evidence=(),
    risk="low",
    quorum=1,
    share=None,
    wanted=(BEN, CLARA),
    affected=replace(REQUEST.affected, sample=(), overlaps=()),
    deciding=Deciding(revision=1, edit=1, obstacles=(Obstacle(kind="own"),), acts=("withdraw",), may_edit=True),
)
ROLLING = replace(
    REQUEST, state="rolling_out", outcomes=(PROFIT_LIVE, UNSUBSCRIBES), wanted=(),
    reviews=(*REQUEST.reviews, Review(by=AGNES, on_behalf_of=CLARA, verdict="approve", at=days(1), counts=True,
                                      reason="A tenth first answers my worry; the booklet can come back.")),
    rollout=Rollout(share=0.1, since=days(4), next_look=NOW + timedelta(days=1), customers=38, outcomes=(replace(PROFIT, estimates=(SIMULATED, LIVE)),),
                    guards=(("Unsubscribes not more than 0.2 points up", True), ("Gap by income under 0.05", True))),
    deciding=Deciding(revision=9, edit=2, obstacles=(Obstacle(kind="state"),), acts=("pause", "stop", "emergency")),
)  # fmt: skip
APPLIED = replace(
    REQUEST, state="applied", version=6, predicted=PROFIT, realised=replace(PROFIT, estimates=(LIVE,)), deciding=Deciding(
        revision=12, edit=2, obstacles=(Obstacle(kind="state"),), acts=("roll_back", "emergency")))  # fmt: skip
FAILED = replace(REQUEST, deciding=replace(
    REQUEST.deciding, obstacles=(Obstacle(kind="edited", current=3),), chosen="approve", reason="ok",
    error="“ok” tells nobody why. Say what you looked at: ten characters at least."))  # fmt: skip

PAGES: dict[str, Page] = {
    "log-in": LogInPage(),
    "log-in-wrong": LogInPage(name="agnes", error="wrong"),
    "log-in-slow": LogInPage(name="agnes", error="slow", wait=40),
    "queue": QUEUE,
    "queue-mine-empty": replace(QUEUE, filters=Filters(show="mine"), rows=(), total=0),
    "queue-no-match": replace(QUEUE, filters=Filters(show="all", words="spring"), rows=(), total=0),
    "queue-new": replace(QUEUE, rows=(), total=0, anything_at_all=False),
    "request": REQUEST,
    "request-outdated": OUTDATED,
    "request-own": OWN,
    "request-rolling": ROLLING,
    "request-applied": APPLIED,
    "request-failed": FAILED,
    "edit": EDIT,
    "edit-new": replace(EDIT, request=None, revision=None, approvals=0, preview=None, heading=""),
    "segmentations": SegmentationsPage(rows=(
        SegmentationRow(name="households", title="Households", version=5, segments=6, customers=2469, changed_at=days(9), open_requests=4),
        SegmentationRow(name="winter", title="Winter sale", version=1, segments=3, customers=812, changed_at=days(40), open_requests=0, frozen=True),
    )),
    "segmentations-none": SegmentationsPage(rows=()),
    "segmentation": SEGMENTATION,
    "segmentation-frozen": replace(SEGMENTATION, versions=VERSIONS[-1:], open_requests=(), freeze=Freeze(
        segmentation="households", by=BEN, at=days(0.1), reason="Wrong prices in the booklet.")),
    "compare": ComparePage(
        name="households", title="Households", versions=(5, 4, 3, 2, 1), old=VERSIONS[1], new=VERSIONS[0], sentences=(TITLE,),
        lines=CHANGE.lines, before=SEGMENTS, after=AFTER, moved=381, customers=2469, may_roll_back=True, key="k-r"),
    "policies": PoliciesPage(rows=(
        PolicyRow(id="households-7", level="validated", uploaded_at=days(20), uploaded_by="Dana Reyes", champion_of=("households",), outcome=PROFIT, accepted=3, recommended=7),
        PolicyRow(id="households-8", level="candidate", uploaded_at=days(2), uploaded_by="Dana Reyes", champion_of=(), outcome=None, accepted=0, recommended=0),
    )),
    "policies-none": PoliciesPage(rows=()),
    "policy": POLICY_PAGE,
    "policy-begins": replace(POLICY_PAGE, champion=True, may_promote=False, beginning=Beginning(segments=AFTER, standing="first", may_ask=True)),
    "policy-asked": replace(POLICY_PAGE, beginning=Beginning(segments=AFTER, standing="first", request=117)),
    "policy-begun": replace(POLICY_PAGE, beginning=Beginning(segments=AFTER, standing="begun")),
    "policy-unfit": replace(POLICY_PAGE, beginning=Beginning(segments=AFTER, standing="unfit", others=("B", "trips_per_month"))),
    "policy-bare": replace(POLICY_PAGE, level="candidate", gate=None, rivals=(), curves=(), evidence=(), calibration=(), may_promote=False),
    "experiments": ExperimentsPage(rows=(
        ExperimentRow(id="0123456789abcdef", title=EXPERIMENT.title, source="live", progress="running", starts=date(2026, 10, 12), ends=date(2026, 12, 7), units=817, information=0.5, decision="HOLD"),
        ExperimentRow(id="fedcba9876543210", title="best-b", source="simulated", progress="ended", starts=date(2026, 8, 3), ends=date(2026, 9, 28), units=340, information=1.0, decision="STOP"),
    )),
    "experiments-none": ExperimentsPage(rows=()),
    "experiment": EXPERIMENT,
    "experiment-ended": replace(EXPERIMENT, progress="ended", paths=(), untestable=(), checks=()),
    "plan": PlanPage(policies=("winter-7", "winter-8"), most_bytes=200_000),
    "plan-refused": PlanPage(policies=("winter-7",), policy="winter-7", most_bytes=200_000, error="plan: is no TOML: Invalid value (at line 1)", mend="mend the file"),
    "plan-read": PlanPage(policies=("winter-7",), policy="winter-7", title="Spring", hypothesis="Finer is better.", plan=(("What must be better", "orders"), ("Looks", "at 50% and 100% of the planned data")), plan_hash="0f" * 32, content='{"name":"Spring"}', key="k-p"),
    "experiments-planned": ExperimentsPage(rows=(), plans=(RegisteredRow(policy="winter-7", plan_hash="0f" * 32, at=days(1), by=BEN),), may_register=True),
    "dashboard": DASHBOARD,
    "dashboard-new": replace(DASHBOARD, others=(), alarms=(), segments=(), periods=(), courses=(), gaps=None, calibration=(), waiting=0, running=0),
    "audit": AUDIT,
    "audit-broken": replace(AUDIT, checked=Checked(whole=False, rows=48_210, at=days(0.1), head="0f" * 32, broken=31_007)),
    "audit-empty": replace(AUDIT, filters=AuditFilters(subject="nobody", since=date(2026, 1, 1)), rows=(), total=0, checked=None, older=""),
    "upload": UploadPage(most_bytes=50_000_000, most_rows=100_000, waiting=Waiting(table="0" * 32, file="customers.csv", at=days(0.2))),
    "upload-error": UploadPage(most_bytes=50_000_000, most_rows=100_000, error="customers.csv, row 4, column “age”: “about forty” is not a number.", mend="Write a number or leave the cell empty."),
    "schema": SCHEMA,
    "schema-unsure": replace(SCHEMA, trouble="id", error="", mend=""),
    "today": TODAY,
    "today-alone": replace(TODAY, segments=SEGMENTS[-1:], attributes=(), error="segmentation 'corner-shop': there is one already", mend="choose another name"),
    "tour-1": TourPage(step=1, request=117, segments=SEGMENTS),
    "tour-2": TourPage(step=2, request=117),
    "tour-3": TourPage(step=3, request=117),
    "tour-4": TourPage(step=4, request=117),
    "tour-5": TourPage(step=5, request=None),
    "help": HelpPage(roles=(Choice(value="Reviewer", label="Reads everything, comments, decides on what others wrote."),)),
    "error-404": ErrorPage(status=404),
    "error-409": ErrorPage(status=409, detail="Request 117 was edited while you were reading it.", rule="a verdict names the content it is about", mend="Read the request again, then decide.", back="/requests/117"),
    "error-500": ErrorPage(status=500, request_id="01J9Z3-77aa"),
}  # fmt: skip

NOTICE = replace(
    FRAME,
    notice=Notice(mood="done", text="Your decision is recorded."),
    freezes=(Freeze(segmentation="Winter sale", by=BEN, at=days(0.1), reason="Wrong prices in the booklet."),),
)
