"""CPU time of a training that was killed and goes on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from evenhand.agents import CurvePoint
from evenhand.experiments.benchmark.clock import Clock


def point(steps: int) -> CurvePoint:
    return CurvePoint(steps, 0.0, 0.0, 1.0, 0.0)


def test_what_a_kill_undid_and_starting_again_are_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "process_time", lambda: now[0])

    def told(clock: Clock, *messages: tuple[float, int | CurvePoint]) -> Clock:
        for now[0], message in messages:
            clock(message)
        return clock

    first = told(Clock(tmp_path / "clock.json"), (110.0, 0), (112.0, point(0)), (120.0, 50), (129.0, 100))
    assert (first.at(0), first.seconds) == (12.0, 29.0)
    now[0] = 5.0  # killed after the rollout at 100 began; the state kept is that of 50
    second = told(Clock(tmp_path / "clock.json"), (25.0, 50), (35.0, 100), (36.0, point(100)))
    assert (second.at(0), second.at(100), second.seconds, second.earlier) == (12.0, 31.0, 31.0, 20.0)
