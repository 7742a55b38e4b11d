"""The steps of a study as the command line runs them: with bars while they run, and words when they are done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from evenhand.cli import saying
from evenhand.cli.asking import processes
from evenhand.cli.progress import Bars
from evenhand.cli.saying import out
from evenhand.errors import CampaignError

if TYPE_CHECKING:
    from evenhand.experiments.folder import StudyFolder
    from evenhand.experiments.settings import StudySettings

__all__ = ["calibrated", "evaluated", "recommended", "reported", "trained"]


def calibrated(folder: StudyFolder, settings: StudySettings, *, scenario: str = "") -> None:
    """Calibrate, and say how real the simulator is; CampaignError where there is nothing to send."""
    from evenhand.experiments.steps import calibrate_step
    from evenhand.simulator import Realism

    _campaigns(folder)
    with Bars(out, {}) as bars:
        calibrate_step(folder, settings, bars.tell, scenario=scenario)
    saying.say_realism(Realism.from_dict(folder.read_plain("realism.json")))


def trained(folder: StudyFolder, settings: StudySettings, workers: int | None, *, searched: bool = False) -> None:
    """Learn, and say what the kept checkpoint brought."""
    from evenhand.experiments.setup import attribute_of
    from evenhand.experiments.steps import train_step

    totals = {f"seed {k + 1}": settings.steps for k in range(settings.training_seeds)}
    with Bars(out, totals) as bars:
        train_step(folder, settings, workers=processes(workers, settings), tell=bars.tell, searched=searched)
    best = folder.read_plain("learning.json")["seeds"][0]
    kept = next(point for point in best["points"] if point["steps"] == best["chosen"])
    found = folder.read_plain("opponents.json")
    begun = found.get("beginning")
    saying.say_learning(
        settings,
        profit=kept["profit"],
        gap=kept["gap"],
        greedy=(begun["tuned"] if begun else found)["greedy-shadow"]["profit"],
        attribute=attribute_of(folder.simulator(), settings),
        begins_with=begun["label"] if begun else "",
    )


def evaluated(folder: StudyFolder, workers: int | None, *, scenario: str = "", as_json: bool = False) -> None:
    """Compare all policies, and say or print what was found."""
    from evenhand.experiments.steps import evaluate_step

    settings = folder.settings()
    with Bars(out, {}, total=settings.populations) as bars:
        evaluation = evaluate_step(folder, workers=processes(workers, settings), tell=bars.tell, scenario=scenario)
    if as_json:
        typer.echo((folder.path / "evaluation.json").read_text(encoding="utf-8"), nl=False)
        return
    saying.say_evidence(evaluation, settings.populations)
    if scenario:
        saying.lines([f"The study's evidence is now that of {scenario}; without it: evenhand evaluate {folder.path}"])


def recommended(folder: StudyFolder) -> None:
    """Recommend a plan to begin with, if there is one, and tweaks, and say them."""
    from evenhand.experiments.report import RecommendedPlan
    from evenhand.experiments.steps import recommend_step

    settings = folder.settings()
    most = 2 * settings.recommendations + 1  # twice as many are simulated as are wanted, and holding
    with Bars(out, {"the plan": settings.effect_draws, "recommend": most}) as bars:
        found = recommend_step(folder, bars.tell)
    plan = folder.read("beginning.json", RecommendedPlan) if folder.has("beginning.json") else None
    if plan:
        saying.say_plan(plan)
    saying.say_tweaks(found, after=plan is not None)


def reported(folder: StudyFolder, shown: Path) -> None:
    """Write the report, and say its verdict and where it is `shown`."""
    from evenhand.experiments.report import verdict_line
    from evenhand.experiments.steps import report_step

    made = report_step(folder)
    if made.policies:
        saying.say_policies(made)
    out.print(verdict_line(made))
    out.print(f"Report: {shown / 'report.html'}")


def _campaigns(folder: StudyFolder) -> None:
    """Raise CampaignError where a study has no campaign to give to anyone."""
    customers = folder.customers()
    if customers.enough and not customers.schema.campaigns:
        raise CampaignError(
            "no campaign is declared",
            where=str(folder.path),
            rule="there must be something to send before anyone can learn what to send to whom",
            mend="declare [[campaigns]] in the schema and ingest again",
        )
