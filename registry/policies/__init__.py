"""Policies: uploaded once, promoted by decisions of the gate, one the champion of a segmentation."""

from evenhand.registry.policies.beginning import Beginning, beginning_of, plan_of
from evenhand.registry.policies.proof import (
    Decided,
    Evidence,
    attach,
    decide,
    decided_at,
    decision,
    decisions_of,
    decisions_on,
    every_decision,
    evidence_of,
    evidence_of_each,
)
from evenhand.registry.policies.record import Level, Policy, crown, every, get, graph_of, uncrown, upload
from evenhand.registry.policies.state import State, state_of
from evenhand.registry.policies.trials import (
    Registered,
    open_trials,
    register_trial,
    registered_trial,
    registered_trials,
)

__all__ = [
    "Beginning",
    "Decided",
    "Evidence",
    "Level",
    "Policy",
    "Registered",
    "State",
    "attach",
    "beginning_of",
    "crown",
    "decide",
    "decided_at",
    "decision",
    "decisions_of",
    "decisions_on",
    "every",
    "every_decision",
    "evidence_of",
    "evidence_of_each",
    "get",
    "graph_of",
    "open_trials",
    "plan_of",
    "register_trial",
    "registered_trial",
    "registered_trials",
    "state_of",
    "uncrown",
    "upload",
]
