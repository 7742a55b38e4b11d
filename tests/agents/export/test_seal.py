"""A sealed folder opens whole under the right key, and every way of tampering has one readable error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evenhand.agents.export.manifest import SEALED
from evenhand.agents.export.seal import open_sealed, sealed
from evenhand.errors import ArtefactError
from evenhand.registry.keys import fingerprint

GONE = object()


def edit(folder: Path, at: str, value: object) -> None:
    """Set what stands at a path of keys in manifest.json, or take it away."""
    file = folder / "manifest.json"
    document = json.loads(file.read_text())
    *parents, last = at.split("/")
    inner: Any = document
    for key in parents:
        inner = inner[int(key) if key.isdigit() else key]
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    file.write_text(json.dumps(document))


def test_it_opens_under_its_key_with_the_bytes_that_were_verified(export: Path, key: Ed25519PrivateKey) -> None:
    opened = open_sealed(export, key.public_key())
    assert opened.files == {name: (export / name).read_bytes() for name in SEALED}
    assert opened.signer == fingerprint(key.public_key())
    assert opened.manifest.evidence == "candidate"
    assert sealed(opened.manifest, key) == (export / "manifest.json").read_bytes()


def test_white_space_and_the_order_of_keys_are_not_signed(export: Path, key: Ed25519PrivateKey) -> None:
    file = export / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()), sort_keys=True, indent=7))
    assert open_sealed(export, key.public_key()).manifest.name == "learned"


def test_another_key_does_not_open_it_whatever_the_file_claims(export: Path) -> None:
    other = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(ArtefactError, match=r"is signed by another key .* --key"):
        open_sealed(export, other)
    edit(export, "signature/key", fingerprint(other))
    with pytest.raises(ArtefactError, match="was changed after it was signed"):
        open_sealed(export, other)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("manifest/evidence", "proven"),
        ("manifest/name", "better"),
        ("manifest/files/policy.onnx", "0" * 64),
        ("manifest/metrics/profit", 1e9),
        ("manifest/constraints/0/tolerance", 0.9),
        ("manifest/surrogate", "\ud800"),
        ("signature/value", ""),
        ("signature/value", "00" * 64),
        ("signature/value", "no digits"),
        ("signature/value", None),
    ],
)
def test_a_changed_manifest_or_signature_is_noticed(
    export: Path, key: Ed25519PrivateKey, at: str, value: object
) -> None:
    edit(export, at, value)
    with pytest.raises(ArtefactError, match=r"manifest\.json: was changed after it was signed"):
        open_sealed(export, key.public_key())


@pytest.mark.parametrize("name", SEALED)
def test_a_changed_file_is_noticed_and_named(export: Path, key: Ed25519PrivateKey, name: str) -> None:
    content = bytearray((export / name).read_bytes())
    content[len(content) // 2] ^= 1
    (export / name).write_bytes(content)
    with pytest.raises(ArtefactError, match=rf"{name}: was changed after it was signed"):
        open_sealed(export, key.public_key())


@pytest.mark.parametrize("name", [*SEALED, "manifest.json"])
def test_a_missing_file_is_named(export: Path, key: Ed25519PrivateKey, name: str) -> None:
    (export / name).unlink()
    with pytest.raises(ArtefactError, match=f"there is no {name}"):
        open_sealed(export, key.public_key())


@pytest.mark.parametrize("name", [*SEALED, "manifest.json"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.97])
def test_a_cut_off_file_is_one_readable_error(export: Path, key: Ed25519PrivateKey, name: str, share: float) -> None:
    content = (export / name).read_bytes()
    (export / name).write_bytes(content[: int(share * len(content))])
    with pytest.raises(ArtefactError, match=name):
        open_sealed(export, key.public_key())


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        ("signature", GONE, "is not signed"),
        ("signature", "none", "is not signed"),
        ("signature/key", GONE, "is signed by another key"),
        ("manifest/version", 2, "has version 2 .* this release reads version 1"),
        ("manifest/format", "evenhand simulator", "is no manifest of a policy"),
        ("manifest", GONE, "is no manifest of a policy"),
    ],
)
def test_what_is_missing_or_of_another_version_is_said(
    export: Path, key: Ed25519PrivateKey, at: str, value: object, message: str
) -> None:
    edit(export, at, value)
    with pytest.raises(ArtefactError, match=message):
        open_sealed(export, key.public_key())


@pytest.mark.parametrize(
    "text", ["[]", "null", "{", '"x"', '{"manifest": {}, "manifest": {}}', "[" * 100_000, "\x00", '{"a": NaN}']
)
def test_what_is_no_manifest_is_refused(export: Path, key: Ed25519PrivateKey, text: str) -> None:
    (export / "manifest.json").write_text(text)
    with pytest.raises(ArtefactError, match=r"is broken|is no manifest"):
        open_sealed(export, key.public_key())


def test_a_signed_manifest_that_says_more_than_it_may_is_refused(export: Path, key: Ed25519PrivateKey) -> None:
    """Whoever holds the key may not call an export proven either."""
    manifest = open_sealed(export, key.public_key()).manifest
    claims = manifest.model_copy(update={"evidence": "proven"})
    (export / "manifest.json").write_bytes(sealed(claims, key))
    with pytest.raises(ArtefactError, match="evidence: Input should be 'candidate'"):
        open_sealed(export, key.public_key())
