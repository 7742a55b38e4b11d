"""From an exported policy to the gate's decision: pilot, plan, register, trial, evidence, record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from evenhand.agents.export.seal import Opened
from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.gate import DecisionRecord, gate, save_record
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import setup_of
from evenhand.experiments.trial.register import register
from evenhand.experiments.validating.finding import evidence_of
from evenhand.experiments.validating.planning import draft_plan
from evenhand.experiments.validating.record import RECORD, place_of, record_of
from evenhand.experiments.validating.twins import Arena, Twins, meet
from evenhand.segments import Segmentation, content_hash
from evenhand.simulator import Simulator

__all__ = ["PILOT", "POPULATIONS", "Validation", "arena_of", "validate"]

POPULATIONS = 256
PILOT = 16
LEAST = 2 * PILOT
MOST_CUSTOMERS = 1000  # of each population
PILOT_SEED, TRIAL_SEED = 700_000_000, 710_000_000  # populations that no step of a study has seen
STRIDE = 1000  # a seed's populations are numbered from there on

Tell = Callable[[str, int], None]


class Validation(NamedTuple):
    """What was decided, and whether it had been before."""

    record: DecisionRecord
    folder: Path
    known: bool


def validate(
    study: Path, opened: Opened, *, now: datetime, populations: int = POPULATIONS, customers: int | None = None,
    workers: int = 1, on_progress: Tell | None = None,
) -> Validation:  # fmt: skip
    """Try an exported policy in simulated businesses and let the gate decide; each policy is tried once.

    A second call gives the first one's decision: a policy that did not pass cannot be tried until it does. `customers`
    in each population: at most as many as the business has. ArtefactError where the export is not of this study.
    """
    sha256 = content_hash(opened.manifest.model_dump(mode="json"))
    known = record_of(study, sha256)
    folder = place_of(study, sha256)
    if known is not None:
        return Validation(known, folder, True)
    arena, today = arena_of(study, opened, customers)
    if not LEAST <= populations <= STRIDE:
        raise DataError(f"{populations} populations", rule=f"{LEAST} to {STRIDE}", mend=f"{POPULATIONS} are usual")
    seed = STRIDE * opened.manifest.training.seed

    def run(part: str, first: int, count: int) -> Twins:
        tell = None if on_progress is None else (lambda done: on_progress(part, done))
        return meet(arena, first_seed=first + seed, populations=count, workers=workers, on_progress=tell)

    plan = draft_plan(
        run("pilot", PILOT_SEED, PILOT), simulator=arena.simulator, setup=arena.setup, populations=populations,
        n_customers=arena.n_customers, name=f"simulated trial {sha256[:12]}", today_sha256=today.hash,
        policy_sha256=sha256,
    )  # fmt: skip
    registered = register(plan, folder / "plan.json", now=now)
    evidence = evidence_of(
        registered, run("trial", TRIAL_SEED, populations), simulator=arena.simulator, setup=arena.setup
    )
    evidence.save(folder / "evidence.json")
    record = gate(registered, evidence, now=now)
    save_record(record, folder / RECORD)
    return Validation(record, folder, False)


def arena_of(study: Path, opened: Opened, customers: int | None) -> tuple[Arena, Segmentation]:
    """Return where an export of a study can be tried, and what runs there today; ArtefactError where it cannot be."""
    for needed in ("today.json", "simulator.json"):
        if not (study / needed).is_file():
            raise ArtefactError(f"there is no {needed}", where=str(study), rule="a study that was exported")
    today = Segmentation.from_json((study / "today.json").read_text(encoding="utf-8"))
    simulator = Simulator.load(study / "simulator.json")
    made_from = opened.manifest.training
    if (made_from.simulator.sha256, made_from.segmentation_sha256) != (simulator.hash, today.hash):
        raise ArtefactError(
            "the export was made from another simulator or segmentation", where=str(study / "export"),
            rule="a policy is tried where it learned", mend="evenhand export the study again",
        )  # fmt: skip
    settings = StudySettings.model_validate(made_from.settings)
    setup = setup_of(simulator, today, settings)
    n = min(customers or MOST_CUSTOMERS, max(simulator.content.customers, 50))
    return Arena(opened.manifest, opened.files["policy.onnx"], simulator, setup, n), today
