"""Segmentations and their versions, and the kill switch."""

from __future__ import annotations

import pytest
from tests.registry.requests.world import ANN, BOB, EVE, JOBS, NOW, Office, content, gives

from evenhand.errors import ConflictError, DataError, MissingError, RefusedError
from evenhand.registry import freezing, requests, segmentations
from evenhand.registry.database import Database
from evenhand.segments import content_hash


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_a_new_segmentation_is_in_force_at_once(office: Office) -> None:
    record = office.record
    assert (record.name, record.title, record.created_by, record.created_at) == ("winter", "winter", "ann", NOW)
    assert (record.current_version, record.stable_version, record.frozen) == (1, 1, False)
    (first,) = office.read(segmentations.versions_of, "winter")
    assert first == office.read(segmentations.current, "winter") == office.read(segmentations.fallback, "winter")
    assert (first.content, first.fate, first.request) == (content(), "in_force", None)
    assert first.sha256 == content().hash == content_hash(content().to_dict())
    assert office.written() == (1, 1)


def test_all_are_listed_by_name(office: Office) -> None:
    office.do(segmentations.create, "autumn", content(), title="Autumn sale")
    assert [(one.name, one.title) for one in office.read(segmentations.every)] == [
        ("autumn", "Autumn sale"), ("winter", "winter"),
    ]  # fmt: skip


def test_a_name_is_taken_once(office: Office) -> None:
    office.refuses(ConflictError, "'winter': there is one already", segmentations.create, "winter", content())


@pytest.mark.parametrize("name", ["", "Winter", "-a", "a-", "a--b", "a b", "../a", "a\x00", "ä", "x" * 61, "winter\n"])
def test_a_name_is_a_slug(office: Office, name: str) -> None:
    office.refuses(DataError, "small letters, digits and single hyphens", segmentations.create, name, content())
    with pytest.raises(MissingError, match="there is no segmentation"):
        office.read(segmentations.get, name)


def test_what_is_not_there_is_missing_and_the_nearest_name_is_offered(office: Office) -> None:
    with pytest.raises(MissingError, match=r"there is no segmentation 'wintr' .* did you mean 'winter'"):
        office.read(segmentations.get, "wintr")
    for number in (0, -1, 2, 2**31, 2**70):
        with pytest.raises(MissingError, match=f"winter': there is no version {number}"):
            office.read(segmentations.version, "winter", number)


def test_the_kill_switch_stops_a_roll_out_and_returns_to_what_everybody_had(office: Office) -> None:
    applied = office.applied(gives("s0", "A"))
    rolling = office.propose(gives("s1", "A"), share=0.1)
    office.approve(rolling.id)
    office.do(requests.start, rolling.id)
    before = office.written()
    record = office.do(freezing.freeze, "winter", reason="complaints", actor=EVE)
    assert (record.frozen, record.frozen_by, record.frozen_reason) == (True, "eve", "complaints")
    assert (record.current_version, record.stable_version, record.rolling_request) == (applied.version, 2, None)
    stopped = office.get(rolling.id)
    assert (stopped.state, stopped.stop_reason) == ("stopped", "frozen: complaints")
    assert office.written() == (before[0] + 2, before[1] + 2), "one for the freeze, one for the roll-out"


def test_nobody_freezes_twice_or_without_a_reason(office: Office) -> None:
    office.refuses(DataError, "reason: it is empty", freezing.freeze, "winter", reason="")
    office.do(freezing.freeze, "winter", reason="complaints", actor=JOBS)
    office.refuses(ConflictError, "'evidence' has frozen it already", freezing.freeze, "winter", reason="again")


def test_a_second_person_unfreezes(office: Office) -> None:
    office.refuses(ConflictError, "it is not frozen", freezing.unfreeze, "winter", reason="fine", actor=BOB)
    office.do(freezing.freeze, "winter", reason="complaints", actor=ANN)
    for actor in (ANN, JOBS):
        office.refuses(
            RefusedError, "a second person does, not 'ann'", freezing.unfreeze, "winter", reason="fine", actor=actor
        )
    assert not office.do(freezing.unfreeze, "winter", reason="fine", actor=BOB).frozen


def test_a_frozen_segmentation_does_not_change(office: Office) -> None:
    applied, waiting = office.applied(gives("s0", "A")), office.propose(gives("s1", "A"), share=0.1)
    office.approve(waiting.id)
    office.do(freezing.freeze, "winter", reason="complaints", actor=EVE)
    office.refuses(ConflictError, "has frozen it", requests.start, waiting.id)
    office.refuses(ConflictError, "has frozen it", requests.roll_back, applied.id, reason="harm")
