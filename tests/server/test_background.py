"""Work in the background: what is due is done once, and its process is kept alive and ends in peace."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tests.experiments.shop import shop
from tests.server.people import OPERATOR, Clock

from evenhand.customers import rfm_segmentation
from evenhand.registry import requests, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.database import Database
from evenhand.segments import AssignCampaign
from evenhand.server import supervising
from evenhand.server.background import come_due, do_job, tidy, work
from evenhand.server.settings import ServerSettings
from evenhand.server.supervising import beside


@pytest.fixture
def request_id(settings: ServerSettings, clock: Clock) -> int:
    today = rfm_segmentation(shop())
    target = next(segment for segment in today.segments if segment.campaign != "none")
    proposal = requests.Proposal(
        change=AssignCampaign(segment=target.id, campaign="none"), title="Rest", reason="They are tired."
    )
    with Database.open(settings.database) as database, database.writing() as connection:
        segmentations.create(connection, "winter", today, actor=OPERATOR, now=clock())
        return requests.propose(connection, "winter", proposal, actor=Actor("user", "ann"), now=clock()).id


def test_a_request_that_nobody_decided_on_expires_once(settings: ServerSettings, clock: Clock, request_id: int) -> None:
    with Database.open(settings.database) as database:
        assert not come_due(database, now=clock())
        clock.forward(days=40)
        assert come_due(database, now=clock())
        assert not come_due(database, now=clock())
        with database.reading() as connection:
            assert requests.get(connection, request_id).state == "expired"


def test_without_jobs_nothing_is_done_and_tidying_changes_no_request(
    settings: ServerSettings, clock: Clock, request_id: int
) -> None:
    with Database.open(settings.database) as database:
        assert do_job(database, settings, clock=clock), "evidence on the request, for which there are no customers"
        assert not do_job(database, settings, clock=clock)
        assert tidy(database, settings, now=clock() + timedelta(days=1))
        with database.reading() as connection:
            assert requests.get(connection, request_id).state == "in_review"


def test_two_of_them_do_together_what_one_does(settings: ServerSettings, clock: Clock, request_id: int) -> None:
    clock.forward(days=40)
    stop = threading.Event()
    workers = [threading.Thread(target=work, args=(settings,), kwargs={"stop": stop, "clock": clock}) for _ in range(2)]
    for worker in workers:
        worker.start()
    with Database.open(settings.database) as database:
        for _ in range(200):
            with database.reading() as connection:
                if requests.get(connection, request_id).state == "expired":
                    break
            time.sleep(0.05)
        stop.set()
        for worker in workers:
            worker.join(30)
        with database.reading() as connection:
            steps = [step.action for step in requests.history(connection, request_id)]
    assert [step for step in steps if "expire" in step] == ["request.expire"]


def test_a_process_that_dies_is_started_again_and_ends_with_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "patient.py").write_text(
        "import os, time\nopen('lives', 'a').write(f'{os.getpid()}\\n')\ntime.sleep(600)\n"
    )
    monkeypatch.chdir(tmp_path)  # where `python -m` looks first
    monkeypatch.setattr(supervising, "PAUSES", (0.01,))

    def lives(n: int) -> list[int]:
        for _ in range(1200):
            found = [int(line) for line in Path("lives").read_text().split()] if Path("lives").exists() else []
            if len(found) == n:
                return found
            time.sleep(0.05)
        raise AssertionError(f"not {n} lives")

    with beside("patient", seconds=10):
        os.kill(lives(1)[0], signal.SIGKILL)
        second = lives(2)[1]
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)
