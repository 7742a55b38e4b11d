"""Plans, results and observations on both databases: kept once, read in order, forgotten with their customer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from tests.registry.requests.world import Office

from evenhand.errors import ConflictError, MissingError
from evenhand.registry import campaigns, customers, jobs, tables
from evenhand.registry.actor import Actor
from evenhand.registry.audit import search, verify
from evenhand.registry.campaigns import Plan, Result, Row
from evenhand.registry.customers import Known
from evenhand.registry.database import Database

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CRM = Actor("service", "crm")
DOCUMENT: dict[str, Any] = {"starts": "2026-03-02", "ends": "2026-03-09", "customers": 3}
ROWS = [Row(key, "everyone", "s0", "A", "A", 0, False, 0.1, 0.95, {"features": {}, "protected": {}}) for key in "cab"]


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def keep(office: Office, id: str = "1" * 16, **other: Any) -> Plan:
    given = {"segmentation": "winter", "version": 1, "request": None, "document": DOCUMENT, "rows": ROWS} | other
    plan: Plan = office.do(campaigns.keep, id, **given, actor=CRM)
    return plan


def result(customer: str, key: str = "", **other: Any) -> Result:
    return Result(key or f"id:{customer}", "x", "", customer, "2026-03-03T00:00:00.000000Z", "", **other)


def add(office: Office, plan: Plan, *rows: Result) -> Any:
    return office.do(campaigns.add, plan, rows, actor=None)


def test_a_plan_is_kept_once_with_its_rows_in_order(office: Office) -> None:
    plan = keep(office)
    assert keep(office) == plan
    assert [row.customer for row in office.read(campaigns.rows_of, plan.id)] == ["a", "b", "c"]
    assert [row.customer for row in office.read(campaigns.rows_of, plan.id, after="a", limit=1)] == ["b"]
    assert office.read(campaigns.rows_of, plan.id)[0] == ROWS[1]
    assert [row.action for row in office.read(search, subject=plan.subject).records] == ["plan.make"]


def test_two_plans_never_cover_a_day(office: Office) -> None:
    keep(office)
    office.refuses(
        ConflictError, "covers 2026-03-02 up to 2026-03-09", campaigns.keep, "2" * 16, segmentation="winter", version=1,
        request=None, document={**DOCUMENT, "starts": "2026-03-08", "ends": "2026-03-15"}, rows=ROWS,
    )  # fmt: skip
    keep(office, "2" * 16, document={**DOCUMENT, "starts": "2026-03-09", "ends": "2026-03-16"})
    assert [plan.id[0] for plan in office.read(campaigns.every, segmentation="winter")] == ["2", "1"]
    assert [plan.id[0] for plan in office.read(campaigns.every, after="2" * 16)] == ["1"]


def test_a_row_counts_once_and_the_first_word_under_an_id_stands(office: Office) -> None:
    plan = keep(office)
    first = add(office, plan, result("a", margin=0.1), result("a", margin=0.1), result("b"))
    assert (first.new, first.known, first.written) == (2, 1, 2)
    other = result("a")._replace(content="y", margin=9.0)
    second = add(office, plan, other, other, result("b"))
    assert (second.reasons, second.known, second.written) == (("contradicts", "contradicts", ""), 1, 1)
    assert add(office, plan, other).written == 0
    assert [row.margin for row in office.read(campaigns.believed, plan.id)] == [0.1, None]
    assert office.read(campaigns.refused, plan.id) == {"contradicts": 1}
    assert office.read(campaigns.answered, plan.id) == 2


def test_more_rows_than_one_query_takes(office: Office) -> None:
    plan = keep(office)
    rows = [result("a", f"id:{number}") for number in range(6_000)]
    assert add(office, plan, *rows).new == 6_000
    assert add(office, plan, *rows).known == 6_000


def test_what_has_results_is_not_withdrawn(office: Office) -> None:
    plan = keep(office)
    add(office, plan, result("a"))
    office.refuses(ConflictError, "it has results", campaigns.withdraw, plan.id)
    other = keep(office, "2" * 16, document={**DOCUMENT, "starts": "2026-03-09", "ends": "2026-03-16"})
    office.do(campaigns.withdraw, other.id)
    with pytest.raises(MissingError):
        office.read(campaigns.get, other.id)
    assert office.read(campaigns.count_rows, other.id) == 0


def test_who_is_erased_is_in_no_plan_and_no_result(office: Office) -> None:
    plan = keep(office)
    office.do(customers.write_all, [Known("a", {}, {}, {})], actor=CRM)
    add(office, plan, result("a"), result("a", "refused:1")._replace(reason="after the plan"), result("b"))
    contact = office.read(campaigns.contacts_of, "a")
    assert [(one.plan, one.row["campaign"], len(one.results)) for one in contact] == [(plan.id, "A", 2)]
    office.do(customers.erase, "a", actor=CRM)
    assert office.read(campaigns.contacts_of, "a") == []
    assert office.read(campaigns.count_rows, plan.id) == 2
    with office.database.reading() as connection:
        assert [row.customer for row in connection.execute(select(tables.results))] == ["b"]
        assert verify(connection).flaw is None


def test_changes_of_customers_are_told_apart_from_reads(office: Office) -> None:
    before = office.read(customers.changes)
    office.do(customers.write_all, [Known("a", {}, {}, {"email": True})], actor=CRM)
    written = office.read(customers.changes)
    office.do(customers.object_to, "a", ["email"], actor=CRM)
    objected = office.read(customers.changes)
    keep(office)
    assert before < written < objected == office.read(customers.changes)
    assert office.read(customers.consents_of, ["a", "b"]) == {"a": {"email": False}}
    assert [known.key for known in office.read(customers.everybody)] == ["a"]


def test_an_observation_is_replaced_only_on_request(office: Office) -> None:
    first = office.do(campaigns.observe, "winter", 1, 0, {"segments": []})
    assert office.do(campaigns.observe, "winter", 1, 0, {"segments": []}) == first
    office.refuses(ConflictError, "another observation", campaigns.observe, "winter", 1, 0, {"segments": [1]})
    second = office.do(campaigns.observe, "winter", 1, 0, {"segments": [1]}, replace=True)
    assert (second.id, second.document) == (first.id, {"segments": [1]})
    assert office.read(campaigns.observed_all, "winter") == [second]
    with pytest.raises(MissingError):
        office.read(campaigns.observed, "winter", second.id + 1)


def test_the_same_work_waits_once(database: Database) -> None:
    with database.writing() as connection:
        for _ in range(2):
            jobs.add_once(connection, "watch", "requests/1", {"request": 1}, now=NOW)
        jobs.add(connection, "evidence", "requests/1", {}, now=NOW)
        assert len(jobs.of_subject(connection, "requests/1")) == 2
        taken = jobs.take(connection, kind="watch", now=NOW)
        assert taken is not None
        assert taken.kind == "watch"
        assert jobs.take(connection, kind="watch", now=NOW) is None
        jobs.add_once(connection, "watch", "requests/1", {"request": 1}, now=NOW)  # while the first one runs
        assert len(jobs.of_subject(connection, "requests/1")) == 3


def test_a_plan_is_counted_by_arm_segment_campaign_and_groups(office: Office) -> None:
    def row(customer: str, segment: str, age: str | None) -> Row:
        baseline = {"features": {"trips": 2}, "protected": {"age": age}}
        return ROWS[0]._replace(customer=customer, segment=segment, baseline=baseline)

    rows = [row("a", "s0", "old"), row("b", "s0", "old"), row("c", "s0", None), row("d", "s1", "old")]
    plan = keep(office, rows=rows)
    before = office.read(campaigns.stamp_of, plan.id, None)
    stray = result("c")._replace(reason="stray")
    add(office, plan, result("a", opened=0.0, redeemed=0.0), result("a", "id:a2", opened=1.0), stray)
    add(office, plan, result("b", redeemed=1.0))
    cells = {(cell.segment, cell.groups["age"]): cell[4:] for cell in office.read(campaigns.cells_of, plan.id)}
    assert cells == {
        ("s0", "old"): (2, 2, 1, 2, 2, 1),
        ("s0", None): (1, 0, 0, 0, 0, 0),
        ("s1", "old"): (1, 0, 0, 0, 0, 0),
    }
    after = office.read(campaigns.stamp_of, plan.id, None)
    assert (before.customers, before.results, after.results, after.newest) == (4, 0, 4, NOW)
    keep(office, "2" * 16, document={**DOCUMENT, "starts": "2026-03-09", "ends": "2026-03-16"},
         rows=[row("a", "s0", "old"), row("b", "s1", "old"), row("d", "s1", "old")])  # fmt: skip
    assert office.read(campaigns.stayed, plan.id, "2" * 16) == {"s0": (3, 1), "s1": (1, 1)}
