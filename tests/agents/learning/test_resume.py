"""A training that is cut off ends with the same bytes, and never goes on from another training's state."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.agents.learning.killable import BUDGET, half_done, saved

from evenhand.agents import CurvePoint, Training
from evenhand.agents.learning.snapshot import Snapshot, digest, read_snapshot, write_snapshot
from evenhand.envs import Setup
from evenhand.errors import ArtefactError

ROLLOUT = 64  # steps


class CutOffError(Exception):
    """Stands for whatever ends a process."""


def cut_off(snapshot: Path, *, after: int, seed: int = 3) -> None:
    """Train until `after` rollouts are done."""

    def stop(message: CurvePoint | int | str) -> None:
        if message == after * ROLLOUT:
            raise CutOffError

    with pytest.raises(CutOffError):
        half_done(snapshot, seed=seed, progress=stop)


@pytest.fixture(scope="module")
def last_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the training that is never cut off keeps its state; it stands before the last rollout."""
    return tmp_path_factory.mktemp("whole") / "half.npz"


@pytest.fixture(scope="module")
def whole(last_state: Path) -> Training:
    return half_done(last_state)


@pytest.mark.parametrize("after", [1, 2, 5, 9])
def test_a_training_cut_off_after_some_rollouts_ends_with_the_same_bytes(
    whole: Training, last_state: Path, after: int, tmp_path: Path
) -> None:
    """The policy and, of the state before the last rollout, every moment and multiplier."""
    cut_off(tmp_path / "half.npz", after=after)
    again: list[CurvePoint | int | str] = []
    resumed = half_done(tmp_path / "half.npz", progress=again.append)
    assert again[0] == (after - 1) * ROLLOUT  # the state before the rollout that was under way
    assert resumed.curve == whole.curve
    assert whole.kept.steps >= 5 * ROLLOUT  # what is kept was learned, under multipliers
    assert whole.kept.multiplier > 0
    assert saved(resumed, tmp_path / "resumed") == saved(whole, tmp_path / "whole")
    assert (tmp_path / "half.npz").read_bytes() == last_state.read_bytes()


def test_keeping_its_state_changes_no_training(whole: Training, tmp_path: Path) -> None:
    assert saved(half_done(None), tmp_path / "without") == saved(whole, tmp_path / "whole")
    half_done(tmp_path / "half.npz")
    finished = half_done(tmp_path / "half.npz")
    assert saved(finished, tmp_path / "finished") == saved(whole, tmp_path / "whole")


def test_another_training_is_refused_by_the_setting_that_differs(tmp_path: Path) -> None:
    cut_off(tmp_path / "half.npz", after=2)
    with pytest.raises(ArtefactError, match=r"has seed = 3, this one 4.*mend: train with seed = 3, or delete"):
        half_done(tmp_path / "half.npz", seed=4)
    with pytest.raises(ArtefactError, match=r"has budget.steps = 640, this one 1280"):
        half_done(tmp_path / "half.npz", budget=replace(BUDGET, steps=1280))


# ------------------------------------------------------------------------------------------- the file


SNAPSHOT = Snapshot({"seed": 1}, {"steps": 64}, {"a": np.arange(3.0), "b/c": np.full(1, 2, np.float32)})


def test_a_snapshot_comes_back_as_it_was(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "deep" / "half.npz", SNAPSHOT)
    again = read_snapshot(tmp_path / "deep" / "half.npz", {"seed": 1})
    assert again is not None
    assert (again.of, again.state, sorted(again.arrays)) == (SNAPSHOT.of, SNAPSHOT.state, ["a", "b/c"])
    np.testing.assert_array_equal(again.arrays["b/c"], SNAPSHOT.arrays["b/c"])
    assert [one.name for one in (tmp_path / "deep").iterdir()] == ["half.npz"]
    assert read_snapshot(tmp_path / "none.npz", {}) is None


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_cut_off_file_is_one_readable_error(tmp_path: Path, share: float) -> None:
    path = tmp_path / "half.npz"
    write_snapshot(path, SNAPSHOT)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ArtefactError, match=r"cannot be read.*delete it to start over"):
        read_snapshot(path, {"seed": 1})


def test_changed_numbers_are_noticed_and_nothing_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "half.npz"
    write_snapshot(path, SNAPSHOT)
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    np.savez(path, **{**arrays, "array/a": arrays["array/a"] + 1})
    with pytest.raises(ArtefactError, match="was changed"):
        read_snapshot(path, {"seed": 1})
    np.savez(path, **{**arrays, "array/a": np.array([print], dtype=object)})
    with pytest.raises(ArtefactError, match="allow_pickle"):
        read_snapshot(path, {"seed": 1})
    np.savez(path, head=np.frombuffer(json.dumps([]).encode(), np.uint8))
    with pytest.raises(ArtefactError):
        read_snapshot(path, {"seed": 1})


def test_setups_are_told_apart_by_what_they_hold(setup: Setup) -> None:
    assert digest(setup) == digest(replace(setup))
    assert digest(setup) != digest(replace(setup, horizon=9))
    assert digest(setup) != digest(replace(setup, constraints=()))


# ------------------------------------------------------------------------------------------- real kills


def killed_once_it_goes_on(command: list[str], path: Path, *, after: float) -> bool:
    """Start the training, let it write its state anew, and kill it `after` seconds; say whether that was in time."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.getcwd()})
    while process.poll() is None and (not path.exists() or path.stat().st_mtime_ns == before):
        time.sleep(0.001)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


@pytest.mark.slow
def test_a_process_killed_at_random_moments_ends_with_the_same_bytes(whole: Training, tmp_path: Path) -> None:
    """SIGKILL while it trains, up to a few rollouts after it went on; the last start is left alone."""
    moments, command = random.Random(0), [sys.executable, "-m", "tests.agents.learning.killable", str(tmp_path)]
    killed = [killed_once_it_goes_on(command, tmp_path / "half.npz", after=moments.uniform(0, 0.3)) for _ in range(4)]
    assert sum(killed) >= 2
    subprocess.run(command, env={**os.environ, "PYTHONPATH": os.getcwd()}, check=True)
    found = tuple((tmp_path / "policy" / name).read_bytes() for name in ("policy.json", "weights.npz"))
    assert found == saved(whole, tmp_path / "whole")
