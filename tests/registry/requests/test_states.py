"""The table of states, cell by cell, against a second writing of it."""

from __future__ import annotations

from collections import deque

import pytest

from evenhand.errors import ConflictError
from evenhand.registry.requests.states import (
    ACTIONS,
    OPEN,
    ROLLING,
    STATES,
    TABLE,
    TERMINAL,
    Action,
    State,
    after,
    allowed,
)

# One row for each state, one column for each action, in the order of ACTIONS; a dot is a refusal.
PICTURE = """
             edit submit approve agree changes reject withdraw schedule apply start pause resume finish stop back outdate supersede expire
draft        dr   re     .       .     .       .      wi       .        .     .     .     .      .      .    .    dr      su        ex
in_review    re   .      re      ap    dr      rj     wi       .        .     .     .     .      .      .    .    re      su        ex
approved     re   .      .       .     dr      rj     wi       sc       in    ro    .     .      .      .    .    re      su        ex
scheduled    re   .      .       .     dr      rj     wi       sc       in    ro    .     .      .      .    .    re      su        ex
rolling_out  .    .      .       .     .       .      .        .        .     .     pa    .      in     st   .    .       .         .
paused       .    .      .       .     .       .      .        .        .     .     .     ro     .      st   .    .       .         .
applied      .    .      .       .     .       .      .        .        .     .     .     .      .      .    rb   .       .         .
rolled_back  .    .      .       .     .       .      .        .        .     .     .     .      .      .    .    .       .         .
stopped      .    .      .       .     .       .      .        .        .     .     .     .      .      .    .    .       .         .
rejected     .    .      .       .     .       .      .        .        .     .     .     .      .      .    .    .       .         .
withdrawn    .    .      .       .     .       .      .        .        .     .     .     .      .      .    .    .       .         .
superseded   .    .      .       .     .       .      .        .        .     .     .     .      .      .    .    .       .         .
expired      .    .      .       .     .       .      .        .        .     .     .     .      .      .    .    .       .         .
"""  # noqa: E501 — a picture is read at a glance or not at all
SHORT: dict[str, State] = {
    "dr": "draft", "re": "in_review", "ap": "approved", "sc": "scheduled", "ro": "rolling_out", "pa": "paused",
    "in": "applied", "rb": "rolled_back", "st": "stopped", "rj": "rejected", "wi": "withdrawn", "su": "superseded",
    "ex": "expired",
}  # fmt: skip
ROWS = [line.split() for line in PICTURE.strip().splitlines()[1:]]
CELLS = [(row[0], action, cell) for row in ROWS for action, cell in zip(ACTIONS, row[1:], strict=True)]


@pytest.mark.parametrize(("state", "action", "cell"), CELLS)
def test_each_action_leads_where_the_picture_says_or_is_refused(state: State, action: Action, cell: str) -> None:
    if cell == ".":
        with pytest.raises(ConflictError, match=f"the request is {state.replace('_', ' ')}"):
            after(state, action)
    else:
        assert after(state, action) == SHORT[cell]


def test_the_picture_shows_every_state_and_every_action() -> None:
    assert [row[0] for row in ROWS] == list(STATES)
    assert set(TABLE) == set(ACTIONS)


def test_every_state_can_be_reached_from_a_draft() -> None:
    reached: set[State] = set()
    queue: deque[State] = deque(["draft"])
    while queue:
        state = queue.popleft()
        if state not in reached:
            reached.add(state)
            queue.extend(after(state, action) for action in allowed(state))
    assert reached == set(STATES)


def test_nothing_comes_into_force_without_agreement() -> None:
    """Every way from a draft to customers leads through the approval that completes the quorum."""
    reached: set[State] = set()
    queue: deque[State] = deque(["draft"])
    while queue:
        state = queue.popleft()
        if state not in reached:
            reached.add(state)
            queue.extend(after(state, action) for action in allowed(state) if action != "agree")
    assert reached.isdisjoint({"approved", "scheduled", *ROLLING, "applied", "stopped", "rolled_back"})


def test_an_edit_never_leaves_a_request_approved() -> None:
    assert {after(state, "edit") for state in OPEN} == {"draft", "in_review"}


def test_what_has_ended_stays_ended() -> None:
    assert {"rolled_back", "stopped", "rejected", "withdrawn", "superseded", "expired"} == TERMINAL
    assert allowed("applied") == ("roll_back",)


def test_a_refusal_says_from_where_and_what_is_possible_instead() -> None:
    with pytest.raises(ConflictError) as refusal:
        after("draft", "agree", where="requests/12")
    assert str(refusal.value) == (
        "requests/12: agree is not possible: the request is draft | rule: only from in review | "
        "mend: it can edit, submit, withdraw, outdate, supersede, expire"
    )
