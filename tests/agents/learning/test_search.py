"""A search that is killed goes on to the same end; what falls behind is cut; what is unfair never wins."""

from __future__ import annotations

import multiprocessing as mp
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from tests.agents.learning.killable import BUDGET, HYPER, TOY
from tests.agents.toy import nobody_contacted, toy_net, toy_setup

from evenhand.agents import CurvePoint, Hyperparameters, Training, train
from evenhand.agents.learning.search import (
    SPACE,
    Range,
    Space,
    Trial,
    begin_search,
    hyperparameters,
    run_trials,
    trials_in,
    worth,
)
from evenhand.agents.learning.settings import DualSettings
from evenhand.errors import ArtefactError

OF = {"simulator": "toy"}
SMALL: Space = {"learning_rate": Range(1e-4, 1e-2, log=True), "epochs": (1, 2), "dual.rate": Range(0.1, 1.0)}
Progress = Callable[[CurvePoint | int | str], None]


class KilledError(BaseException):
    """Stands for whatever ends a process."""


class Learner:
    """Trains in no time: three checkpoints, the better the nearer the learning rate is to 1e-3."""

    def __init__(self, *, killed_at: tuple[int, ...] = (), seconds: float = 0.0) -> None:
        self.killed_at, self.seconds, self.begun = killed_at, seconds, 0

    def __call__(self, *, hyper: Hyperparameters, progress: Progress) -> Training:
        self.begun += 1
        points = [CurvePoint(0, 0.5, 0.0, 1.0, 0.0)]
        for k in (1, 2, 3):
            time.sleep(self.seconds)
            profit = k * 0.1 - abs(hyper.learning_rate - 1e-3) * 100
            points.append(CurvePoint(10 * k, profit, 0.0, 1.0, 0.0))
            progress(10 * k)
            progress(points[-1])
            if k == 2 and self.begun in self.killed_at:
                raise KilledError
        return Training(cast("Any", None), tuple(points), 0)


def searched(
    path: Path, learn: Any, *, wanted: int = 8, seed: int = 3, of: Mapping[str, Any] = OF
) -> tuple[Trial, ...]:
    begin_search(path, of)
    run_trials(path, learn, wanted=wanted, seed=seed, space=SMALL)
    return trials_in(path)


def said(trials: tuple[Trial, ...]) -> list[tuple[Any, ...]]:
    """Return what trials say but for their numbers, which those that died use up."""
    return [(t.state, t.parameters, t.value, t.profit, t.feasible, t.steps) for t in trials]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trial, ...]:
    return searched(tmp_path_factory.mktemp("whole") / "search.sqlite", Learner())


def test_one_seed_gives_one_search(whole: tuple[Trial, ...], tmp_path: Path) -> None:
    assert len(whole) == 8
    assert said(searched(tmp_path / "again.sqlite", Learner())) == said(whole)
    assert said(searched(tmp_path / "other.sqlite", Learner(), seed=4)) != said(whole)


@pytest.mark.parametrize("killed_at", [1, 3, 7])
def test_a_killed_search_goes_on_with_the_trials_left_and_ends_the_same(
    whole: tuple[Trial, ...], killed_at: int, tmp_path: Path
) -> None:
    path = tmp_path / "search.sqlite"
    begin_search(path, OF)
    with pytest.raises(KilledError):
        run_trials(path, Learner(killed_at=(killed_at,)), wanted=8, seed=3, space=SMALL)
    assert trials_in(path)[-1].state == "running"
    rest = Learner()
    assert said(searched(path, rest)) == said(whole)
    assert rest.begun == 8 - killed_at + 1  # the one that died is tried again
    assert searched(path, Learner(killed_at=(1,))) == trials_in(path)  # nothing is left to do


def work(path: Path) -> None:
    """Run the whole search, slowly."""
    run_trials(path, Learner(seconds=0.2), wanted=8, seed=3, space=SMALL)


@pytest.mark.slow
def test_a_search_whose_process_is_killed_ends_the_same(whole: tuple[Trial, ...], tmp_path: Path) -> None:
    """SIGKILL in the middle of the third training."""
    path = tmp_path / "search.sqlite"
    begin_search(path, OF)
    process = mp.get_context("spawn").Process(target=work, args=(path,))
    process.start()
    while len(trials_in(path)) < 3:
        time.sleep(0.05)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len(trials_in(path)) < 8
    assert said(searched(path, Learner())) == said(whole)


