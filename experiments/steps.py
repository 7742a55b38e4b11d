"""The steps of a study, from customers to a report; each stands alone on the files of the steps before."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from evenhand.agents import Layout, LearnedPolicy, Training
from evenhand.customers import Customers, rfm_segmentation
from evenhand.errors import DataError
from evenhand.experiments.assemble import assemble
from evenhand.experiments.evaluation import Evaluation, evaluate_entrants
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.mitigation import mitigate
from evenhand.experiments.opponents import Opponents, begin, entrants, tune_opponents
from evenhand.experiments.recommend import begun, learned_segmentation, recommend, recommend_plan
from evenhand.experiments.report import Mitigation, Recommendation, Report, save_html
from evenhand.experiments.scenario import dynamics_of, with_features_of
from evenhand.experiments.searching import JOURNAL, Searched, hyper_from, search
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import customers_in_evidence, setup_of
from evenhand.experiments.training import HALF_DONE, LOGS, best_first, hyper_of, train_seeds
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator, calibrate
from evenhand.simulator.scenarios import known_twist, twist

__all__ = [
    "HOLDOUT_SHARE",
    "Tell",
    "calibrate_step",
    "evaluate_step",
    "fresh_run",
    "ingest_step",
    "link_latest",
    "mitigate_step",
    "recommend_step",
    "report_step",
    "search_step",
    "train_step",
]

HOLDOUT_SHARE = 0.3
WORTHWHILE = 32  # populations from which on processes of their own pay for being started
SHIFTED = ("shifted_mild", "shifted", "shifted_severe")  # dynamics that training never saw

Tell = Callable[[str, Any], None]  # (what is worked on, how far: a number or a CurvePoint)


def _quiet(name: str, message: Any) -> None:
    """Tell nobody."""


@contextmanager
def _timed(folder: StudyFolder, step: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    seconds = folder.read_plain("seconds.json") if folder.has("seconds.json") else {}
    folder.write("seconds.json", {**seconds, step: round(time.perf_counter() - begun, 2)})


def ingest_step(folder: StudyFolder, customers: Customers, *, today: Segmentation | None = None) -> Segmentation:
    """Keep `customers` and the segmentation that runs now (RFM segments where none is given)."""
    with _timed(folder, "ingest"):
        segmentation = today or rfm_segmentation(customers)
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.forget_after("ingest")
        customers.save(folder.path / "customers")
        folder.write("today.json", segmentation.to_json())
    return segmentation


def calibrate_step(
    folder: StudyFolder, settings: StudySettings, tell: Tell = _quiet, *, scenario: str = ""
) -> Simulator:
    """Calibrate on 70 % of the customers, simulate the others forward, then calibrate on all for what follows.

    `scenario` twists what follows, not the comparison with reality; one that changes features changes the study's table
    and the catalogue of today's segmentation too, and the next calibration without it changes them back.
    """
    with _timed(folder, "calibrate"):
        if scenario:
            known_twist(scenario)
        before, today = folder.customers(), folder.today()
        customers, today = with_features_of(scenario, before, today)
        _enough(customers)
        fit, holdout = customers.split(1 - HOLDOUT_SHARE, seed=settings.seed)
        tell("realism", "calibrating on 70 % of the customers")
        rehearsal = calibrate(fit, seed=settings.seed, replicates=min(settings.replicates, 5))
        tell("realism", "simulating the others forward")
        found = rehearsal.realism(holdout, fit=fit, seed=settings.seed)
        tell("realism", "calibrating on everyone")
        simulator = calibrate(customers, seed=settings.seed, replicates=settings.replicates)
        if scenario:
            simulator = twist(scenario, simulator)
        folder.forget_after("calibrate")
        if customers is not before:
            customers.save(folder.path / "customers")
            folder.write("today.json", today.to_json())
        folder.write("realism.json", found.to_dict())
        simulator.save(folder.path / "simulator.json")
    return simulator


def _enough(customers: Customers) -> None:
    if not customers.enough.ok:
        raise DataError(customers.enough.why, where=customers.schema.name, mend="keep the segmentation that runs")


def search_step(
    folder: StudyFolder, settings: StudySettings, *, trials: int, workers: int = 1, tell: Tell = _quiet
) -> Searched:
    """Search hyperparameters until there are `trials`; a search that was stopped goes on with those left."""
    with _timed(folder, "search"):
        found = search(
            folder.simulator(), folder.today(), trials=trials, journal=folder.path / JOURNAL, settings=settings,
            workers=workers, on_progress=tell,
        )  # fmt: skip
        folder.write("search.json", found.to_dict())
    return found


def train_step(
    folder: StudyFolder, settings: StudySettings, *, workers: int = 1, tell: Tell = _quiet, searched: bool = False
) -> list[LearnedPolicy]:
    """Tune the opponents, train from several seeds side by side, keep the best feasible policy first.

    With `searched` the hyperparameters are the best ones of the study's search.

    What an earlier call left half done is gone on with; ArtefactError when it was begun with other settings.
    """
    with _timed(folder, "train"):
        simulator, today = folder.simulator(), folder.today()
        setup = setup_of(simulator, today, settings)
        found = folder.read_plain("search.json")["best"]["hyper"] if searched else None
        hyper = hyper_from(found) if found else hyper_of(settings)
        opponents = tune_opponents(simulator, setup, settings, workers=workers, on_progress=tell)
        opponents = begin(opponents, simulator, today, setup, settings, workers=workers, on_progress=tell)
        if not folder.has(HALF_DONE):
            folder.forget(LOGS)
        trainings = best_first(
            train_seeds(
                simulator,
                today,
                setup,
                opponents,
                settings,
                hyper=hyper,
                folder=folder.path,
                workers=workers,
                on_progress=tell,
            )
        )
        policies = [t.policy for t in trainings]
        folder.forget_after("train")
        folder.write("settings.json", settings)
        folder.write("opponents.json", opponents.to_dict())
        folder.write("learning.json", {"hyper": asdict(hyper), "seeds": [_curve(t) for t in trainings]})
        folder.write_policies(policies)
        folder.forget(HALF_DONE)
    return policies


def _curve(training: Training) -> dict[str, Any]:
    return {
        "seed": training.seed,
        "chosen": training.kept.steps,
        "learned": training.learned,  # false: no checkpoint beat the start beyond chance, so the policy is the start
        "confirmation": asdict(training.confirmation) if training.confirmation else None,
        "points": [asdict(point) for point in training.curve],
    }


def evaluate_step(folder: StudyFolder, *, workers: int = 1, tell: Tell = _quiet, scenario: str = "") -> Evaluation:
    """Compare the learned policies with every opponent on unseen populations, with the dynamics of `scenario`."""
    with _timed(folder, "evaluate"):
        simulator, today, settings = folder.simulator(), folder.today(), folder.settings()
        setup = setup_of(simulator, today, settings)
        opponents = Opponents.from_dict(folder.read_plain("opponents.json"), setup)
        layout = Layout(setup.max_segments, len(simulator.catalogue.campaigns))
        policies = folder.policies()
        judge = partial(
            evaluate_entrants,
            setup=setup,
            n_customers=customers_in_evidence(simulator, settings),
            seed=settings.seed,
            on_progress=tell,
        )
        evaluation = judge(
            entrants(setup, layout, opponents, policies),
            dynamics_of(scenario, simulator),
            populations=settings.populations,
            workers=workers,
        )
        few = settings.shifted_populations
        side = workers if few >= WORTHWHILE else 1
        unseen = SHIFTED if few and not scenario else ()
        chosen = entrants(setup, layout, opponents, policies[:1])
        elsewhere = [
            judge(chosen, dynamics_of(name, simulator), populations=few, workers=side).summary(name) for name in unseen
        ]
        evaluation = replace(evaluation.on(scenario), elsewhere=tuple(elsewhere))
        folder.write("evaluation.json", evaluation.to_dict())
    return evaluation


def recommend_step(folder: StudyFolder, tell: Tell = _quiet) -> list[Recommendation]:
    """Ask the chosen policy for the next tweaks of what runs, or of the plan that it begins with, and simulate each."""
    with _timed(folder, "recommend"):
        simulator, today, settings = folder.simulator(), folder.today(), folder.settings()
        setup = setup_of(simulator, today, settings)
        policy, customers = folder.policies()[0], folder.customers()
        plan = recommend_plan(
            policy, customers, today, simulator, setup, draws=settings.effect_draws, seed=settings.seed,
            progress=lambda done: tell("the plan", done),
        )  # fmt: skip
        today, setup = begun(policy, today, setup)
        found = recommend(
            policy,
            customers,
            today,
            simulator,
            setup,
            count=settings.recommendations,
            draws=settings.effect_draws,
            seed=settings.seed,
            progress=lambda done: tell("recommend", done),
        )
        learned = learned_segmentation(policy, customers, today, simulator, setup, seed=settings.seed)
        if plan:  # first, or a call that is killed leaves tweaks of a plan that nobody is told of
            folder.write("beginning.json", plan)
        else:
            folder.forget("beginning.json")
        folder.write("recommendations.json", [r.model_dump(mode="json") for r in found])
        folder.write("learned.json", learned.to_json())
    return found


def mitigate_step(folder: StudyFolder, *, workers: int = 1, tell: Tell = _quiet) -> Mitigation:
    """Compare fairness before, inside and after learning; inside is the study's chosen policy."""
    with _timed(folder, "mitigate"):
        settings, scratch = folder.settings(), folder.path / "mitigating"
        found = mitigate(
            folder.customers(), folder.simulator(), folder.today(), settings, inside=folder.policies()[0],
            hyper=hyper_from(folder.read_plain("learning.json")["hyper"]), scratch=scratch, workers=workers,
            on_progress=tell,
        )  # fmt: skip
        folder.write("mitigation.json", found)
        folder.forget(scratch.name)
    return found


def report_step(folder: StudyFolder) -> Report:
    """Gather what the steps found into report.json and report.html."""
    report = assemble(folder)
    folder.write("report.json", report.to_json())
    save_html(report, folder.path / "report.html")
    return report


def fresh_run(root: Path, *, now: str) -> StudyFolder:
    """Return a new folder `root/<now>`, numbered when that second is taken."""
    path, k = root / now, 1
    while path.exists():
        k += 1
        path = root / f"{now}-{k}"
    path.mkdir(parents=True)
    return StudyFolder(path)


def link_latest(run: StudyFolder, name: str) -> Path:
    """Let `name` beside the run stand for it from now on."""
    link, partial = run.path.parent / name, run.path.parent / f".{name}.partial"
    if link.exists() and not link.is_symlink():
        raise DataError(f"{link} is no link to a run", mend="move it away")
    partial.unlink(missing_ok=True)
    partial.symlink_to(run.path.name, target_is_directory=True)
    return partial.replace(link)
