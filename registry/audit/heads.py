"""Signed heads: where the audit log ended at some time, to be kept where the database's owner cannot change it.

A hash chain alone cannot show that its newest rows were cut off, nor that all of it was written anew. A head that lies
elsewhere (at an auditor's, in a mailbox, on paper) shows both.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from evenhand.errors import ArtefactError, RuleError
from evenhand.registry.audit.chain import Head
from evenhand.registry.keys import fingerprint
from evenhand.segments.canonical import Json, canonical_json, read_json, readable_json

__all__ = ["open_head", "seal_head"]

FORMAT, VERSION = "evenhand-audit-head", 1
AGAIN = "use the file as `evenhand audit export-head` wrote it"


def seal_head(head: Head, key: Ed25519PrivateKey, *, now: datetime) -> str:
    """Return the text of a head file: signed over its canonical JSON (RFC 8785)."""
    plain: dict[str, Json] = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": now.isoformat(),
        "sequence": head.sequence,
        "hash": head.hash,
    }
    signature = {
        "algorithm": "Ed25519",
        "key": fingerprint(key.public_key()),
        "value": key.sign(canonical_json(plain).encode()).hex(),
    }
    return readable_json({"head": plain, "signature": signature}, indent=1) + "\n"


def open_head(content: bytes, key: Ed25519PublicKey, *, where: str) -> Head:
    """Return what a head file says once its signature is verified; else one ArtefactError says why."""
    plain, signature = _halves(content, where)
    if signature.get("key") != fingerprint(key):
        raise ArtefactError(
            "was signed by another key",
            where=where,
            rule=f"you trust {fingerprint(key)}",
            mend="name the signer's public key with --key",
        )
    try:
        key.verify(bytes.fromhex(str(signature.get("value"))), canonical_json(plain).encode())
    except (InvalidSignature, ValueError, RuleError):
        raise ArtefactError("was changed after it was signed", where=where, mend=AGAIN) from None
    return _head(plain, where)


def _halves(content: bytes, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        whole = read_json(content, where=where)
    except RuleError as error:
        raise ArtefactError(error.what, where=where, mend=AGAIN) from None
    if isinstance(whole, dict):
        plain, signature = whole.get("head"), whole.get("signature")
        if isinstance(plain, dict) and isinstance(signature, dict):
            return plain, signature
    raise ArtefactError("is no head of an audit log", where=where, mend=AGAIN)


def _head(plain: dict[str, Any], where: str) -> Head:
    if (plain.get("format"), plain.get("version")) != (FORMAT, VERSION):
        raise ArtefactError("is no head of a version that this Evenhand knows", where=where, mend=AGAIN)
    sequence, hash_ = plain.get("sequence"), plain.get("hash")
    if type(sequence) is not int or sequence < 0 or not re.fullmatch("[0-9a-f]{64}", str(hash_)):
        raise ArtefactError("says no sequence and hash", where=where, mend=AGAIN)
    return Head(sequence, str(hash_))
