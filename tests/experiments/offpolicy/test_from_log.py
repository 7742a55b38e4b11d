"""From plan to results to what another segmentation would have brought, in a world whose truth is known."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from tests.experiments.shop import shop

from evenhand.customers import rfm_segmentation
from evenhand.customers.campaign_log import CampaignLog
from evenhand.errors import DataError, RuleError
from evenhand.experiments.exploration import Exploration
from evenhand.experiments.loop import Schedule, plan_campaigns, record
from evenhand.experiments.offpolicy import evaluate_segmentation, rounds_of
from evenhand.experiments.trial.assignment import Arm, Assignment, Holdback
from evenhand.segments import Campaign, Condition, Feature, RuleGroup, Segment, Segmentation

CUSTOMERS = shop(6000)
TODAY = rfm_segmentation(CUSTOMERS)
EFFECT = {"none": 0.0, "letter": 1.5, "mail": 0.5}


def rule(field: str, operator: str, value: float) -> RuleGroup:
    return RuleGroup(rules=(Condition.model_validate({"field": field, "operator": operator, "value": value}),))


def cut(field: str = "orders", campaign: str = "letter", **more: Any) -> Segmentation:
    some = Segment(id="some", name="Some", rule=rule(field, ">=", 4.0), campaign=campaign)
    rest = Segment(id="rest", name="Rest", campaign="mail")
    return Segmentation(catalogue=more.get("catalogue", CUSTOMERS.catalogue), segments=(some,), default=rest)


def expected(campaigns: pd.Series, orders: pd.Series) -> NDArray[np.float64]:
    """The mean margin of each customer with a campaign: frequent ones buy anyway and answer to letters."""
    many = orders.to_numpy(dtype=np.float64)
    return np.asarray(many / 2 + campaigns.map(EFFECT).to_numpy() * np.minimum(many, 6) / 3)


def log(folder: Path, *, salt: str = "s", seed: int = 0, **more: Any) -> CampaignLog:
    arms = more.pop("arms", TODAY)
    schedule = more.pop("schedule", Schedule(date(2026, 3, 2)))
    plan = plan_campaigns(
        CUSTOMERS, arms, salt=salt, schedule=schedule, exploration=Exploration(more.pop("share", 0.3)), **more
    )
    margin = expected(plan.frame["campaign"], plan.baseline["orders"]) + np.random.default_rng(seed).normal(
        0, 2, len(plan)
    )
    results = pd.DataFrame({"customer": plan.frame["customer"], "time": "2026-03-04", "margin": margin})
    return record(plan, results, out=folder).log


def truth(found: CampaignLog, asked: Segmentation) -> float:
    target = pd.Series(np.array(found.plan.about.names)[rounds_of(found, asked).target])
    orders = found.plan.baseline["orders"][found.frame["arm"] != "holdback"]
    return float(expected(target, orders).mean())


def test_a_segmentation_is_judged_as_it_would_have_done(tmp_path: Path) -> None:
    """8 logs: the mean error lies within 4 standard errors of 0; a right program fails once in 15,000."""
    errors, naive, se, inside = [], [], [], 0
    for k in range(8):
        found = log(tmp_path / str(k), salt=f"s{k}", seed=k)
        answer = evaluate_segmentation(found, cut())
        errors.append(answer.estimate.value - truth(found, cut()))
        naive.append(answer.logged.value - truth(found, cut()))
        se.append(answer.estimate.se)
        inside += abs(errors[-1]) < 1.96 * se[-1]
    assert abs(np.mean(errors)) < 4 * np.mean(se) / np.sqrt(8)
    assert inside >= 5
    assert np.mean(naive) < -0.05  # what ran brought less


def test_what_runs_gains_nothing_and_consent_is_kept(tmp_path: Path) -> None:
    found = log(tmp_path / "log")
    answer = evaluate_segmentation(found, TODAY)
    assert answer.gain is not None
    assert answer.gain.value == answer.gain.se == 0.0
    rounds = rounds_of(found, cut())
    assert (rounds.target[~CUSTOMERS.consent] == 0).all()  # nobody is contacted without consent


def test_arms_and_holdback(tmp_path: Path) -> None:
    trial = Assignment("t", (Arm.of("today", 0.5), Arm.of("mail", 0.5)), holdback=Holdback.of(0.1, salt="long-term"))
    everyone = Segmentation(
        catalogue=CUSTOMERS.catalogue, segments=(), default=Segment(id="all", name="All", campaign="mail")
    )
    found = log(tmp_path / "log", arms={"today": TODAY, "mail": everyone}, assignment=trial)
    answer = evaluate_segmentation(found, cut())
    held = int((found.frame["arm"] == "holdback").sum())
    assert answer.rounds == len(found) - held
    assert f"{held:,} customers of the holdback are left out" in answer.remarks
    assert abs(answer.estimate.value - truth(found, cut())) < 4 * answer.estimate.se


def test_without_exploration_there_is_no_support(tmp_path: Path) -> None:
    answer = evaluate_segmentation(log(tmp_path / "log", share=0.0), cut())
    assert not answer.supported
    assert "could not be drawn" in answer.reasons[0]


def test_a_part_of_a_block_is_said_to_be_one(tmp_path: Path) -> None:
    found = log(tmp_path / "log", schedule=Schedule(date(2026, 3, 2), period=2))
    assert "the plan covers 2 of the 4 periods of its block" in evaluate_segmentation(found, cut()).remarks[-1]


def test_questions_that_the_log_cannot_be_asked(tmp_path: Path) -> None:
    found = log(tmp_path / "log")
    with pytest.raises(DataError, match="spend is not known of 6,000"):
        evaluate_segmentation(found, cut(), outcome="spend")
    fax = CUSTOMERS.catalogue.__class__(
        features=CUSTOMERS.catalogue.features,
        campaigns=(*CUSTOMERS.catalogue.campaigns, Campaign(id="fax", name="Fax")),
    )
    with pytest.raises(DataError, match="no support for any other"):
        evaluate_segmentation(found, cut(campaign="fax", catalogue=fax))
    strange = CUSTOMERS.catalogue.__class__(
        features=(Feature(name="mood", label="mood"), Feature(name="age", label="age")),
        campaigns=CUSTOMERS.catalogue.campaigns,
    )
    with pytest.raises(RuleError, match="'mood' is not in the log"):
        evaluate_segmentation(found, cut("mood", catalogue=strange))
    with pytest.raises(RuleError, match="no rule may use a protected attribute"):
        evaluate_segmentation(found, cut("age", catalogue=strange))


def test_a_propensity_that_was_edited_is_found_out(tmp_path: Path) -> None:
    found = log(tmp_path / "log")
    frame = found.plan.frame.copy()
    frame["propensity"] = 0.5
    with pytest.raises(DataError, match="contradicts the plan"):
        found.plan.__class__(frame, found.plan.about, found.plan.baseline)
