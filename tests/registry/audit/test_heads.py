"""A signed head comes back as it was, under the key that is trusted, or says why not."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evenhand.errors import ArtefactError
from evenhand.registry.audit import Head, open_head, seal_head

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HEAD = Head(1234, "ab" * 32)


@pytest.fixture
def sealed(now: datetime) -> str:
    return seal_head(HEAD, KEY, now=now)


def test_a_head_comes_back(sealed: str) -> None:
    assert open_head(sealed.encode(), KEY.public_key(), where="friday.head") == HEAD


def test_white_space_does_not_matter(sealed: str) -> None:
    tight = json.dumps(json.loads(sealed))
    assert open_head(tight.encode(), KEY.public_key(), where="friday.head") == HEAD


def test_another_key_is_told(sealed: str) -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    with pytest.raises(ArtefactError, match=r"friday\.head: was signed by another key .* --key"):
        open_head(sealed.encode(), other, where="friday.head")


@pytest.mark.parametrize(
    ("old", "new"), [("1234", "1233"), ("abab", "abac"), ("2026-03-02", "2026-03-01"), ("09:30", "09:31")]
)
def test_any_change_is_found(sealed: str, old: str, new: str) -> None:
    assert old in sealed
    with pytest.raises(ArtefactError, match="was changed after it was signed"):
        open_head(sealed.replace(old, new, 1).encode(), KEY.public_key(), where="friday.head")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"head": 1, "signature": 2}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_head_says_so(content: bytes) -> None:
    with pytest.raises(ArtefactError, match=r"friday\.head"):
        open_head(content, KEY.public_key(), where="friday.head")
