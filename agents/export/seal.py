"""Sealing a folder: a manifest with the hash of every file, signed; and opening it, all or nothing.

The signature is taken over the canonical JSON of the manifest (RFC 8785), so white space does not matter and nothing
else can change. Files are returned as the very bytes that were verified; nobody reads them a second time.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ValidationError

from evenhand.agents.export.manifest import FORMAT, SEALED, VERSION, Manifest
from evenhand.errors import ArtefactError, RuleError
from evenhand.registry.keys import fingerprint
from evenhand.segments.canonical import canonical_json, read_json, readable_json

__all__ = ["MANIFEST", "Opened", "open_sealed", "sealed"]

MANIFEST = "manifest.json"
AGAIN = "export it again, or get it again from whoever signed it"


class Opened(NamedTuple):
    """A verified export."""

    manifest: Manifest
    files: dict[str, bytes]
    signer: str  # fingerprint of the key that it was verified with


def sealed(manifest: Manifest, key: Ed25519PrivateKey) -> bytes:
    """Return manifest.json; Ed25519 is deterministic, so the same manifest and key give the same bytes."""
    plain = manifest.model_dump(mode="json")
    signature = {
        "algorithm": "Ed25519",
        "key": fingerprint(key.public_key()),
        "value": key.sign(canonical_json(plain).encode()).hex(),
    }
    return (readable_json({"manifest": plain, "signature": signature}, indent=1) + "\n").encode()


def open_sealed(folder: str | Path, key: Ed25519PublicKey) -> Opened:
    """Return what a folder holds once its signature and every hash are verified; else one ArtefactError says why."""
    folder = Path(folder)
    where = str(folder / MANIFEST)
    plain, signature = _halves(_bytes(folder, MANIFEST), where)
    _check_signature(plain, signature, key, where)
    try:
        manifest = Manifest.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"]) or "manifest"
        raise ArtefactError(f"{at}: {first['msg']}", where=where, mend=AGAIN) from None
    files = {name: _bytes(folder, name) for name in SEALED}
    for name, content in files.items():
        if hashlib.sha256(content).hexdigest() != manifest.files[name]:
            raise ArtefactError(
                "was changed after it was signed",
                where=str(folder / name),
                rule="its sha256 is the one in the signed manifest",
                mend=AGAIN,
            )
    return Opened(manifest, files, fingerprint(key))


def _bytes(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        raise ArtefactError(
            f"there is no {name}",
            where=str(folder),
            rule=f"an export holds {MANIFEST}, {', '.join(SEALED)}",
            mend=AGAIN,
        ) from None
    except OSError as error:
        raise ArtefactError(f"cannot be read: {error.strerror}", where=str(folder / name)) from None


def _halves(text: bytes, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return manifest and signature as plain data, their format and version checked."""
    try:
        document = read_json(text, where=where)
    except RuleError as error:
        raise ArtefactError(f"is broken: {error.what}", where=where, mend=AGAIN) from None
    plain = document.get("manifest") if isinstance(document, dict) else None
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise ArtefactError("is no manifest of a policy", where=where, rule=f"its format is {FORMAT!r}", mend=AGAIN)
    if plain.get("version") != VERSION:
        raise ArtefactError(
            f"has version {plain.get('version')!r}",
            where=where,
            rule=f"this release reads version {VERSION}",
            mend=AGAIN,
        )
    signature = document.get("signature") if isinstance(document, dict) else None
    if not isinstance(signature, dict):
        raise ArtefactError("is not signed", where=where, rule="only signed policies are used", mend=AGAIN)
    return plain, signature


def _check_signature(plain: dict[str, Any], signature: dict[str, Any], key: Ed25519PublicKey, where: str) -> None:
    # What the signature says of its own key is a hint for the message; only `key` decides.
    if signature.get("key") != fingerprint(key):
        raise ArtefactError(
            f"is signed by another key than the trusted one ({fingerprint(key)[:16]}…)",
            where=where,
            rule="only what is signed by a key that you named, or by your own, is used",
            mend="get the signer's public_key.pem by a way that you trust and name it with --key",
        )
    try:
        key.verify(bytes.fromhex(str(signature.get("value"))), canonical_json(plain).encode())
    except (InvalidSignature, ValueError, RuleError, RecursionError):  # ValueError: no hexadecimal digits, half a sign
        raise ArtefactError(
            "was changed after it was signed", where=where, rule="its signature is that of its content", mend=AGAIN
        ) from None
