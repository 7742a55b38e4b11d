"""The plan that a policy begins with: whether it was in force, and whether it fits what runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.registry.requests.world import ANN, CATALOGUE, NOW, Office, content, gives

from evenhand.registry import policies, requests, segmentations
from evenhand.registry.database import Database
from evenhand.registry.policies import Beginning
from evenhand.segments import Campaign, Catalogue, Feature, Segmentation

PLAN = content({"s0": "A", "s1": "A"})


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def beginning(office: Office, plan: Segmentation | None = PLAN) -> Beginning | None:
    """Return what is said of a policy that begins with a plan, read from its manifest as the registry keeps it."""
    manifest = {"name": "learned", "beginning": plan.to_dict() if plan else None}
    with office.database.writing() as connection:
        kept = policies.upload(connection, f"begins-{plan.hash[:8]}" if plan else "plain", manifest=manifest,
                               graph=b"graph", files={}, actor=ANN, now=NOW)  # fmt: skip
        return policies.beginning_of(connection, kept, segmentations.current(connection, "winter"))


def test_most_policies_begin_with_what_runs(office: Office) -> None:
    assert beginning(office, None) is None


def test_a_plan_has_begun_once_exactly_it_is_in_force_and_for_good(office: Office) -> None:
    assert beginning(office) == Beginning(PLAN, begun=False, others=())
    office.applied(content({"s0": "A", "s1": "B"}))
    assert beginning(office) == Beginning(PLAN, begun=False, others=())
    office.applied(PLAN)
    assert beginning(office) == Beginning(PLAN, begun=True, others=())
    office.applied(gives("s4", "B"))
    assert beginning(office) == Beginning(PLAN, begun=True, others=())


def test_whoever_goes_back_behind_the_plan_has_not_begun(office: Office) -> None:
    office.applied(PLAN)
    assert beginning(office) == Beginning(PLAN, begun=True, others=())
    office.applied(requests.GoBack(1))
    assert beginning(office) == Beginning(PLAN, begun=False, others=())
    office.applied(gives("s4", "B"))
    assert beginning(office) == Beginning(PLAN, begun=False, others=())
    office.applied(PLAN)
    assert beginning(office) == Beginning(PLAN, begun=True, others=())


def test_a_roll_out_that_some_have_or_had_is_no_beginning(office: Office) -> None:
    rolling = office.propose(PLAN, share=0.1)
    office.approve(rolling.id)
    office.do(requests.start, rolling.id)
    assert beginning(office) == Beginning(PLAN, begun=False, others=())
    office.do(requests.stop, rolling.id, reason="It harmed.")
    assert beginning(office) == Beginning(PLAN, begun=False, others=())


def test_another_segmentation_s_past_does_not_count(office: Office) -> None:
    office.do(segmentations.create, "autumn", PLAN)
    assert beginning(office) == Beginning(PLAN, begun=False, others=())


@pytest.mark.parametrize(
    ("catalogue", "others"),
    [
        (replace(CATALOGUE, campaigns=(Campaign("A", "A"), Campaign("B", "B", cost=2.0))), ("B",)),
        (replace(CATALOGUE, campaigns=(Campaign("A", "A"), Campaign("B", "B"), Campaign("C", "C"))), ("C",)),
        (replace(CATALOGUE, features=(Feature("trips", "trips", unit="a week"),)), ("trips",)),
        (replace(CATALOGUE, protected=("age", "income")), ("income",)),
    ],
)
def test_a_plan_fits_only_what_speaks_of_the_same(
    office: Office, catalogue: Catalogue, others: tuple[str, ...]
) -> None:
    found = beginning(office, Segmentation(catalogue=catalogue, segments=PLAN.segments, default=PLAN.default))
    assert found is not None
    assert found.others == others
