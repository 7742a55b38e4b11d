"""Hyperparameter search by Optuna, kept in one SQLite file: whoever is killed goes on with the trials left.

Tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kegl 2011) with a seed, and the median rule (Golovin et
al. 2017) for trainings that fall behind at a checkpoint. Trial k draws from (seed, k) alone, not from a stream that a
kill would begin anew: with one worker a search that was killed ends with the same trials as one that was not.

A trial counts for what its best learned checkpoint brought on validation populations. The untrained one, greedy, is the
same in all, so it says nothing. Validation populations choose the trial, hence the evidence must come from others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from evenhand.agents.feasible import FEASIBLE_SHARE
from evenhand.agents.learning.checkpoints import CurvePoint, Progress
from evenhand.agents.learning.settings import Hyperparameters
from evenhand.agents.learning.train import Training
from evenhand.errors import ArtefactError

__all__ = ["SPACE", "Range", "Space", "Trial", "begin_search", "hyperparameters", "run_trials", "trials_in", "worth"]

Learn = Callable[..., Training]  # called with `hyper` and `progress`

UNFAIR = 1e6  # money per customer and period and unit of missing feasible share: no profit makes up for it
TRIES = 2  # of a trial whose process died; then it is given up
GUESSES, COMPARED = 5, 3  # trials drawn at random before the estimator speaks, and before the median does


@dataclass(frozen=True)
class Range:
    """Numbers between two limits, tried evenly, or evenly in their logarithm."""

    low: float
    high: float
    log: bool = False


Space = Mapping[str, Range | tuple[Any, ...]]  # hyperparameter -> a range or choices; `dual.` for its part of them

SPACE: Final[Space] = {
    "learning_rate": Range(1e-4, 3e-3, log=True),
    "epochs": (4, 8, 12),
    "minibatch": (208, 416, 832),
    "gae_lambda": Range(0.9, 1.0),
    "clip": Range(0.1, 0.3),
    "target_kl": Range(0.01, 0.1, log=True),
    "critic_first": Range(0.0, 0.2),
    "entropy": (0.0, 1e-4, 1e-3),
    "dual.rate": Range(0.1, 2.0, log=True),
    "dual.proportional": Range(0.3, 10.0, log=True),
}


@dataclass(frozen=True)
class Trial:
    """One training of a search."""

    number: int
    state: Literal["complete", "pruned", "died", "running", "waiting"]
    parameters: dict[str, Any]
    value: float | None  # what is searched for, see `worth`; null where no checkpoint was reached
    profit: float | None = None  # of its best checkpoint on validation, money per customer and period beyond today
    feasible: float | None = None  # share of validation populations in which every constraint held there
    steps: int | None = None  # after so many


def hyperparameters(parameters: Mapping[str, Any], start: Hyperparameters | None = None) -> Hyperparameters:
    """Return `start` (the defaults) with a trial's parameters in place."""
    start = start or Hyperparameters()
    dual = {name.removeprefix("dual."): value for name, value in parameters.items() if name.startswith("dual.")}
    own = {name: value for name, value in parameters.items() if not name.startswith("dual.")}
    return replace(start, **own, dual=replace(start.dual, **dual))


def worth(point: CurvePoint) -> float:
    """Return one number that sorts checkpoints as `feasible.rank` does: feasible first, then profit."""
    return point.profit - UNFAIR * max(FEASIBLE_SHARE - point.feasible, 0.0)


def begin_search(path: Path, of: Mapping[str, Any]) -> None:
    """Make the journal at `path`, or take it up again: trials that were running when a search ended are tried again.

    `of` says in plain data what is searched; ArtefactError names what differs from an earlier search. One search at a
    time works on a journal, with as many workers as it likes.
    """
    with _journal(path) as study:
        then = study.user_attrs.get("of", dict(of))
        for name in sorted({*then, *of}):
            if then.get(name) != of.get(name):
                raise ArtefactError(
                    f"the search here has another {name}: {then.get(name)}, not {of.get(name)}",
                    where=str(path), rule="a search goes on with what it began with",
                    mend="search with the same settings, or delete the file to start over",
                )  # fmt: skip
        study.set_user_attr("of", dict(of))
        for dead in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            study.tell(dead.number, state=TrialState.FAIL)
            if _tries(dead) < TRIES:
                study.enqueue_trial(dead.params, user_attrs={"tries": _tries(dead) + 1})


