"""The hash chain: each row of the audit log says the hash of the one before, so none can change or go unnoticed."""

from __future__ import annotations

import hashlib
from json.encoder import encode_basestring as quoted
from typing import NamedTuple

__all__ = ["GENESIS", "Head", "Link", "hash_of"]


class Head(NamedTuple):
    """Where a chain ends."""

    sequence: int
    hash: str  # 64 hexadecimal digits


GENESIS = Head(0, "0" * 64)  # before the first row


class Link(NamedTuple):
    """What is hashed of a row: everything in it but the hash itself."""

    sequence: int
    id: str
    at: int  # microseconds since 1970, UTC
    actor_kind: str
    actor: str
    action: str
    subject: str
    details: str  # canonical JSON
    previous: str  # the hash of the row before


def hash_of(link: Link | tuple[int, str, int, str, str, str, str, str, str]) -> str:
    """Return the SHA-256 of a row's canonical JSON (RFC 8785), as 64 hexadecimal digits.

    Written out, since it is taken a hundred thousand times a second when a log is verified; a test holds that the text
    is what `canonical_json` says. Microseconds stay below 2^53, where all JSON numbers are exact, until the year 2255.
    """
    sequence, id_, at, kind, actor, action, subject, details, previous = link
    text = (
        f'{{"action":{quoted(action)},"actor":{quoted(actor)},"actor_kind":{quoted(kind)},"at":{at},'
        f'"details":{details},"id":{quoted(id_)},"previous":{quoted(previous)},"sequence":{sequence},'
        f'"subject":{quoted(subject)}}}'
    )
    return hashlib.sha256(text.encode()).hexdigest()
