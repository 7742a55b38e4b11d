"""A campaign log is an experiment's data: arms, days, what was sent and who was entitled come from it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.experiments.shop import shop

from evenhand.customers import rfm_segmentation
from evenhand.customers.campaign_log import CampaignLog
from evenhand.customers.campaign_plan import CampaignPlan
from evenhand.errors import DataError
from evenhand.experiments.gate import decide
from evenhand.experiments.loop import Schedule, plan_campaigns, record
from evenhand.experiments.trial.analysis import Analysis, analyze, data_of
from evenhand.experiments.trial.assignment import Arm, Assignment, Holdback
from evenhand.experiments.trial.needs import with_groups
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan
from evenhand.segments import Segment, Segmentation

NOW = datetime(2026, 4, 1, tzinfo=UTC)
CUSTOMERS = shop(3000)
TODAY = Segmentation(
    catalogue=CUSTOMERS.catalogue, segments=(), default=Segment(id="everyone", name="Everyone", campaign="mail")
)
NEW = rfm_segmentation(CUSTOMERS)
HALVES = (Arm.of("today", 0.5), Arm.of("new", 0.5))


def campaigns(salt: str = "spring") -> CampaignPlan:
    return plan_campaigns(
        CUSTOMERS, {"today": TODAY, "new": NEW}, salt=salt, schedule=Schedule(starts=date(2026, 3, 2)),
        assignment=Assignment(salt, HALVES, holdback=Holdback.of(0.05, salt="long")),
    )  # fmt: skip


def experiment(**changes: Any) -> RegisteredPlan:
    plan = with_groups(ExperimentPlan.from_dict(
        {
            "name": "log", "hypothesis": "The new cut brings more margin.", "control": "today", "primary": ["margin"],
            "arms": [{"name": "today", "share": 0.5, "of": "today", "sha256": TODAY.hash},
                     {"name": "new", "share": 0.5, "of": "new", "sha256": NEW.hash}],
            "metrics": [{"name": "margin", "kind": "mean", "column": "margin"},
                        {"name": "profit", "kind": "mean", "column": "profit"},
                        {"name": "gone", "kind": "proportion", "column": "unsubscribed", "direction": "down"}],
            "covariates": ["orders"], "guardrails": [{"metric": "gone", "margin": 0.05}],
            "fairness": [{"attribute": "region", "criterion": "harm", "groups": {"north": 0.1, "south": 0.9},
                          "rate": 0.05}],
            "weeks": 4, "salt": "spring", "holdback": 0.05,
            "expected": {"units": 3000, "metrics": [{"metric": "margin", "mean": 2.0, "sd": 2.0, "effect": 0.5},
                                                    {"metric": "gone", "mean": 0.02}]},
            **changes,
        }
    ))  # fmt: skip
    return RegisteredPlan(plan, plan.sha256, datetime(2026, 3, 1, tzinfo=UTC))


def answers(plan: CampaignPlan, effect: float) -> pd.DataFrame:
    rows, rng = plan.frame, np.random.default_rng(1)
    margin = 2 + effect * (rows["arm"] == "new") + rng.gamma(1.0, 2.0, len(rows)) - 2
    frame = pd.DataFrame({"customer": rows["customer"], "time": "2026-03-10", "margin": margin.round(4),
                          "unsubscribed": rng.random(len(rows)) < 0.02})  # fmt: skip
    frame.loc[frame.index[-1], "time"] = "2026-03-29"
    return frame


def logged(tmp_path: Path, effect: float, *, salt: str = "spring") -> CampaignLog:
    plan = campaigns(salt)
    record(plan, answers(plan, effect), out=tmp_path / "log", complete=True)
    return CampaignLog.load(tmp_path / "log")


def found(log: CampaignLog, plan: RegisteredPlan, **changes: Any) -> Analysis:
    given = data_of(log, plan.plan)
    return analyze(
        plan, given.data, origin="live", layout=given.layout, start=given.start,
        until=changes.pop("until", given.until), delivered=given.delivered, checks=given.checks, now=NOW, **changes,
    )  # fmt: skip


def test_a_log_ships_a_good_challenger(tmp_path: Path) -> None:
    log, plan = logged(tmp_path, 0.8), experiment()
    analysis = found(log, plan)
    taking = log.frame["arm"].isin(["today", "new"])
    assert sum(analysis.trial.units.values()) == taking.sum() < len(log)
    evidence = analysis.evidence()
    assert (evidence.start, evidence.until, evidence.policy_sha256) == (date(2026, 3, 2), date(2026, 3, 29), NEW.hash)
    assert {c.name: c.status for c in evidence.integrity if c.name in ("assignment", "delivery", "time")} == {
        "assignment": "ok", "delivery": "ok", "time": "ok",
    }  # fmt: skip
    decision = decide(plan, evidence)
    assert decision.verdict == "SHIP", decision.reasons
    plain = analysis.effect("margin").unadjusted
    assert plain is not None
    means = log.frame[taking].groupby("arm")["margin"].mean()
    assert plain.value == pytest.approx(means["new"] - means["today"])
    profits = pd.Series(log.outcome("profit"), index=log.frame.index)[taking].groupby(log.frame["arm"]).mean()
    profit = analysis.effect("profit").unadjusted
    assert profit is not None
    assert profit.value == pytest.approx(profits["new"] - profits["today"])


def test_profit_at_an_early_look_is_charged_with_the_periods_that_had_begun(tmp_path: Path) -> None:
    plan = campaigns()
    early = answers(plan, 0.0).assign(time="2026-03-10")
    record(plan, early, out=tmp_path / "log", complete=True)
    log = CampaignLog.load(tmp_path / "log")
    costs = {campaign.id: campaign.cost for campaign in plan.about.campaigns}
    for until, periods in ((None, 2), (date(2026, 3, 15), 2), (date(2026, 3, 16), 3)):
        data = data_of(log, experiment().plan, until=until).data.set_index("customer_id")
        sent = log.frame.set_index("customer").loc[data.index, "campaign"].map(costs)
        np.testing.assert_allclose(data["margin"] - data["profit"], periods * sent)
    assert data_of(log, experiment().plan).until == date(2026, 3, 10)


def test_benefit_and_who_was_entitled_come_from_the_plan_of_campaigns(tmp_path: Path) -> None:
    log = logged(tmp_path, 0.0)
    data = data_of(log, experiment().plan).data.set_index("customer_id")
    rows = log.frame.set_index("customer").loc[data.index]
    assert (data["benefit"] == (rows["campaign"] == "letter")).all()
    assert data["entitled"].equals(CUSTOMERS.frame.index.to_series().isin(data.index).loc[data.index]
                                   & pd.Series(CUSTOMERS.consent, CUSTOMERS.frame.index).loc[data.index])  # fmt: skip
    assert not data.loc[~data["entitled"], "benefit"].any()


def test_another_salt_is_invalid_and_other_arms_or_clusters_are_errors(tmp_path: Path) -> None:
    plan = experiment()
    decision = decide(plan, found(logged(tmp_path, 0.8, salt="autumn"), plan).evidence())
    assert decision.verdict == "INVALID"
    assert "assigned by salt 'autumn', not by 'spring'" in decision.reasons[0]
    log = CampaignLog.load(tmp_path / "log")
    arms = [{"name": n, "share": 0.5, "of": n, "sha256": s * 64} for n, s in (("today", "a"), ("other", "b"))]
    with pytest.raises(DataError, match="the campaign plan has arm new, today"):
        data_of(log, experiment(arms=arms).plan)
    with pytest.raises(DataError, match="assigned by customer"):
        data_of(log, experiment(cluster="household").plan)


def test_a_segmentation_that_was_not_the_planned_one_is_invalid(tmp_path: Path) -> None:
    arms = [{"name": "today", "share": 0.5, "of": "today", "sha256": TODAY.hash},
            {"name": "new", "share": 0.5, "of": "new", "sha256": "c" * 64}]  # fmt: skip
    plan = experiment(arms=arms)
    decision = decide(plan, found(logged(tmp_path, 0.8), plan).evidence())
    assert decision.verdict == "INVALID"
    assert any("did not get" in reason for reason in decision.reasons)


def test_an_outcome_that_is_not_known_of_everyone_is_an_error(tmp_path: Path) -> None:
    plan = campaigns()
    record(plan, answers(plan, 0.0)[:2500], out=tmp_path / "log")
    with pytest.raises(DataError, match=r"column 'margin'.* missing"):
        found(CampaignLog.load(tmp_path / "log"), experiment(), until=date(2026, 3, 29))
