"""Jobs: taken by one process, given back when it dies, given up in the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from evenhand.registry import jobs
from evenhand.registry.database import Database


def _take(database: Database, now: datetime) -> jobs.Job | None:
    with database.writing() as connection:
        return jobs.take(connection, now=now)


def _add(database: Database, now: datetime, subject: str = "requests/1") -> int:
    with database.writing() as connection:
        return jobs.add(connection, "evidence", subject, {"draws": 64}, now=now)


def test_each_job_is_taken_by_one_of_many(database: Database, now: datetime) -> None:
    ids = {_add(database, now) for _ in range(8)}
    with ThreadPoolExecutor(8) as pool:
        taken = [job for job in pool.map(lambda _: _take(database, now), range(12)) if job is not None]
    assert sorted(job.id for job in taken) == sorted(ids)


def test_a_job_whose_process_died_is_taken_again_and_the_dead_ones_result_is_not_kept(
    database: Database, now: datetime
) -> None:
    _add(database, now)
    first = _take(database, now)
    assert first is not None
    assert _take(database, now + jobs.LEASE) is None
    second = _take(database, now + jobs.LEASE + timedelta(seconds=1))
    assert second is not None
    assert (second.id, second.attempts) == (first.id, 2)
    with database.writing() as connection:
        assert not jobs.finish(connection, first)
        assert jobs.finish(connection, second)
        (job,) = jobs.of_subject(connection, "requests/1")
    assert job.state == "done"


def test_a_job_that_fails_is_tried_later_and_given_up_in_the_end(database: Database, now: datetime) -> None:
    _add(database, now)
    for attempt in range(jobs.MOST_ATTEMPTS):
        now += timedelta(hours=1)
        job = _take(database, now)
        assert job is not None
        assert job.attempts == attempt + 1
        with database.writing() as connection:
            assert jobs.give_back(connection, job, "no such tweak", now=now)
        assert _take(database, now) is None
    with database.reading() as connection:
        (job,) = jobs.of_subject(connection, "requests/1")
    assert (job.state, job.error) == ("failed", "no such tweak")
    assert _take(database, now + timedelta(days=1)) is None


def test_a_job_that_kills_its_process_each_time_fails(database: Database, now: datetime) -> None:
    _add(database, now)
    for _ in range(jobs.MOST_ATTEMPTS):
        assert _take(database, now) is not None
        now += 2 * jobs.LEASE
    assert _take(database, now) is None
    with database.reading() as connection:
        (job,) = jobs.of_subject(connection, "requests/1")
    assert (job.state, job.error) == ("failed", "its process died each time")


def test_what_is_under_way_and_what_was_given_up_is_told_apart(database: Database, now: datetime) -> None:
    _add(database, now, "requests/1")
    for _ in range(jobs.MOST_ATTEMPTS):
        assert _take(database, now) is not None
        now += 2 * jobs.LEASE
    assert _take(database, now) is None
    _add(database, now, "requests/2")
    with database.reading() as connection:
        assert [job.subject for job in jobs.under_way(connection, ["requests/1", "requests/2"])] == ["requests/2"]
        assert [job.subject for job in jobs.failed(connection)] == ["requests/1"]
        assert jobs.under_way(connection, []) == []
