"""The life of a change request: which action leads from which state to which, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from evenhand.errors import ConflictError

__all__ = ["ACTIONS", "OPEN", "ROLLING", "STATES", "TABLE", "TERMINAL", "Action", "State", "after", "allowed"]

State = Literal[
    "draft",
    "in_review",
    "approved",
    "scheduled",
    "rolling_out",
    "paused",
    "applied",
    "rolled_back",
    "stopped",
    "rejected",
    "withdrawn",
    "superseded",
    "expired",
]
Action = Literal[
    "edit",
    "submit",
    "approve",  # one approval of several
    "agree",  # the approval that completes the quorum
    "request_changes",
    "reject",
    "withdraw",
    "schedule",
    "apply",
    "start",
    "pause",
    "resume",
    "finish",
    "stop",
    "roll_back",
    "outdate",  # another change came into force that meets this one
    "supersede",
    "expire",
]

STATES: tuple[State, ...] = get_args(State)
ACTIONS: tuple[Action, ...] = get_args(Action)

OPEN: tuple[State, ...] = ("draft", "in_review", "approved", "scheduled")  # nothing of it is in force yet
ROLLING: tuple[State, ...] = ("rolling_out", "paused")  # a share of the customers has it
REVIEWED: tuple[State, ...] = ("in_review", "approved", "scheduled")


def _from(states: tuple[State, ...], to: State) -> dict[State, State]:
    return dict.fromkeys(states, to)


TABLE: Mapping[Action, Mapping[State, State]] = {
    "edit": {"draft": "draft", **_from(REVIEWED, "in_review")},
    "submit": {"draft": "in_review"},
    "approve": {"in_review": "in_review"},
    "agree": {"in_review": "approved"},
    "request_changes": _from(REVIEWED, "draft"),
    "reject": _from(REVIEWED, "rejected"),
    "withdraw": _from(OPEN, "withdrawn"),
    "schedule": _from(("approved", "scheduled"), "scheduled"),
    "apply": _from(("approved", "scheduled"), "applied"),
    "start": _from(("approved", "scheduled"), "rolling_out"),
    "pause": {"rolling_out": "paused"},
    "resume": {"paused": "rolling_out"},
    "finish": {"rolling_out": "applied"},
    "stop": _from(ROLLING, "stopped"),
    "roll_back": {"applied": "rolled_back"},
    "outdate": {"draft": "draft", **_from(REVIEWED, "in_review")},
    "supersede": _from(OPEN, "superseded"),
    "expire": _from(OPEN, "expired"),
}

TERMINAL: frozenset[State] = frozenset(state for state in STATES if not any(state in row for row in TABLE.values()))


def allowed(state: State) -> tuple[Action, ...]:
    """Return the actions that a state knows, in the order of `ACTIONS`."""
    return tuple(action for action in ACTIONS if state in TABLE[action])


def after(state: State, action: Action, *, where: str | None = None) -> State:
    """Return the state that an action leads to; ConflictError where the state does not know it."""
    if state in TABLE[action]:
        return TABLE[action][state]
    known = ", ".join(TABLE[action])
    raise ConflictError(
        f"{_words(action)} is not possible: the request is {_words(state)}",
        where=where,
        rule=f"only from {_words(known)}",
        mend=f"it can {_words(', '.join(allowed(state)))}" if allowed(state) else "make a new request",
    )


def _words(names: str) -> str:
    return names.replace("_", " ")