def test_a_trial_that_dies_twice_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "search.sqlite"
    for _ in range(2):
        begin_search(path, OF)
        with pytest.raises(KilledError):
            run_trials(path, Learner(killed_at=(1,)), wanted=4, seed=3, space=SMALL)
    found = searched(path, Learner(), wanted=4)
    assert found[0].state == "died"
    assert len(found) == 4
    assert found[1].parameters != found[0].parameters


def test_a_search_can_be_asked_for_more(whole: tuple[Trial, ...], tmp_path: Path) -> None:
    searched(tmp_path / "search.sqlite", Learner(), wanted=5)
    assert said(searched(tmp_path / "search.sqlite", Learner(), wanted=8)) == said(whole)


def test_trainings_that_fall_behind_are_cut_at_a_checkpoint(whole: tuple[Trial, ...]) -> None:
    """By the median rule, once three are complete: a pruned one was below the median of the others there."""
    states = [t.state for t in whole]
    assert states[:3] == ["complete"] * 3
    assert "pruned" in states
    complete = sorted(t.value for t in whole if t.state == "complete" and t.value is not None)
    best = max((t for t in whole if t.state == "complete"), key=lambda t: t.value or 0)
    assert best.value == complete[-1]
    for trial in whole:
        if trial.state == "pruned":
            assert trial.steps is not None
            assert trial.steps < 30
            assert trial.profit is not None
            assert trial.profit < complete[-1]


def test_what_is_unfair_never_beats_what_is_fair() -> None:
    rich, fair = CurvePoint(1, 9e3, 0.2, 0.9, 0.0), CurvePoint(1, -5.0, 0.0, 0.95, 0.0)
    nearly = CurvePoint(1, 1.0, 0.1, 0.94, 0.0)
    assert worth(fair) > worth(nearly) > worth(rich)
    assert worth(fair) == fair.profit


def test_the_untrained_checkpoint_counts_for_no_trial(tmp_path: Path) -> None:
    """It is greedy in all of them, here with a profit that none of them reaches by learning."""
    found = searched(tmp_path / "search.sqlite", Learner(), wanted=3)
    assert all(t.value is not None and t.value < 0.5 for t in found)


def test_every_parameter_searched_is_one_of_the_learner() -> None:
    middle = {name: among.low if isinstance(among, Range) else among[0] for name, among in SPACE.items()}
    start = Hyperparameters(dual=DualSettings(tail=0.5))
    hyper = hyperparameters(middle, start)
    assert hyper.learning_rate == middle["learning_rate"]
    assert hyper.dual.rate == middle["dual.rate"]
    assert (hyper.dual.tail, hyper.gamma) == (0.5, start.gamma)  # what is not searched stays


def test_another_search_and_a_broken_journal_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "search.sqlite"
    searched(path, Learner(), wanted=1)
    with pytest.raises(ArtefactError, match=r"another simulator: toy, not real.*delete the file"):
        begin_search(path, {"simulator": "real"})
    (tmp_path / "broken.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(ArtefactError, match="no search can be read"):
        begin_search(tmp_path / "broken.sqlite", OF)


def test_real_trainings_on_the_toy_are_searched_and_repeat(tmp_path: Path) -> None:
    setup = toy_setup(tolerance=0.1)
    space: Space = {"learning_rate": Range(1e-3, 1e-2, log=True), "dual.proportional": Range(1.0, 20.0)}

    def learn(*, hyper: Hyperparameters, progress: Progress) -> Training:
        network = toy_net(setup)
        return train(
            TOY.simulator, nobody_contacted(), setup, network, seed=3, budget=BUDGET, hyper=hyper, progress=progress
        )

    def once(name: str) -> tuple[Trial, ...]:
        path = tmp_path / name
        begin_search(path, OF)
        run_trials(path, learn, wanted=3, seed=0, space=space, start=HYPER)
        return trials_in(path)

    found = once("one.sqlite")
    assert [t.state for t in found] == ["complete"] * 3
    assert len({t.value for t in found}) > 1
    assert said(once("two.sqlite")) == said(found)
