"""Ed25519 keys: one of your own that signs what you export, and the public keys of others that you trust."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from evenhand.errors import ArtefactError

__all__ = ["fingerprint", "key_file", "public_pem", "read_public_key", "signing_key", "trusted_key"]

OTHERS = 0o077  # permission bits of everybody but the owner


def key_file() -> Path:
    """Return where your own key is kept: `evenhand/signing_key.pem` in your configuration folder."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "evenhand" / "signing_key.pem"


def signing_key(file: Path | None = None) -> Ed25519PrivateKey:
    """Return your own key, made on first use, readable by you alone; ArtefactError where others can read it."""
    file = file or key_file()
    if not file.exists():
        _make(file)
    if file.stat().st_mode & OTHERS:
        raise ArtefactError(
            "can be read by others",
            where=str(file),
            rule="a signing key is its owner's alone",
            mend=f"chmod 600 {file}",
        )
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it asks for a password
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ArtefactError(
            "is no Ed25519 private key",
            where=str(file),
            mend="move it away, and a new one is made; old exports stay valid",
        )
    return key


def _make(file: Path) -> None:
    """Write a new key whole or not at all; of two that are made at once the first one stays."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, partial = tempfile.mkstemp(dir=file.parent)  # mode 0600 from its first moment
    try:
        with os.fdopen(handle, "wb") as out:
            pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            out.write(pem)
        os.link(partial, file)
    except FileExistsError:
        pass
    finally:
        os.unlink(partial)


def public_pem(key: Ed25519PublicKey) -> bytes:
    """Return a public key as the text that is handed to others."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return what two people compare to know that they mean the same key: SHA-256 of its 32 bytes, 64 digits."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def read_public_key(file: Path) -> Ed25519PublicKey:
    """Read a public key that you trust; ArtefactError when the file is none."""
    try:
        key = load_pem_public_key(file.read_bytes())
    except OSError as error:
        raise ArtefactError(f"cannot be read: {error.strerror}", where=str(file)) from None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ArtefactError("is no Ed25519 public key", where=str(file), mend="use the public_key.pem of an export")
    return key


def trusted_key(pinned: Path | None = None) -> Ed25519PublicKey:
    """Return the key to verify with: the `pinned` one, else your own.

    Never the one that lies beside an export: whoever changes the export changes that file too.
    """
    if pinned is not None:
        return read_public_key(pinned)
    if not key_file().exists():
        raise ArtefactError(
            "there is no key to verify with",
            rule="a signature proves something only under a key that you already trust",
            mend="get the signer's public_key.pem by a way that you trust and name it with --key",
        )
    return signing_key().public_key()
