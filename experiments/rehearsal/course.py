"""One rehearsed trial in one simulated population, from its campaign plan to its last look, as it would run live."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from evenhand.customers import Customers
from evenhand.customers.campaign_log import CampaignLog, joined
from evenhand.customers.campaign_plan import CampaignPlan
from evenhand.customers.results import judged, results_table
from evenhand.experiments.exploration import Exploration
from evenhand.experiments.gate import Decision, Evidence, Verdict, decide
from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.rehearsal.lives import DAYS, positions_in, results_of
from evenhand.experiments.rehearsal.truth import UnitPart, unit_part, value_of
from evenhand.experiments.rehearsal.worlds import trial_plan, world_of
from evenhand.experiments.sequential import even_looks
from evenhand.experiments.start import Start
from evenhand.experiments.trial.looks import PlannedLooks
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan
from evenhand.segments import Segmentation
from evenhand.simulator import Population, Simulator

__all__ = ["Course", "Judge", "Stage", "Trial", "look_days", "rehearsed", "trial_frame"]

# Plan, log so far, share of the planned information, its last day, what was found at earlier looks: by challenger.
Found = Mapping[str, Evidence]
Judge = Callable[[RegisteredPlan, CampaignLog, float, date, Sequence[Found]], Found]


@dataclass(frozen=True)
class Stage:
    """What all trials of a rehearsal share."""

    simulator: Simulator
    customers: Customers
    start: Start
    registered: RegisteredPlan
    arms: Mapping[str, Segmentation]
    starts: date
    exploration: Exploration


@dataclass(frozen=True, slots=True)
class Course:
    """How one challenger's trial went, and what is true of it."""

    verdict: Verdict
    days: int  # until it ended
    found: bool  # a primary metric was shown to be better by then
    lacking: tuple[str, ...]  # what was not shown in the end, by the names of the gate's tests
    reasons: tuple[str, ...]
    estimates: Mapping[str, Estimate]  # of all the planned data, even where it ended earlier
    truth: Mapping[str, float]  # effect on each metric if everyone were treated


@dataclass(frozen=True, slots=True)
class Trial:
    """The courses of all challengers in one population, and each metric as the control brings it."""

    courses: Mapping[str, Course]
    control: Mapping[str, UnitPart]


def look_days(plan: ExperimentPlan) -> tuple[tuple[int, float], ...]:
    """Return after how many days the trial is looked at, and the share of the planned information then.

    All units take part from the first day, so information grows with the days. Looks that fall on one day are one.
    """
    shares = plan.looks.fractions if isinstance(plan.looks, PlannedLooks) else even_looks(plan.looks.count)
    length = DAYS * plan.weeks
    days = sorted({min(length, max(1, math.ceil(share * length - 1e-9))) for share in shares})
    return tuple((day, day / length) for day in days)


def rehearsed(stage: Stage, population: Population, *, judge: Judge) -> Trial:
    """Run the trial in one population, and the world of each arm for the truth."""
    plan = stage.registered.plan
    sent = trial_plan(plan, stage.customers, stage.arms, starts=stage.starts, exploration=stage.exploration)
    ledger = _ledger(stage, population, sent)
    looks = _looked(stage, sent, ledger, judge)
    whole = {name: _world(stage, population, sent, name) for name in stage.arms}
    values = {name: {metric.name: value_of(metric, frame) for metric in plan.metrics} for name, frame in whole.items()}
    courses = {}
    for challenger in plan.challengers:
        truth = {metric: values[challenger][metric] - values[plan.control][metric] for metric in values[challenger]}
        courses[challenger] = _course([(day, found[challenger]) for day, found in looks], stage.registered, truth)
    control = {metric.name: unit_part(metric, whole[plan.control], plan.covariates) for metric in plan.metrics}
    return Trial(courses, control)


def trial_frame(log: CampaignLog) -> pd.DataFrame:
    """Return a row per customer of the trial with outcomes, profit, and the baseline's features and groups."""
    frame = log.frame.assign(profit=log.outcome("profit")) if "margin" in log.told else log.frame
    return frame.merge(log.plan.baseline, on="customer", validate="one_to_one")


def _ledger(stage: Stage, population: Population, sent: CampaignPlan) -> pd.DataFrame:
    """Return what customers do under a plan, judged row by row as results that come in."""
    results = results_of(population, stage.start, positions_in(stage.simulator, sent), sent)
    return judged(results_table(results), sent)


def _world(stage: Stage, population: Population, sent: CampaignPlan, arm: str) -> pd.DataFrame:
    """Return the customers of the trial as they end where all of them are in one arm."""
    world = world_of(arm, sent, stage.customers, stage.arms)
    frame = trial_frame(joined(world, _ledger(stage, population, world), complete=True))
    return frame[frame["arm"] == arm]


def _looked(stage: Stage, sent: CampaignPlan, ledger: pd.DataFrame, judge: Judge) -> list[tuple[int, Found]]:
    """Return the evidence at every look, from what had come back by then."""
    found: list[tuple[int, Found]] = []
    for day, share in look_days(stage.registered.plan):
        until = stage.starts + timedelta(days=day - 1)
        so_far = joined(sent, ledger[ledger["time"].str[:10] <= until.isoformat()], complete=True)
        found.append((day, judge(stage.registered, so_far, share, until, [earlier for _, earlier in found])))
    return found


def _course(looks: Sequence[tuple[int, Evidence]], registered: RegisteredPlan, truth: Mapping[str, float]) -> Course:
    """Let the gate decide at every look until it ships or stops, else until the last look.

    A look that is invalid ends nothing: a team looks into it and goes on; a fault that stays is there at the end.
    """
    decisions: list[tuple[int, Decision]] = []
    for day, evidence in looks:
        decisions.append((day, decide(registered, evidence)))
        if decisions[-1][1].verdict in ("SHIP", "STOP"):
            break
    ended, last = decisions[-1]
    found = any(test.question == "superior" and test.passed for _, decision in decisions for test in decision.tests)
    estimates = {result.metric: result.difference.estimate for result in looks[-1][1].metrics}
    return Course(last.verdict, ended, found, _lacking(last), last.reasons, estimates, truth)


def _lacking(decision: Decision) -> tuple[str, ...]:
    gains = [test for test in decision.tests if test.question != "harmed"]
    better = any(test.passed for test in gains if test.question == "superior")
    return tuple(test.of for test in gains if not test.passed and not (test.question == "superior" and better))
