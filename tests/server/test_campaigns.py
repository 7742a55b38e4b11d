"""The loop over HTTP on both databases: plans out, results in, observations, and a roll-out that stops by itself."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.registry.conftest import database_url, kind, postgres_schema, sqlite_template
from tests.server.client import Client
from tests.server.people import Clock
from tests.server.winter import Winter

from evenhand.registry import events, tables
from evenhand.registry.identity import Role
from evenhand.server.background import do_job, tidy
from evenhand.server.campaigns import planning, recording
from evenhand.server.campaigns.periods import seen_by_period
from evenhand.server.campaigns.watching import watch_once
from evenhand.server.serving import recommending  # noqa: F401  all of it, before the clock of a request runs
from evenhand.server.settings import ServerSettings

__all__ = ["database_url", "kind", "postgres_schema", "sqlite_template"]

N = 600
KEYS = [f"k-{number}" for number in range(N)]
CSV, LINES = "text/csv", "application/x-ndjson"


@pytest.fixture
def settings(settings: ServerSettings, database_url: str) -> ServerSettings:
    """Of a server on SQLite and on PostgreSQL in turn."""
    return settings.model_copy(update={"database_url": database_url})


@pytest.fixture
def winter(keys: dict[Role, str], connect: Callable[..., Client]) -> Winter:
    """A segmentation and its customers: two of three are lapsed, every fifth does not want e-mail."""
    begun = Winter.begun(keys, connect)
    rows = [
        {"key": key, "features": {"recency": 120 if number % 3 else 10},
         "protected": {"age_group": "18-44" if number % 2 else "45-99"}, "consent": {"email": number % 5 > 0}}
        for number, key in enumerate(KEYS)
    ]  # fmt: skip
    sent = begun.by["service"].post("/v1/customers", json={"rows": rows})
    assert sent.status_code == 200, sent.text
    return begun


def make(winter: Winter, starts: str = "2026-03-02", **other: Any) -> dict[str, Any]:
    body = {"segmentation": "winter", "starts": starts} | other
    made = winter.by["service"].post("/v1/campaign-plans", json=body)
    assert made.status_code == 201, made.text
    answered: dict[str, Any] = made.json()
    return answered


def rows_of(winter: Winter, plan: str, query: str = "") -> list[dict[str, str]]:
    answer = winter.by["service"].get(f"/v1/campaign-plans/{plan}/rows{query}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def send(winter: Winter, plan: str, rows: list[dict[str, Any]], query: str = "", **headers: str) -> httpx.Response:
    body = "".join(json.dumps(row) + "\n" for row in rows)
    url = f"/v1/campaign-plans/{plan}/results{query}"
    return winter.by["service"].post(url, content=body, headers={"Content-Type": LINES} | headers)


def told(row: dict[str, str], **outcomes: Any) -> dict[str, Any]:
    return {"customer": row["customer"], "time": "2026-03-03T10:00:00Z", "opened": 1, "redeemed": 0, "margin": 1.0,
            "unsubscribed": 0, **outcomes}  # fmt: skip


def work(app: FastAPI, settings: ServerSettings, clock: Clock) -> int:
    """Look at what is due to be looked at, and return how many looks that were."""
    looks = 0
    while watch_once(app.state.deps.database, settings.margins, clock=clock):
        looks += 1
    return looks


# --------------------------------------------------------------------------------------------------- plans


def test_a_plan_has_a_row_for_everybody_with_the_chance_of_what_they_get(winter: Winter) -> None:
    plan = make(winter)
    rows = rows_of(winter, plan["id"])
    assert [row["customer"] for row in rows] == sorted(KEYS)
    assert plan["customers"] == N
    assert plan["explored"] == sum(row["explored"] == "True" for row in rows) > 0
    assert all(0 < float(row["propensity"]) <= 1 for row in rows)
    quiet = {f"k-{number}" for number in range(0, N, 5)}
    assert {row["campaign"] for row in rows if row["customer"] in quiet} == {"none"}
    assert {row["customer"] for row in rows if row["send"] == "True"} == {
        row["customer"] for row in rows if row["campaign"] == "B"
    }
    detail = winter.by["auditor"].get(f"/v1/campaign-plans/{plan['id']}").json()
    assert detail["by_campaign"] == dict(Counter(row["campaign"] for row in rows))
    assert (detail["versions"], detail["by_arm"], detail["erased"]) == ({"everyone": 1}, {"everyone": N}, 0)


def test_rows_come_as_json_lines_too_and_from_where_one_stopped(winter: Winter) -> None:
    plan = make(winter)["id"]
    whole = rows_of(winter, plan)
    lines = winter.by["service"].get(f"/v1/campaign-plans/{plan}/rows?format=ndjson").text.splitlines()
    assert [json.loads(line)["customer"] for line in lines] == [row["customer"] for row in whole]
    assert rows_of(winter, plan, f"?after={whole[99]['customer']}") == whole[100:]


def test_the_same_plan_again_is_the_one_that_is_kept_and_another_of_these_days_is_refused(winter: Winter) -> None:
    first = make(winter, period=0)
    assert make(winter, period=0) == first
    body = {"segmentation": "winter", "starts": "2026-03-05"}
    other = winter.by["service"].post("/v1/campaign-plans", json=body)
    assert (other.status_code, other.json()["where"]) == (409, "starts")
    assert "start on 2026-03-09" in other.json()["mend"]
    second = make(winter, "2026-03-09")
    assert (first["period"], second["period"]) == (0, 1)
    listed = winter.by["marketer"].get("/v1/campaign-plans?segmentation=winter&limit=1").json()
    rest = winter.by["marketer"].get(f"/v1/campaign-plans?limit=1&after={listed['next']}").json()
    assert {listed["items"][0]["id"], rest["items"][0]["id"]} == {first["id"], second["id"]}
    assert rest["next"] is None


def test_draws_hold_for_a_block_of_periods(winter: Winter) -> None:
    first, second = make(winter), make(winter, "2026-03-09")
    assert [row["campaign"] for row in rows_of(winter, first["id"])] == [
        row["campaign"] for row in rows_of(winter, second["id"])
    ]


def test_whoever_objects_after_the_plan_is_not_to_be_sent(winter: Winter) -> None:
    plan = make(winter)["id"]
    key = next(row["customer"] for row in rows_of(winter, plan) if row["send"] == "True")
    winter.by["service"].post(f"/v1/customers/{key}/objection", json={"channel": "email"})
    assert [row["send"] for row in rows_of(winter, plan) if row["customer"] == key] == ["False"]
    later = rows_of(winter, make(winter, "2026-03-09")["id"])
    assert [row["campaign"] for row in later if row["customer"] == key] == ["none"]


def test_an_objection_while_a_plan_is_made_counts(
    winter: Winter, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, made = planning.prepare, list[Any]()

    def slow(connection: Any, asked: Any) -> Any:
        found = prepare(connection, asked)
        made.append(found)
        return found

    monkeypatch.setattr(planning, "prepare", slow)
    key = KEYS[1]
    keep = planning.keep

    def after_an_objection(connection: Any, asked: Any, prepared: Any, **named: Any) -> Any:
        from evenhand.registry import customers

        customers.object_to(connection, key, ["email"], actor=named["actor"], now=named["now"])
        return keep(connection, asked, prepared, **named)

    monkeypatch.setattr(planning, "keep", after_an_objection)
    plan = make(winter)["id"]
    assert len(made) == 2
    assert [row["campaign"] for row in rows_of(winter, plan) if row["customer"] == key] == ["none"]


def test_under_a_roll_out_its_customers_get_the_coming_version(winter: Winter, app: FastAPI) -> None:
    approved = winter.approve(winter.propose(share=0.3)).json()
    winter.act(approved, "start", "marketer")
    plan = make(winter)
    assert plan["request"] == approved["id"]
    rows = rows_of(winter, plan["id"])
    for row in rows[:50]:
        placed = winter.by["marketer"].get(f"/v1/customers/{row['customer']}/segment?segmentation=winter").json()
        assert placed["rolling_out"] == (row["arm"] == "coming")
    lapsed = [row for row in rows if row["segment"] == "lapsed" and row["explored"] == "False"]
    assert {row["campaign"] for row in lapsed if row["arm"] == "coming"} == {"none"}
    assert "B" in {row["campaign"] for row in lapsed if row["arm"] == "current"}
    assert abs(sum(row["arm"] == "coming" for row in rows) / N - 0.3) < 0.085  # 4.5 standard errors


def test_what_was_not_sent_can_be_withdrawn_and_what_has_results_cannot(winter: Winter) -> None:
    plan = make(winter)["id"]
    url = f"/v1/campaign-plans/{plan}"
    assert winter.by["service"].delete(url).status_code == 204
    assert winter.by["service"].get(url).status_code == 404
    again = make(winter)["id"]
    assert again == plan
    send(winter, plan, [told(rows_of(winter, plan)[0])])
    assert winter.by["service"].delete(url).status_code == 409


def test_values_that_rules_cannot_compare_are_named_and_nobody_is_planned(winter: Winter) -> None:
    odd = {"rows": [{"key": "k-1", "features": {"recency": "long ago"}}]}
    winter.by["service"].post("/v1/customers", json=odd)
    answer = winter.by["service"].post("/v1/campaign-plans", json={"segmentation": "winter", "starts": "2026-03-02"})
    assert (answer.status_code, answer.json()["where"]) == (422, "feature 'recency'")
    assert winter.by["service"].get("/v1/campaign-plans").json()["items"] == []


def test_reading_rows_is_written_down_and_no_customer_is_in_the_log(winter: Winter) -> None:
    plan = make(winter)["id"]
    rows_of(winter, plan)
    log = winter.by["auditor"].get(f"/v1/audit?subject=campaign-plans/{plan}").json()["items"]
    assert [row["action"] for row in log] == ["plan.read", "plan.make"]
    assert "k-1" not in json.dumps(log)


# ------------------------------------------------------------------------------------------------- results


def test_late_repeated_and_unknown_rows_are_counted_and_answered(winter: Winter) -> None:
    plan = make(winter)["id"]
    rows = rows_of(winter, plan)
    good = [told(row, id=f"r-{place}") for place, row in enumerate(rows[:3])]
    sent = [*good, good[0], told(rows[3], time="2026-03-20"), told({"customer": "stranger"}),
            {**good[1], "margin": 9}, told(rows[4], plan="0123456789abcdef"),
            told(rows[5], plan=plan), told(rows[6], opened="perhaps")]  # fmt: skip
    first = send(winter, plan, sent).json()
    assert (first["rows"], first["new"], first["known"]) == (10, 4, 1)
    assert first["refused"] == {
        "after the plan": 1, "unknown customer": 1, "contradicts": 1, "another plan": 1, "no yes or no": 1
    }  # fmt: skip
    assert [one["row"] for one in first["refusals"]] == [5, 6, 7, 8, 10]
    second = send(winter, plan, sent).json()
    assert (second["new"], second["known"], second["refused"]) == (0, 5, first["refused"])
    detail = winter.by["service"].get(f"/v1/campaign-plans/{plan}").json()
    assert (detail["answered"], detail["refused"]) == (4, first["refused"])


def test_csv_and_json_lines_say_the_same(winter: Winter) -> None:
    plan = make(winter)["id"]
    row = rows_of(winter, plan)[0]
    send(winter, plan, [{"customer": row["customer"], "time": "2026-03-03", "opened": "yes", "margin": 1.5}])
    body = f"customer,time,opened,margin\n{row['customer']},2026-03-03T00:00:00Z,1,1.50\n"
    url = f"/v1/campaign-plans/{plan}/results"
    again = winter.by["service"].post(url, content=body, headers={"Content-Type": CSV}).json()
    assert (again["new"], again["known"]) == (0, 1)


def test_the_same_posting_with_a_key_is_answered_once(winter: Winter) -> None:
    plan = make(winter)["id"]
    rows = [told(rows_of(winter, plan)[0])]
    first = send(winter, plan, rows, **{"Idempotency-Key": "a"})
    second = send(winter, plan, rows, **{"Idempotency-Key": "a"})
    assert (first.json(), second.headers["idempotent-replayed"]) == (second.json(), "true")
    assert send(winter, plan, [], **{"Idempotency-Key": "a"}).status_code in (409, 422)


BAD: dict[str, tuple[str, bytes]] = {
    "nothing": (CSV, b""),
    "only a header": (CSV, b"customer,time,opened\n"),
    "no outcome": (CSV, b"customer,time\nk-1,2026-03-03\n"),
    "a column twice": (CSV, b"customer,time,opened,opened\nk-1,2026-03-03,1,1\n"),
    "ragged": (CSV, b"customer,time,opened\nk-1,2026-03-03\n"),
    "not UTF-8": (CSV, b"customer,time,opened\n\xff,2026-03-03,1\n"),
    "NUL": (CSV, b"customer,time,opened\nk\x00,2026-03-03,1\n"),
    "an open quote": (CSV, b'customer,time,opened\n"k-1,2026-03-03,1\nk-2,2026-03-03,1\n'),
    "Parquet": (CSV, b"PAR1" + b"\x00" * 40),
    "no lines": (LINES, b"\n\n"),
    "not JSON": (LINES, b"hello\n"),
    "a list": (LINES, b"[1]\n"),
    "nested": (LINES, b'{"customer": {"a": 1}, "time": "2026-03-03", "opened": 1}\n'),
    "deep": (LINES, b'{"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}\n"),
    "NaN": (LINES, b'{"customer": "k-1", "time": "2026-03-03", "margin": NaN}\n'),
    "huge": (LINES, b'{"customer": "k-1", "time": "2026-03-03", "margin": 1e999}\n'),
    "NUL in a text": (LINES, b'{"customer": "k\\u0000", "time": "2026-03-03", "opened": 1}\n'),
    "half a surrogate pair": (LINES, b'{"customer": "\\ud800", "time": "2026-03-03", "opened": 1}\n'),
    "twice in one object": (LINES, b'{"customer": "k-1", "customer": "k-2", "time": "2026-03-03", "opened": 1}\n'),
    "another kind": ("application/json", b"{}"),
    "no kind": ("", b"customer,time,opened\nk-1,2026-03-03,1\n"),
}


def test_bad_bodies_get_a_problem_and_leave_nothing(winter: Winter, app: FastAPI) -> None:
    plan = make(winter)["id"]
    for name, (content_type, body) in BAD.items():
        url = f"/v1/campaign-plans/{plan}/results"
        answer = winter.by["service"].post(url, content=body, headers={"Content-Type": content_type})
        assert 400 <= answer.status_code < 500, (name, answer.status_code, answer.text)
        assert answer.headers["content-type"] == "application/problem+json", name
        assert "/tmp" not in answer.text, name
        assert "evenhand-results" not in answer.text, name
    with app.state.deps.database.reading() as connection:
        assert connection.execute(select(tables.results)).all() == []


def test_a_body_beyond_the_limit_is_refused(winter: Winter, settings: ServerSettings) -> None:
    plan = make(winter)["id"]
    url = f"/v1/campaign-plans/{plan}/results"
    headers = {"Content-Type": CSV}
    answer = winter.by["service"].post(url, content=b"x" * (settings.upload_limit + 1), headers=headers)
    assert answer.status_code == 413


def test_export_and_erasure_reach_plans_and_results(winter: Winter, app: FastAPI) -> None:
    plan = make(winter)["id"]
    row = next(row for row in rows_of(winter, plan) if row["customer"] == "k-7")
    send(winter, plan, [told(row), told(row, time="2026-04-01"), told(rows_of(winter, plan)[0])])
    export = winter.by["data_scientist"].get("/v1/customers/k-7/export").json()["campaigns"]
    assert [(one["plan"], one["row"]["campaign"], len(one["results"])) for one in export] == [
        (plan, row["campaign"], 2)
    ]
    assert winter.by["administrator"].delete("/v1/customers/k-7").status_code == 204
    with app.state.deps.database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            assert "k-7'" not in str(connection.execute(select(table)).all()), table
    detail = winter.by["service"].get(f"/v1/campaign-plans/{plan}").json()
    assert (detail["erased"], detail["answered"]) == (1, 1)
    late = send(winter, plan, [told(row)]).json()
    assert late["refused"] == {"unknown customer": 1}


def test_an_erasure_while_results_are_read_counts(
    winter: Winter, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make(winter)["id"]
    rows = rows_of(winter, plan)[:2]
    judge = recording.judge

    def before_an_erasure(connection: Any, *given: Any) -> Any:
        found = judge(connection, *given)
        monkeypatch.setattr(recording, "judge", judge)
        assert winter.by["administrator"].delete(f"/v1/customers/{rows[0]['customer']}").status_code == 204
        return found

    monkeypatch.setattr(recording, "judge", before_an_erasure)
    answer = send(winter, plan, [told(row) for row in rows]).json()
    assert (answer["new"], answer["refused"]) == (1, {"unknown customer": 1})
    with app.state.deps.database.reading() as connection:
        kept = connection.execute(select(tables.results.c.customer)).scalars().all()
    assert sorted(kept) == sorted(["", rows[1]["customer"]])


def test_old_plans_lose_their_rows_and_say_so(
    winter: Winter, app: FastAPI, settings: ServerSettings, clock: Clock
) -> None:
    plan, url = make(winter)["id"], "/v1/campaign-plans"
    rows = rows_of(winter, plan)
    send(winter, plan, [told(rows[0]), told(rows[1], time="2026-04-01")])
    before = winter.by["service"].get(f"{url}/{plan}").json()
    newest = make(winter, "2026-03-09")["id"]
    tidy(app.state.deps.database, settings, now=clock() + timedelta(days=settings.plan_days + 7))
    after = winter.by["service"].get(f"{url}/{plan}").json()
    assert after == before | {"forgotten_on": "2027-04-13"}
    assert (after["answered"], after["refused"], after["erased"]) == (1, {"after the plan": 1}, 0)
    for answer in (
        winter.by["service"].get(f"{url}/{plan}/rows"),
        winter.by["service"].delete(f"{url}/{plan}"),
        send(winter, plan, [told(rows[2])]),
        observe(winter, version=1, plan=plan),
    ):
        assert (answer.status_code, answer.json()["where"]) == (409, f"campaign-plans/{plan}"), answer.text
        assert "deleted on 2027-04-13" in answer.json()["detail"]
    assert len(rows_of(winter, newest)) == N
    export = winter.by["data_scientist"].get(f"/v1/customers/{rows[0]['customer']}/export").json()["campaigns"]
    assert [one["plan"] for one in export] == [newest]
    with app.state.deps.database.reading() as connection:
        seen = seen_by_period(connection, "winter", app.state.deps.counts, today=date(2026, 4, 1))
    assert [one.number for one in seen] == [1]  # of the old one nothing is claimed


# -------------------------------------------------------------------------------------------- observations


def observe(winter: Winter, **body: Any) -> httpx.Response:
    return winter.by["service"].post("/v1/segmentations/winter/observations", json=body)


TOLD = [{"segment": "lapsed", "customers": 800, "campaigns": [{"campaign": "B", "sends": 700, "opens": 80,
         "redemptions": 3}]}, {"segment": "rest", "customers": 400}]  # fmt: skip


def test_an_observation_is_kept_once_and_replaced_only_on_request(winter: Winter) -> None:
    first = observe(winter, version=1, period=0, segments=TOLD)
    assert (first.status_code, observe(winter, version=1, period=0, segments=TOLD).json()) == (201, first.json())
    other = observe(winter, version=1, period=0, segments=TOLD[:1])
    assert (other.status_code, other.json()["where"]) == (409, "period")
    replaced = observe(winter, version=1, period=0, segments=TOLD[:1], replace=True).json()
    assert (replaced["id"], len(replaced["segments"])) == (first.json()["id"], 1)
    second = observe(winter, version=1, period=1, segments=TOLD).json()
    listed = winter.by["auditor"].get("/v1/segmentations/winter/observations?limit=1").json()
    assert ([one["id"] for one in listed["items"]], listed["next"]) == ([second["id"]], str(second["id"]))
    url = f"/v1/segmentations/winter/observations/{second['id']}"
    assert winter.by["auditor"].get(url).json() == second
    assert observe(winter, version=7, period=0, segments=TOLD).status_code == 404
    assert observe(winter, version=1, period=0).status_code == 422


def test_an_observation_is_counted_from_results_once_they_are_complete(winter: Winter) -> None:
    plan = make(winter)
    rows = rows_of(winter, plan["id"])
    given = [row for row in rows if row["campaign"] == "B" and row["segment"] == "lapsed"]
    send(winter, plan["id"], [told(row, redeemed=int(place < 4)) for place, row in enumerate(given[:20])])
    early = observe(winter, version=1, plan=plan["id"])
    assert (early.status_code, "complete=true" in early.json()["mend"]) == (409, True)
    send(winter, plan["id"], [told(given[20], opened=0)], "?complete=true")
    seen = observe(winter, version=1, plan=plan["id"]).json()
    lapsed = next(one for one in seen["segments"] if one["segment"] == "lapsed")
    assert lapsed["customers"] == sum(row["segment"] == "lapsed" for row in rows)
    assert lapsed["campaigns"] == [
        {"campaign": "B", "sends": len(given), "opens": 20, "redemptions": 4, "unsubscribes": 0}
    ]
    assert (seen["period"], seen["plan"]) == (0, plan["id"])
    assert observe(winter, version=2, plan=plan["id"]).status_code in (404, 422)


def test_a_recommendation_can_name_an_observation(winter: Winter) -> None:
    seen = observe(winter, version=1, period=0, segments=TOLD).json()
    url = "/v1/segmentations/winter/recommendations"
    by = winter.by["marketer"]
    named = by.post(url, json={"version": 1, "observation": seen["id"]})
    assert (named.status_code, named.json()["hold"]["why"]) == (200, "no policy")
    assert by.post(url, json={"version": 1, "observation": 99}).status_code == 404
    assert by.post(url, json={"version": 1}).status_code == 422
    assert by.post(url, json={"version": 1, "observation": seen["id"], "segments": TOLD}).status_code == 422
    assert by.post(url, json={"version": 2, "observation": seen["id"]}).status_code == 409


# ------------------------------------------------------------------------------------- a roll-out under watch


def rolled(winter: Winter, app: FastAPI, settings: ServerSettings, clock: Clock, harm: float) -> dict[str, Any]:
    """A roll-out to half of the customers, of whom some more unsubscribe, and what became of its request."""
    document = {"customers_share": 0.01, "margin_used": 0.1, "profit": {"mean": 0.5, "low": 0.2, "high": 0.8}}
    proposed = winter.propose(share=0.5)
    found = (
        winter.by["service"].put(f"/v1/change-requests/{proposed['id']}/predicted", json={"document": document}).json()
    )
    winter.act(winter.approve(found).json(), "start", "marketer")
    plan = make(winter)["id"]
    rows = rows_of(winter, plan)
    part = round(harm * 100)
    sent = [
        told(row, unsubscribed=int(row["arm"] == "coming" and place % 100 < part), margin=1 + place % 7 / 7)
        for place, row in enumerate(rows)
    ]
    assert send(winter, plan, sent[: N // 2]).json()["looks"]
    assert work(app, settings, clock) == 1
    url = f"/v1/change-requests/{proposed['id']}"
    assert winter.by["reviewer"].get(url).json()["state"] == "rolling_out"  # half of them say nothing yet
    assert send(winter, plan, sent[N // 2 :], "?complete=true").json()["looks"]
    assert do_job(app.state.deps.database, settings, clock=clock)  # as the background process does: looks go first
    answered: dict[str, Any] = winter.by["reviewer"].get(url).json()
    return answered


def test_a_roll_out_that_harms_stops_by_itself_and_says_why(
    winter: Winter, app: FastAPI, settings: ServerSettings, clock: Clock
) -> None:
    request = rolled(winter, app, settings, clock, harm=0.2)
    assert request["state"] == "stopped"
    last = request["history"][-1]
    assert (last["action"], last["actor_kind"], last["actor"]) == ("request.stop", "system", "evenhand")
    assert "unsubscribed" in last["details"]["reason"]
    assert winter.by["reviewer"].get("/v1/segmentations/winter").json()["rolling_request"] is None
    with app.state.deps.database.reading() as connection:
        kinds = [event.kind for event in events.waiting(connection, limit=500)]
    assert kinds[-2:] == ["request.note_realised", "request.stop"]
    assert winter.by["auditor"].get("/v1/audit/verification").json()["holds"]


def test_a_roll_out_without_harm_goes_on_and_what_came_stands_beside_what_was_foretold(
    winter: Winter, app: FastAPI, settings: ServerSettings, clock: Clock
) -> None:
    request = rolled(winter, app, settings, clock, harm=0.0)
    assert request["state"] == "rolling_out"
    outcome = winter.by["reviewer"].get(f"/v1/change-requests/{request['id']}/outcome").json()
    came = outcome["realised"]
    assert came["profit"]["low"] < came["profit"]["mean"] < came["profit"]["high"]
    assert (came["source"], sum(came["customers"].values())) == ("live", N)
    assert outcome["profit"]["predicted"] == {"mean": 0.5, "low": 0.2, "high": 0.8}
    assert outcome["profit"]["within"] == (came["profit"]["high"] >= 0.2 and came["profit"]["low"] <= 0.8)
    assert not any(alarm["raised"] for alarm in came["alarms"])


def test_the_same_results_again_ask_for_no_look(
    winter: Winter, app: FastAPI, settings: ServerSettings, clock: Clock
) -> None:
    approved = winter.approve(winter.propose(share=0.5)).json()
    winter.act(approved, "start", "marketer")
    plan = make(winter)["id"]
    rows = [told(row) for row in rows_of(winter, plan)]
    assert send(winter, plan, rows).json()["looks"]
    assert not send(winter, plan, rows).json()["looks"]
    assert work(app, settings, clock) == 1


def test_results_after_the_end_of_a_roll_out_are_noted_and_stop_nothing(
    winter: Winter, app: FastAPI, settings: ServerSettings, clock: Clock
) -> None:
    started = winter.act(winter.approve(winter.propose(share=0.5)).json(), "start", "marketer").json()
    plan = make(winter)["id"]
    winter.act(started, "finish", "marketer")
    rows = [told(row, unsubscribed=int(row["arm"] == "coming")) for row in rows_of(winter, plan)]
    send(winter, plan, rows)
    work(app, settings, clock)
    request = winter.by["reviewer"].get(f"/v1/change-requests/{started['id']}").json()
    assert (request["state"], bool(request["realised"]["harm"])) == ("applied", True)
