"""The audit log: append-only, chained by hashes, with heads that show when its newest rows were cut off."""

from evenhand.registry.audit.chain import Head
from evenhand.registry.audit.log import Entry, Row, append, append_all, head_of

__all__ = ["Entry", "Head", "Row", "append", "append_all", "head_of"]