def run_trials(
    path: Path,
    learn: Learn,
    *,
    wanted: int,
    seed: int,
    space: Space = SPACE,
    start: Hyperparameters | None = None,
    worker: int = 0,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Run trials of a begun search until `wanted` of all workers together are done or under way.

    `learn(hyper=..., progress=...)` trains; the same every time but for these two.
    """
    with _journal(path) as study:
        while True:
            done = [t for t in study.get_trials(deepcopy=False) if _counts(t)]
            if progress:
                progress(len(done))
            if len(done) >= wanted:
                return
            study.sampler = _sampler(seed, len(done), worker)
            trial = study.ask()
            if sum(t.number < trial.number for t in study.get_trials(deepcopy=False) if _counts(t)) >= wanted:
                study.tell(trial, state=TrialState.FAIL)  # another worker took the last one in the same moment
                return
            _run(study, trial, learn, space, start)


def _run(
    study: optuna.Study, trial: optuna.Trial, learn: Learn, space: Space, start: Hyperparameters | None
) -> None:  # fmt: skip
    hyper = hyperparameters({name: _suggested(trial, name, space[name]) for name in space}, start)
    try:
        curve = learn(hyper=hyper, progress=_reporting(trial)).curve
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, max(worth(point) for point in curve[1:] or curve))


def _suggested(trial: optuna.Trial, name: str, among: Range | tuple[Any, ...]) -> Any:
    if isinstance(among, Range):
        return trial.suggest_float(name, among.low, among.high, log=among.log)
    return trial.suggest_categorical(name, among)


def _reporting(trial: optuna.Trial) -> Progress:
    """Return what hears a training's progress, keeps its learned checkpoints and ends it when it falls behind."""

    def hear(message: CurvePoint | int | str) -> None:
        if isinstance(message, int | str) or message.steps == 0:
            return
        trial.report(worth(message), message.steps)
        best = trial.user_attrs.get("best")
        if best is None or worth(message) > best["value"]:
            kept = {name: getattr(message, name) for name in ("profit", "feasible", "steps")}
            trial.set_user_attr("best", {"value": worth(message), **kept})
        if trial.should_prune():
            raise optuna.TrialPruned

    return hear


def trials_in(path: Path) -> tuple[Trial, ...]:
    """Return every trial of a journal, in order, without those that were tried again."""
    with _journal(path) as study:
        return tuple(_plain(t) for t in study.get_trials(deepcopy=False) if _counts(t))


def _plain(trial: FrozenTrial) -> Trial:
    best = {"value": None, **trial.user_attrs.get("best", {})}
    state: Any = "died" if trial.state == TrialState.FAIL else trial.state.name.lower()
    return Trial(number=trial.number, state=state, parameters=dict(trial.params), **best)


def _counts(trial: FrozenTrial) -> bool:
    """Whether a trial stands for itself: one that waits, or that died and was put in line again, does not."""
    return trial.state != TrialState.WAITING and (trial.state != TrialState.FAIL or _tries(trial) >= TRIES)


def _tries(trial: FrozenTrial) -> int:
    return int(trial.user_attrs.get("tries", 1))


def _sampler(seed: int, k: int, worker: int) -> optuna.samplers.TPESampler:
    own = int(np.random.SeedSequence([seed, k, worker]).generate_state(1)[0])
    return optuna.samplers.TPESampler(seed=own, n_startup_trials=GUESSES)


@contextmanager
def _journal(path: Path) -> Iterator[optuna.Study]:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        storage = RDBStorage(f"sqlite:///{path}", engine_kwargs={"connect_args": {"timeout": 60}})
    except Exception as error:  # whatever SQLite, its wrapper or a migration makes of a file that is no journal
        raise ArtefactError(
            f"no search can be read: {error}", where=str(path), mend="delete it to start over"
        ) from error
    try:
        yield optuna.create_study(
            storage=storage,
            study_name="hyperparameters",
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=COMPARED),
        )
    finally:
        storage.remove_session()
        storage.engine.dispose()
