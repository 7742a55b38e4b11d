"""Keys: your own is made once and is yours alone; what is no key says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from evenhand.errors import ArtefactError
from evenhand.registry.keys import (
    fingerprint,
    key_file,
    public_pem,
    read_public_key,
    signing_key,
    trusted_key,
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def test_the_first_use_makes_a_key_that_later_uses_find() -> None:
    first = signing_key()
    assert fingerprint(signing_key().public_key()) == fingerprint(first.public_key())
    assert key_file().stat().st_mode & 0o777 == 0o600
    assert [path.name for path in key_file().parent.iterdir()] == ["signing_key.pem"]


def test_two_homes_have_two_keys(home: Path) -> None:
    one, two = signing_key(home / "one.pem"), signing_key(home / "two.pem")
    assert fingerprint(one.public_key()) != fingerprint(two.public_key())


def test_a_key_that_others_can_read_is_not_used() -> None:
    signing_key()
    key_file().chmod(0o644)
    with pytest.raises(ArtefactError, match=r"can be read by others .* chmod 600"):
        signing_key()


def test_what_is_no_key_of_ours_is_refused(home: Path) -> None:
    elliptic = generate_private_key(SECP256R1())
    locked = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")
    )
    other = elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for k, content in enumerate((b"", b"nonsense", locked, other)):
        file = home / f"{k}.pem"
        file.write_bytes(content)
        file.chmod(0o600)
        with pytest.raises(ArtefactError, match="is no Ed25519 private key"):
            signing_key(file)
    public = elliptic.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for content in (b"", b"nonsense", other, public):
        (home / "public.pem").write_bytes(content)
        with pytest.raises(ArtefactError, match="is no Ed25519 public key"):
            read_public_key(home / "public.pem")
    with pytest.raises(ArtefactError, match="cannot be read: No such file"):
        read_public_key(home / "nowhere.pem")


def test_a_pinned_key_goes_before_your_own_and_without_either_nothing_is_trusted(home: Path) -> None:
    with pytest.raises(ArtefactError, match=r"there is no key to verify with .* name it with --key"):
        trusted_key()
    pinned = Ed25519PrivateKey.generate().public_key()
    (home / "pinned.pem").write_bytes(public_pem(pinned))
    own = signing_key().public_key()
    assert fingerprint(trusted_key()) == fingerprint(own)
    assert fingerprint(trusted_key(home / "pinned.pem")) == fingerprint(pinned)
