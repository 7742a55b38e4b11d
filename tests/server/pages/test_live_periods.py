"""The dashboard period by period: what campaign plans, their results and observations tell, and nothing of too few."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from tests.server.client import Client
from tests.server.conftest import Connect
from tests.server.pages.live import NAME, Person, settle
from tests.server.people import Clock

from evenhand.fairness.gaps import wilson
from evenhand.registry.identity import Role
from evenhand.server.campaigns.periods import Counts, seen_by_period

N = 640


@pytest.fixture
def service(app: FastAPI, keys: dict[Role, str], connect: Connect) -> Client:
    """A program on a server that has a segmentation, and 640 customers of whom the old ones do not want e-mail."""
    settle(app, table=False)
    service = connect(keys["service"])
    write(service, {})
    return service


def write(service: Client, moved: dict[int, int]) -> None:
    """Write the customers: every fourth is lapsed, and 12 are loyal; `moved` says who else has which recency."""
    rows = [
        {"key": f"k-{k}",
         "features": {"recency": moved.get(k, 90 if k % 4 == 0 else 10), "trips": 5 if k % 64 == 1 else 1},
         "protected": {"age": "old" if k % 5 < 2 else "young"}, "consent": {"email": k % 5 > 1}}
        for k in range(N)
    ]  # fmt: skip
    sent = service.post("/v1/customers", json={"rows": rows})
    assert sent.status_code == 200, sent.text


def plan(service: Client, starts: str) -> dict[str, Any]:
    made = service.post("/v1/campaign-plans", json={"segmentation": NAME, "starts": starts})
    assert made.status_code == 201, made.text
    answered: dict[str, Any] = made.json()
    return answered


def answer(service: Client, plan: str, every: int) -> None:
    """Let every so many of those who were contacted open, and half of them use the offer; the rest stays silent."""
    lines = service.get(f"/v1/campaign-plans/{plan}/rows?format=ndjson").text.splitlines()
    keys = re.findall(
        r'"customer": ?"([^"]+)"', "\n".join(line for line in lines if '"send":true' in line.replace(" ", ""))
    )
    rows = "customer,time,opened,redeemed\n" + "".join(
        f"{key},2026-03-03T10:00:00Z,1,{int(place % 2 == 0)}\n" for place, key in enumerate(keys[::every])
    )
    sent = service.post(f"/v1/campaign-plans/{plan}/results?complete=true", content=rows,
                        headers={"Content-Type": "text/csv"})  # fmt: skip
    assert sent.status_code == 200, sent.text


def test_periods_stand_with_their_shares_intervals_and_gaps(
    app: FastAPI, service: Client, connect: Connect, clock: Clock
) -> None:
    reviewer = Person(connect(), "reviewer").log_in()
    reviewer.open(f"/dashboard/{NAME}")
    assert "No campaign has been planned here yet" in reviewer.text
    first = plan(service, "2026-03-02")
    answer(service, first["id"], 4)
    write(service, dict.fromkeys(range(0, N, 16), 10))  # 40 of the 160 lapsed come back
    clock.forward(days=7)
    plan(service, "2026-03-09")
    lapsed = {"campaign": "B", "sends": 200, "opens": 30, "redemptions": 8}
    loyal = {"campaign": "A", "sends": 19, "opens": 7, "redemptions": 7}
    told = {"version": 1, "period": 5, "segments": [
        {"segment": "lapsed", "customers": 120, "campaigns": [lapsed]},
        {"segment": "loyal", "customers": 10, "campaigns": [loyal]},
    ]}  # fmt: skip
    assert service.post(f"/v1/segmentations/{NAME}/observations", json=told).status_code == 201

    with app.state.deps.database.reading() as connection:
        seen = seen_by_period(connection, NAME, Counts(), today=clock().date())
    assert [(one.number, one.answers_missing) for one in seen] == [(0, False), (1, True), (5, False)]
    assert seen[0].sizes["lapsed"] == 160
    assert seen[1].stayed["lapsed"] == (120, 160)
    contacted = seen[0].engaged["lapsed"].of
    old, young = seen[0].benefits["age"]["old"], seen[0].benefits["age"]["young"]
    assert (old.of + young.of, old.yes) == (N, 0)
    assert seen[2].engaged["loyal"] == (7, 19)

    reviewer.open("/")
    reviewer.send("/log-in", name="reviewer", password="correct horse battery staple")
    reviewer.open(f"/dashboard/{NAME}")
    assert reviewer.page.faults == []
    engaged = seen[0].engaged["lapsed"]
    low, high = (float(end) for end in wilson(engaged.yes, contacted))
    said = f"{engaged.yes / contacted:.1%} [{low:.1%}, {high:.1%}]"
    assert said in reviewer.text
    for said in ("75.0%", "15.0% [", "4.0% [", "too few to tell", "Period 5", "Mar 2, 2026",
                 "Results are still to come for: Mar 9, 2026", f"{young.yes / young.of:.3f} ["):  # fmt: skip
        assert said in reviewer.text, said
    assert "36.8%" not in reviewer.text, "nothing of too few"


def test_counts_are_remembered_until_something_comes_or_goes(app: FastAPI, service: Client, clock: Clock) -> None:
    first = plan(service, "2026-03-02")
    counts = Counts()

    def opened() -> int:
        with app.state.deps.database.reading() as connection:
            seen = seen_by_period(connection, NAME, counts, today=clock().date())
        return sum(share.yes for share in seen[0].engaged.values())

    assert opened() == 0
    answer(service, first["id"], 4)
    some = opened()
    assert some > 0
    assert opened() == some
    clock.forward(minutes=1)
    answer(service, first["id"], 1)
    assert opened() > some
