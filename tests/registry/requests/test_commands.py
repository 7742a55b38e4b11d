"""Each command by example: what it does, what it writes down, and what it refuses with which words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.registry.requests.world import (
    ANN,
    BOB,
    DAN,
    DAY,
    EVE,
    HIGH,
    JOBS,
    LOW,
    NOW,
    POLICY,
    Office,
    campaigns_of,
    content,
    gives,
    proposal,
)  # fmt: skip

from evenhand.errors import ConflictError, DataError, MissingError, RefusedError, RuleError
from evenhand.registry import audit, freezing, jobs, requests, segmentations
from evenhand.registry.actor import SYSTEM, Actor
from evenhand.registry.database import Database
from evenhand.registry.requests import GoBack, Proposal, ReviewRules
from evenhand.registry.tables import events


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


# ------------------------------------------------------------------------------------------------- writing


def test_a_request_goes_from_a_draft_to_customers_and_back(office: Office) -> None:
    draft = office.do(requests.draft, "winter", proposal())
    assert (draft.state, draft.revision, draft.edit, draft.base_version) == ("draft", 1, 1, 1)
    assert (draft.touches, draft.risk, draft.quorum, draft.expires_at) == (["s0"], "low", 1, NOW + 30 * DAY)
    assert office.do(requests.submit, draft.id).state == "in_review"
    assert office.approve(draft.id, BOB).state == "approved"
    applied = office.do(requests.apply, draft.id)
    assert (applied.state, applied.version, office.in_force["s0"]) == ("applied", 2, "A")
    undone = office.do(requests.roll_back, draft.id, reason="complaints", actor=EVE)
    assert (undone.state, office.record.current_version, office.in_force["s0"]) == ("rolled_back", 3, "none")


def test_every_step_stands_in_the_history_in_order(office: Office) -> None:
    request = office.applied()
    office.do(requests.comment, request.id, "Well done.", actor=DAN)
    office.do(requests.roll_back, request.id, reason="complaints", actor=EVE)
    steps = office.read(requests.history, request.id)
    assert [(step.actor, step.action, step.details["state"]) for step in steps] == [
        ("ann", "request.propose", "in_review"),
        ("bob", "request.approve", "approved"),
        ("ann", "request.apply", "applied"),
        ("dan", "request.comment", "applied"),
        ("eve", "request.roll_back", "rolled_back"),
    ]
    assert steps[-1].details["emergency"] is True
    assert steps[-1].details["reason"] == "complaints"
    assert [step.sequence for step in steps] == sorted(step.sequence for step in steps)


def test_what_people_write_freely_stays_out_of_the_audit_log_and_the_events(office: Office) -> None:
    """A comment may name a customer, and the log is for ever."""
    request = office.propose()
    office.do(requests.comment, request.id, "What about Mrs Miller?", actor=DAN)
    office.approve(request.id)
    with office.database.reading() as connection:
        told = [str(row) for row in connection.execute(events.select())]
    kept = [str(step) for step in office.read(requests.history, request.id)]
    assert not [line for line in (*told, *kept) if "Miller" in line or "seen" in line]


def test_each_change_of_state_is_one_event(office: Office) -> None:
    request = office.applied()
    with office.database.reading() as connection:
        rows = connection.execute(events.select().where(events.c.subject == request.subject)).all()
    assert [row.kind for row in rows] == ["request.propose", "request.approve", "request.apply"]
    assert rows[-1].document == {
        "actor": "user:ann", "edit": 1, "revision": 3, "segmentation": "winter", "state": "applied", "version": 2,
    }  # fmt: skip


def test_a_request_on_a_version_that_is_no_longer_in_force_is_refused(office: Office) -> None:
    office.applied()
    office.refuses(ConflictError, "version 2 is in force, not 1", requests.propose, "winter",
            proposal(gives("s1", "A")), base_version=1)  # fmt: skip


def test_a_change_that_does_not_fit_is_refused(office: Office) -> None:
    office.refuses_to_propose(RuleError, "there is no segment 's9'", gives("s9", "A"))
    office.refuses_to_propose(RuleError, "nothing would change", content())
    office.refuses_to_propose(MissingError, "there is no version 9", GoBack(9))
    office.refuses_to_propose(MissingError, "there is no version 99999999999", GoBack(99999999999))


@pytest.mark.parametrize("share", [0, 1, -0.5, float("nan"), 2])
def test_a_roll_out_starts_with_some_customers_and_not_with_all(office: Office, share: float) -> None:
    office.refuses_to_propose(DataError, "between 0 and 1", share=share)


@pytest.mark.parametrize("text", ["", " \n ", "x" * 5001, "a\x00b", "half \ud83d"])
def test_reasons_that_nobody_could_read_are_refused(office: Office, text: str) -> None:
    wish = Proposal(change=gives("s0", "A"), title="Title", reason=text)
    office.refuses(DataError, "reason", requests.propose, "winter", wish)


@pytest.mark.parametrize("title", ["", "two\nlines", "x" * 201, "\x00"])
def test_a_title_is_one_line(office: Office, title: str) -> None:
    wish = Proposal(change=gives("s0", "A"), title=title, reason="Why not.")
    office.refuses(DataError, "title: .*one printable line", requests.propose, "winter", wish)


def test_an_edit_voids_the_approval_and_takes_the_schedule_away(office: Office) -> None:
    request = office.propose()
    office.approve(request.id)
    office.do(requests.schedule, request.id, NOW + DAY)
    edited = office.do(requests.edit, request.id, proposal(gives("s0", "B")), actor=DAN)
    assert (edited.state, edited.edit, edited.scheduled_for) == ("in_review", 2, None)
    office.refuses(ConflictError, "apply is not possible: the request is in review", requests.apply, edited.id)
    assert office.approve(request.id, BOB).state == "approved", "who approved the earlier edit may approve this one"


def test_every_edit_is_kept_as_people_judged_it(office: Office) -> None:
    request = office.propose()
    office.do(requests.edit, request.id, proposal(gives("s0", "B")), actor=DAN)
    first, second = office.read(requests.edits_of, request.id)
    assert (first.editor, first.change["campaign"]) == ("ann", "A")
    assert (second.editor, second.change["campaign"]) == ("dan", "B")


def test_neither_who_wrote_nor_who_edited_may_approve(office: Office) -> None:
    request = office.propose()
    office.do(requests.edit, request.id, proposal(gives("s0", "B")), actor=DAN)
    office.do(requests.edit, request.id, proposal(gives("s1", "B")), actor=EVE)
    for person in (ANN, DAN, EVE):
        office.refuses(
            RefusedError, f"'{person.name}' wrote or edited it", requests.review, request.id, "approve", actor=person
        )
    assert office.approve(request.id, BOB).state == "approved"


def test_a_lone_owner_approves_what_a_policy_recommends_but_no_edit_of_their_own(office: Office) -> None:
    recommended = office.propose(actor=POLICY)
    assert office.approve(recommended.id, ANN).state == "approved"
    office.do(requests.edit, recommended.id, proposal(gives("s0", "B")), actor=ANN)
    office.refuses(RefusedError, "'ann' wrote or edited it", requests.review, recommended.id, "approve", actor=ANN)


def test_a_stale_revision_is_told_what_happened_since(office: Office) -> None:
    request = office.propose()
    office.do(requests.edit, request.id, proposal(gives("s0", "B")), actor=DAN)
    office.do(requests.comment, request.id, "Better now.", actor=EVE)
    office.approve(request.id, BOB)
    match = "requests/.: it is at revision 3, not 1: dan did edit, then bob did approve"
    office.refuses(ConflictError, match, requests.withdraw, request.id, revision=1)
    office.refuses(ConflictError, "there never was such a revision", requests.withdraw, request.id, revision=9)


def test_only_who_wrote_or_edited_withdraws(office: Office) -> None:
    request = office.propose()
    office.refuses(RefusedError, "'bob' did not write it", requests.withdraw, request.id, actor=BOB)
    assert office.do(requests.withdraw, request.id, reason="on second thoughts").state == "withdrawn"


@pytest.mark.parametrize("id", [0, -1, 99, 2**63, 2**80])
def test_a_request_that_is_not_there_is_missing(office: Office, id: int) -> None:
    office.refuses(MissingError, f"there is no request {id}", requests.submit, id)


def test_a_prediction_judges_the_risk_anew_and_voids_approvals(office: Office) -> None:
    request = office.propose(predicted=None)
    assert (request.risk, request.quorum) == ("high", 2), "what nobody knows is a high risk"
    office.approve(request.id, BOB)
    told = office.do(requests.note_predicted, request.id, LOW, actor=JOBS)
    assert (told.risk, told.quorum, told.edit, told.predicted) == ("low", 1, 2, LOW)
    assert office.approve(request.id, BOB).state == "approved"
    office.refuses(ConflictError, "the request is approved", requests.note_predicted, request.id, HIGH,
            actor=JOBS)  # fmt: skip
    office.refuses(RefusedError, "predictions come from programs", requests.note_predicted, request.id, LOW)


def test_a_business_may_ask_for_more_people(office: Office) -> None:
    strict = ReviewRules(low_quorum=3, high_quorum=3, lifetime=DAY)
    request = office.do(requests.propose, "winter", proposal(), rules=strict)
    assert (request.quorum, request.expires_at) == (3, NOW + DAY)
    assert office.approve(request.id, BOB, DAN).state == "in_review"
    assert office.approve(request.id, EVE).state == "approved"


# ----------------------------------------------------------------------------------------------- reviewing


def test_a_draft_that_was_objected_to_is_edited_before_it_is_submitted_again(office: Office) -> None:
    request = office.propose()
    assert office.approve(request.id, BOB, verdict="request_changes").state == "draft"
    office.refuses(ConflictError, "changes were asked for, and none was made", requests.submit, request.id)
    office.do(requests.edit, request.id, proposal(gives("s0", "B")))
    assert office.do(requests.submit, request.id).state == "in_review"


@pytest.mark.parametrize("verdict", ["reject", "request_changes"])
def test_an_objection_says_why(office: Office, verdict: str) -> None:
    request = office.propose()
    office.refuses(DataError, "reason: it is empty", requests.review, request.id, verdict, actor=BOB)


def test_who_approved_may_still_object(office: Office) -> None:
    request = office.propose()
    office.approve(request.id, BOB)
    assert office.approve(request.id, BOB, verdict="reject").state == "rejected"


def test_a_delegate_approves_in_the_name_of_another_once(office: Office) -> None:
    office.do(requests.delegate, "dan", starts=NOW, ends=NOW + DAY, actor=BOB)
    request = office.propose(predicted=HIGH)
    office.approve(request.id, DAN, on_behalf_of="bob")
    for person in (DAN, BOB):
        office.refuses(
            ConflictError,
            f"'{person.name}' has approved this already",
            requests.review,
            request.id,
            "approve",
            actor=person,
        )
    assert office.approve(request.id, EVE).state == "approved"
    assert [(one.reviewer, one.on_behalf_of) for one in office.read(requests.reviews_of, request.id)] == [
        ("dan", "bob"), ("eve", None),
    ]  # fmt: skip


def test_a_delegation_ends_by_itself_or_by_who_gave_it(office: Office) -> None:
    lent = office.do(requests.delegate, "dan", starts=NOW, ends=NOW + DAY, actor=BOB)
    request = office.propose()
    office.now = NOW + DAY
    office.refuses(
        RefusedError,
        "'dan' is no delegate of 'bob' now",
        requests.review,
        request.id,
        "approve",
        actor=DAN,
        on_behalf_of="bob",
    )
    office.now = NOW
    office.refuses(RefusedError, "who delegates ends it", requests.end_delegation, lent.id, actor=DAN)
    office.do(requests.end_delegation, lent.id, actor=BOB)
    office.refuses(
        RefusedError, "is no delegate", requests.review, request.id, "approve", actor=DAN, on_behalf_of="bob"
    )
    assert office.read(requests.delegations_of, "dan") == []


@pytest.mark.parametrize(
    ("to", "starts", "ends"),
    [("bob", NOW, NOW + DAY), ("dan", NOW, NOW), ("dan", NOW + DAY, NOW), ("dan", NOW - 2 * DAY, NOW - DAY)],
)
def test_odd_delegations_are_refused(office: Office, to: str, starts: Any, ends: Any) -> None:
    office.refuses(DataError, "to somebody else, from an instant to a later one", requests.delegate, to,
            starts=starts, ends=ends, actor=BOB)  # fmt: skip


def test_programs_delegate_nothing_and_nobody_delegates_twice(office: Office) -> None:
    office.refuses(RefusedError, "people delegate to people", requests.delegate, "dan", starts=NOW,
            ends=NOW + DAY, actor=JOBS)  # fmt: skip
    office.do(requests.delegate, "dan", starts=NOW, ends=NOW + DAY, actor=BOB)
    office.refuses(ConflictError, "there is one from that instant already", requests.delegate, "dan",
            starts=NOW, ends=NOW + 2 * DAY, actor=BOB)  # fmt: skip


def test_reviewers_are_asked_and_asked_off_again_but_never_who_wrote_it(office: Office) -> None:
    request = office.propose()
    office.do(requests.request_reviewers, request.id, ["dan", "bob", "dan"])
    assert office.read(requests.wanted_of, request.id) == ["bob", "dan"]
    office.do(requests.request_reviewers, request.id, [])
    assert office.read(requests.wanted_of, request.id) == []
    office.refuses(RefusedError, "'ann' wrote or edited it", requests.request_reviewers, request.id, ["ann"])
    office.approve(request.id)
    office.refuses(ConflictError, "the request is approved", requests.request_reviewers, request.id, ["eve"])


# ---------------------------------------------------------------------------------------------- into force


def test_what_does_not_meet_is_rebased_and_keeps_its_approval(office: Office) -> None:
    other = office.propose(gives("s1", "B"))
    office.approve(other.id)
    office.applied(gives("s0", "A"))
    kept = office.get(other.id)
    assert (kept.state, kept.base_version, kept.edit) == ("approved", 2, 1)
    last = office.read(requests.history, other.id)[-1]
    assert (last.actor_kind, last.action) == ("system", "request.rebase")
    assert (last.details["from"], last.details["to"]) == (1, 2)
    office.do(requests.apply, other.id)
    assert (office.in_force["s0"], office.in_force["s1"]) == ("A", "B")


def test_what_meets_loses_its_approval_and_comes_back_by_an_edit_only(office: Office) -> None:
    other = office.propose(gives("s0", "B"))
    office.approve(other.id)
    office.applied(gives("s0", "A"))
    lost = office.get(other.id)
    assert (lost.state, lost.base_version) == ("in_review", 1)
    assert requests.outdated(lost, office.record)
    assert office.read(requests.history, other.id)[-1].details["why"] == "both touch 's0'"
    office.refuses(
        ConflictError,
        "another one is in force",
        requests.review,
        other.id,
        "approve",
        actor=DAN,
    )
    office.do(requests.edit, other.id, proposal(gives("s0", "B")))
    assert office.approve(other.id, BOB).state == "approved"


def test_a_draft_that_is_outdated_is_not_submitted(office: Office) -> None:
    draft = office.do(requests.draft, "winter", proposal(gives("s0", "B")))
    office.applied(gives("s0", "A"))
    office.refuses(ConflictError, "it is based on version 1", requests.submit, draft.id)


def test_a_roll_out_gives_a_share_the_new_version_and_the_others_keep_the_old(office: Office) -> None:
    request = office.propose(share=0.1)
    office.approve(request.id)
    office.refuses(ConflictError, "it asks for a roll-out", requests.apply, request.id)
    office.do(requests.start, request.id)
    assert (office.record.current_version, office.record.rolling_request) == (1, request.id)
    assert office.read(segmentations.version, "winter", 2).fate == "rolling_out"
    office.do(requests.finish, request.id)
    assert (office.record.current_version, office.record.rolling_request) == (2, None)
    assert [one.fate for one in office.read(segmentations.versions_of, "winter")] == ["was_in_force", "in_force"]


def test_what_asks_for_no_roll_out_is_applied(office: Office) -> None:
    request = office.propose()
    office.approve(request.id)
    office.refuses(ConflictError, "it asks for no roll-out", requests.start, request.id)


def test_a_stopped_roll_out_leaves_the_old_version_in_force_for_good(office: Office) -> None:
    request = office.propose(share=0.1)
    office.approve(request.id)
    office.do(requests.start, request.id)
    office.do(requests.pause, request.id, reason="look at it")
    office.refuses(ConflictError, "finish is not possible: the request is paused", requests.finish, request.id)
    stopped = office.do(requests.stop, request.id, reason="unsubscribes", actor=SYSTEM)
    assert (stopped.state, stopped.stop_reason, office.record.current_version) == ("stopped", "unsubscribes", 1)
    assert office.read(segmentations.version, "winter", 2).fate == "never_in_force"
    office.refuses_to_propose(ConflictError, "version 2 was never in force", GoBack(2))
    assert office.applied(gives("s1", "A")).version == 3, "no number is given twice"


def test_while_a_roll_out_runs_nothing_else_comes(office: Office) -> None:
    first, second = office.propose(share=0.1), office.propose(gives("s1", "A"))
    for one in (first, second):
        office.approve(one.id)
    office.do(requests.start, first.id)
    match = f"the roll-out of requests/{first.id} runs .* finish or stop it first"
    office.refuses(ConflictError, match, requests.apply, second.id)
    office.do(requests.finish, first.id)
    assert office.do(requests.apply, second.id).state == "applied"
    assert office.in_force["s0"] == "A", "and the first one is still there"


def test_a_reviewed_roll_back_undoes_everything_since(office: Office) -> None:
    later = [office.applied(gives(segment, "A")) for segment in ("s0", "s1", "s2")]
    back = office.applied(GoBack(2))
    assert (back.kind, back.version) == ("rollback", 5)
    assert [office.get(one.id).state for one in later] == ["applied", "rolled_back", "rolled_back"]
    assert [office.in_force[id] for id in ("s0", "s1", "s2")] == ["A", "none", "none"]


def test_an_emergency_undoes_the_newest_change_only(office: Office) -> None:
    first, second = office.applied(gives("s0", "A")), office.applied(gives("s1", "A"))
    match = "version 3 came after its version 2 .* the newest change is undone first"
    office.refuses(ConflictError, match, requests.roll_back, first.id, reason="harm")
    office.refuses(DataError, "reason: it is empty", requests.roll_back, second.id, reason=" ")
    office.do(requests.roll_back, second.id, reason="harm")
    assert (office.in_force["s0"], office.in_force["s1"]) == ("A", "none")
    note = office.read(segmentations.current, "winter").note
    assert note == "emergency roll-back of version 3: harm"


def test_a_whole_edited_segmentation_comes_as_a_version(office: Office) -> None:
    applied = office.applied(content({"s0": "A", "rest": "B"}))
    assert (applied.kind, applied.touches) == ("edit", ["rest", "s0"])
    assert office.in_force == campaigns_of(content({"s0": "A", "rest": "B"}))


# ------------------------------------------------------------------------------------------------ by itself


def test_scheduled_requests_come_when_it_is_time(office: Office) -> None:
    at_once, rolled = office.propose(gives("s0", "A")), office.propose(gives("s1", "A"), share=0.2)
    for one, days in ((at_once, 1), (rolled, 2)):
        office.approve(one.id)
        office.do(requests.schedule, one.id, NOW + days * DAY)
    assert office.do(requests.start_due, actor=None) == []
    office.now = NOW + 2 * DAY
    assert [one.state for one in office.do(requests.start_due, actor=None)] == ["applied", "rolling_out"]
    assert office.read(requests.history, rolled.id)[-1].actor_kind == "system"
    assert office.do(requests.start_due, actor=None) == []


def test_of_two_due_at_once_that_meet_the_later_one_goes_back_to_review(office: Office) -> None:
    both = [office.propose(gives("s0", campaign)) for campaign in ("A", "B")]
    for one in both:
        office.approve(one.id)
        office.do(requests.schedule, one.id, NOW + DAY)
    office.now = NOW + DAY
    assert [one.id for one in office.do(requests.start_due, actor=None)] == [both[0].id]
    lost = office.get(both[1].id)
    assert (lost.state, lost.scheduled_for) == ("in_review", None)


def test_what_cannot_come_when_it_is_time_stays_scheduled(office: Office) -> None:
    request = office.propose()
    office.approve(request.id)
    office.do(requests.schedule, request.id, NOW + DAY)
    office.do(freezing.freeze, "winter", reason="look")
    office.now = NOW + DAY
    assert office.do(requests.start_due, actor=None) == []
    office.do(freezing.unfreeze, "winter", reason="fine", actor=BOB)
    assert [one.id for one in office.do(requests.start_due, actor=None)] == [request.id]


@pytest.mark.parametrize("days", [-1, 0, 30, 31])
def test_a_schedule_lies_ahead_and_before_the_end(office: Office, days: int) -> None:
    request = office.propose()
    office.approve(request.id)
    office.refuses(DataError, "after now, and before it expires on 2026-04-01", requests.schedule, request.id,
            NOW + days * DAY)  # fmt: skip


def test_open_requests_expire_and_others_do_not(office: Office) -> None:
    applied, open_ = office.applied(), office.propose(gives("s1", "A"))
    office.now = NOW + 30 * DAY - timedelta(microseconds=1)
    assert office.do(requests.expire_due, actor=None) == []
    office.now = NOW + 30 * DAY
    assert [one.id for one in office.do(requests.expire_due, actor=None)] == [open_.id]
    assert (office.get(open_.id).state, office.get(applied.id).state) == ("expired", "applied")


def test_a_policy_supersedes_its_own_recommendation_only(office: Office) -> None:
    old, new = (office.propose(gives("s0", campaign), actor=POLICY) for campaign in ("A", "B"))
    for actor in (ANN, JOBS, Actor("policy", "other")):
        office.refuses(RefusedError, "cannot do that", requests.supersede, old.id, by=new.id, actor=actor)
    office.refuses(ConflictError, "cannot take its place", requests.supersede, new.id, by=old.id, actor=SYSTEM)
    assert office.do(requests.supersede, old.id, by=new.id, actor=POLICY).state == "superseded"
    edited = office.do(requests.edit, new.id, proposal(gives("s1", "B")), actor=ANN)
    newer = office.propose(actor=POLICY)
    office.refuses(RefusedError, "a policy supersedes its own", requests.supersede, edited.id, by=newer.id,
            actor=POLICY)  # fmt: skip
    assert office.do(requests.supersede, edited.id, by=newer.id, actor=SYSTEM).state == "superseded"


# ------------------------------------------------------------------------------------- predicted and realised


def test_what_came_is_noted_for_what_ran_and_calibrates_the_policy(office: Office) -> None:
    recommended = office.propose(actor=POLICY)
    office.refuses(ConflictError, "only what ran can have come true", requests.note_realised, recommended.id,
            {"profit": 1}, actor=JOBS)  # fmt: skip
    office.approve(recommended.id)
    office.do(requests.apply, recommended.id)
    edited = office.propose(gives("s1", "A"), actor=POLICY)
    office.do(requests.edit, edited.id, proposal(gives("s1", "B")), actor=ANN)
    office.approve(edited.id)
    office.do(requests.apply, edited.id)
    for id in (recommended.id, edited.id):
        office.do(requests.note_realised, id, {"profit": 0.5}, actor=JOBS)
    office.do(requests.note_realised, recommended.id, {"profit": 0.75}, actor=JOBS)
    assert office.read(requests.calibration, "winter-7") == [(recommended.id, LOW, {"profit": 0.75}, recommended.title)]
    assert office.read(requests.calibration, "other") == []


def test_a_policy_recommends_nothing_while_frozen_and_people_go_on_talking(office: Office) -> None:
    request = office.propose()
    office.approve(request.id)
    office.do(freezing.freeze, "winter", reason="complaints", actor=EVE)
    office.refuses_to_propose(ConflictError, "no recommendations until it is unfrozen", actor=POLICY)
    office.refuses(ConflictError, "'eve' has frozen it: complaints", requests.apply, request.id)
    assert office.propose(gives("s1", "A")).state == "in_review"


def test_whatever_comes_to_a_review_is_asked_evidence_on(office: Office) -> None:
    """Pages and routes have no other way than these commands."""

    def asked(id: int) -> list[int]:
        return [job.document["edit"] for job in office.read(jobs.of_subject, f"requests/{id}")]

    tweak = gives("s2", "A")
    details = {"version": 1, "policy": "winter-7", "tweaks": [tweak.to_dict()]}
    given = {"action": "recommendation.give", "subject": "segmentations/winter", "details": details}
    row = office.do(audit.append, **given, actor=POLICY)
    handed = office.do(requests.propose_recommended, "winter", tweak, recommendation=row.sequence)
    assert (handed.author_kind, asked(handed.id)) == ("policy", [1])

    draft = office.do(requests.draft, "winter", proposal(gives("s1", "A")))
    office.do(requests.edit, draft.id, proposal(gives("s1", "B")))
    assert asked(draft.id) == [], "nobody judges a draft"
    office.do(requests.submit, draft.id)
    assert asked(draft.id) == [2]
    office.do(requests.edit, draft.id, proposal(gives("s1", "A")))
    assert asked(draft.id) == [2, 3]
    office.do(requests.note_predicted, draft.id, LOW, actor=JOBS)
    assert asked(draft.id) == [2, 3], "a prediction asks for none"

    office.applied()
    back = office.propose(GoBack(1), predicted=None)
    assert (back.risk, asked(back.id)) == ("high", [1])


def test_nothing_is_approved_while_frozen_but_people_may_object(office: Office) -> None:
    first, second = office.propose(), office.propose(gives("s1", "A"))
    office.do(freezing.freeze, "winter", reason="complaints", actor=EVE)
    words = "'eve' has frozen the segmentation: complaints .* until a second person unfreezes it"
    office.refuses(ConflictError, words, requests.review, first.id, "approve", actor=BOB)
    assert office.approve(second.id, BOB, verdict="request_changes").state == "draft"
    office.do(freezing.unfreeze, "winter", reason="mended", actor=DAN)
    assert office.approve(first.id, BOB).state == "approved"
