"""An exported policy on its way in: whole, and signed by somebody whose key this server was told to trust."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evenhand.agents.export.manifest import SEALED
from evenhand.agents.export.seal import MANIFEST, Opened, open_sealed
from evenhand.errors import ArtefactError, DataError, RuleError
from evenhand.registry.keys import fingerprint, public_pem, read_public_key
from evenhand.segments.canonical import read_json

__all__ = ["FILES", "trust", "trusted_keys", "verified"]

FILES = (MANIFEST, *SEALED)


def trust(data_dir: Path, key: Ed25519PublicKey) -> Path:
    """Keep a signer's public key, whose policies are taken from now on."""
    file = data_dir / "trusted" / f"{fingerprint(key)[:16]}.pem"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(public_pem(key))
    return file


def trusted_keys(data_dir: Path) -> dict[str, Ed25519PublicKey]:
    """Return the keys whose policies are taken, by fingerprint."""
    keys = [read_public_key(file) for file in sorted((data_dir / "trusted").glob("*.pem"))]
    return {fingerprint(key): key for key in keys}


def verified(files: Mapping[str, bytes], trusted: Mapping[str, Ed25519PublicKey]) -> Opened:
    """Return what an export's files hold; ArtefactError unless a trusted key signed them and every hash holds."""
    if set(files) != set(FILES):
        raise DataError(f"{len(files)} files were sent", where="files", rule=f"all of {', '.join(FILES)}, once each")
    key = trusted.get(_signer(files[MANIFEST]))
    if key is None:
        raise ArtefactError(
            "is signed by nobody whom this server trusts", where=MANIFEST, rule="the key of the signer is known here",
            mend="an operator puts the signer's public_key.pem into the folder `trusted` of the data folder",
        )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="evenhand-upload-") as folder:
        for name in FILES:
            (Path(folder) / name).write_bytes(files[name])
        return _opened(Path(folder), key)


def _opened(folder: Path, key: Ed25519PublicKey) -> Opened:
    try:
        return open_sealed(folder, key)
    except ArtefactError as error:  # which folder of this machine it was is nobody's business
        where = Path(error.where or "").name if error.where else None
        raise ArtefactError(error.what, where=where, rule=error.rule, mend=error.mend) from None


def _signer(manifest: bytes) -> str:
    try:
        document: Any = read_json(manifest, where=MANIFEST)
    except RuleError as error:
        raise ArtefactError(f"is broken: {error.what}", where=MANIFEST) from None
    signature = document.get("signature") if isinstance(document, dict) else None
    return str(signature.get("key")) if isinstance(signature, dict) else ""
