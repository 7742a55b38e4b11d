from __future__ import annotations

from typing import Any

import pytest
from tests.experiments.shop import die, fail, luck, square

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.workers import Task, side_by_side


def test_results_come_in_the_order_of_the_tasks_whoever_ends_first() -> None:
    tasks = [
        Task("slow", square, {"x": 2, "wait": 0.5}),
        Task("fast", square, {"x": 3}),
        Task("last", square, {"x": 4}),
    ]
    told: list[tuple[str, Any]] = []
    assert side_by_side(tasks, workers=2, on_progress=lambda name, message: told.append((name, message))) == [4, 9, 16]
    assert sorted(told) == [("fast", 3), ("last", 4), ("slow", 2)]


def test_one_worker_gives_what_two_give() -> None:
    tasks = [Task(f"seed {k}", luck, {"seed": k}) for k in range(3)]
    one: list[tuple[str, Any]] = []
    two: list[tuple[str, Any]] = []
    here = side_by_side(tasks, workers=1, on_progress=lambda name, message: one.append((name, message)))
    there = side_by_side(tasks, workers=2, on_progress=lambda name, message: two.append((name, message)))
    assert here == there
    assert sorted(two) == one == [(f"seed {k}", "drawn") for k in range(3)]


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_error_arrives_as_it_was_raised(workers: int) -> None:
    tasks = [
        Task("good", square, {"x": 2}),
        Task("bad", fail, {"what": "first"}),
        Task("worse", fail, {"what": "second"}),
    ]
    with pytest.raises(DataError, match="first"):
        side_by_side(tasks, workers=workers)


def test_a_process_that_dies_is_one_readable_error() -> None:
    with pytest.raises(EvenhandError, match=r"ended before its task .* use one worker"):
        side_by_side([Task("gone", die), Task("good", square, {"x": 2})], workers=2)


def test_nothing_to_do_is_no_error() -> None:
    assert side_by_side([], workers=1) == []
