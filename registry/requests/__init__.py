"""Change requests: how a segmentation changes, with four eyes on every change and every step written down.

Each command takes the connection of a writing transaction, who acts and what time it is; it checks the rules, writes,
and appends one row to the audit log and one event for each request or segmentation that it moved. A command that fails
raises and wrote nothing, as long as the caller lets its transaction go.
"""

from evenhand.registry.requests.asking import EVIDENCE, ask_evidence
from evenhand.registry.requests.briefly import Brief, briefs
from evenhand.registry.requests.change import Change, GoBack, Kind
from evenhand.registry.requests.delegating import Lent, delegate, delegations_of, end_delegation
from evenhand.registry.requests.drafting import (
    Proposal,
    draft,
    edit,
    effect,
    note_predicted,
    propose,
    sentences_of,
    submit,
    withdraw,
)
from evenhand.registry.requests.due import expire_due, start_due, supersede, waits_for_time
from evenhand.registry.requests.history import (
    Calibration,
    Comment,
    Edit,
    Overlap,
    Review,
    Step,
    calibration,
    came_true,
    comments_of,
    edits_of,
    history,
    note_realised,
    overlapping,
    overlaps,
    reviews_of,
    wanted_of,
)
from evenhand.registry.requests.reading import Filter, Page, count, counts, page
from evenhand.registry.requests.reckoning import Compared, compared, record_of
from evenhand.registry.requests.recommended import Grounds, grounds_of, propose_recommended
from evenhand.registry.requests.record import Request, contributors, get, outdated
from evenhand.registry.requests.reviewing import comment, request_reviewers, review
from evenhand.registry.requests.risk import Facts, ReviewRules, Risk, facts_of, quorum_of, risk_of
from evenhand.registry.requests.rollout import (
    apply,
    finish,
    newest_applied,
    pause,
    resume,
    roll_back,
    schedule,
    start,
    stop,
)
from evenhand.registry.requests.rules import Verdict
from evenhand.registry.requests.states import OPEN, ROLLING, STATES, TERMINAL, Action, State, allowed

__all__ = [
    "EVIDENCE",
    "OPEN",
    "ROLLING",
    "STATES",
    "TERMINAL",
    "Action",
    "Brief",
    "Calibration",
    "Change",
    "Comment",
    "Compared",
    "Edit",
    "Facts",
    "Filter",
    "GoBack",
    "Grounds",
    "Kind",
    "Lent",
    "Overlap",
    "Page",
    "Proposal",
    "Request",
    "Review",
    "ReviewRules",
    "Risk",
    "State",
    "Step",
    "Verdict",
    "allowed",
    "apply",
    "ask_evidence",
    "briefs",
    "calibration",
    "came_true",
    "comment",
    "comments_of",
    "compared",
    "contributors",
    "count",
    "counts",
    "delegate",
    "delegations_of",
    "draft",
    "edit",
    "edits_of",
    "effect",
    "end_delegation",
    "expire_due",
    "facts_of",
    "finish",
    "get",
    "grounds_of",
    "history",
    "newest_applied",
    "note_predicted",
    "note_realised",
    "outdated",
    "overlapping",
    "overlaps",
    "page",
    "pause",
    "propose",
    "propose_recommended",
    "quorum_of",
    "record_of",
    "request_reviewers",
    "resume",
    "review",
    "reviews_of",
    "risk_of",
    "roll_back",
    "schedule",
    "sentences_of",
    "start",
    "start_due",
    "stop",
    "submit",
    "supersede",
    "waits_for_time",
    "wanted_of",
    "withdraw",
]
