"""The audit log: append-only, chained by hashes, with heads that show when its newest rows were cut off."""

from evenhand.registry.audit.chain import Head
from evenhand.registry.audit.heads import open_head, seal_head
from evenhand.registry.audit.log import Entry, Row, append, append_all, head_of
from evenhand.registry.audit.searching import Page, Record, count, search
from evenhand.registry.audit.subjects import find_subject, forget_subject, subject_of
from evenhand.registry.audit.verifying import Flaw, Verdict, verify
from evenhand.registry.audit.writer import GroupWriter

__all__ = [
    "Entry",
    "Flaw",
    "GroupWriter",
    "Head",
    "Page",
    "Record",
    "Row",
    "Verdict",
    "append",
    "append_all",
    "count",
    "find_subject",
    "forget_subject",
    "head_of",
    "open_head",
    "seal_head",
    "search",
    "subject_of",
    "verify",
]
