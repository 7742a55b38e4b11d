"""All tables of the registry, under one MetaData."""

from evenhand.registry.tables.campaigns import plan_rows, results
from evenhand.registry.tables.changes import (
    comments,
    delegations,
    edits,
    requests,
    reviews,
    segmentations,
    versions,
    wanted_reviewers,
)
from evenhand.registry.tables.contacts import customers, observations, plans, subjects
from evenhand.registry.tables.journal import audit, audit_head, events, idempotency
from evenhand.registry.tables.metadata import metadata
from evenhand.registry.tables.people import keys, login_attempts, sessions, users
from evenhand.registry.tables.proving import champions, decisions, evidence, jobs, policies

__all__ = [
    "audit",
    "audit_head",
    "champions",
    "comments",
    "customers",
    "decisions",
    "delegations",
    "edits",
    "events",
    "evidence",
    "idempotency",
    "jobs",
    "keys",
    "login_attempts",
    "metadata",
    "observations",
    "plan_rows",
    "plans",
    "policies",
    "requests",
    "results",
    "reviews",
    "segmentations",
    "sessions",
    "subjects",
    "users",
    "versions",
    "wanted_reviewers",
]
