"""`evenhand export` and `evenhand verify` as a person uses them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.evenhand.conftest import Command


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's configuration folder, empty so far."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config"


def test_a_study_is_exported_and_verified_and_tampering_is_one_line(study: Path, evenhand: Command, home: Path) -> None:
    assert "there is no evaluation.json" in evenhand("export", "study").complaint
    assert evenhand("train", "study", "--tiny", "--steps", 416).status == 0
    assert evenhand("evaluate", "study").status == 0

    first = evenhand("export", "study")
    assert (first.status, first.err) == (0, "")
    lines = first.out.splitlines()
    assert lines[0].startswith(f"A signing key of your own was made: {home / 'evenhand' / 'signing_key.pem'}")
    assert "Evidence level: candidate (simulated only)" in lines[1]
    assert lines[-2:] == ["Export: study/export", "Next: evenhand verify study/export"]
    again = evenhand("export", "study", "--seed", 1000, "--out", "policy")
    assert "A signing key" not in again.out
    assert "choose one of 1000" in evenhand("export", "study", "--seed", 7).complaint

    for arguments in (["study/export"], ["policy", "--key", "study/export/public_key.pem"]):
        verified = evenhand("verify", *arguments)
        assert verified.status == 0
        assert verified.out.startswith("Verified: every file is as it was signed by ")
    card = study / "export" / "card.md"
    card.write_text(card.read_text().replace("Candidate", "Proven"))
    assert "card.md: was changed after it was signed" in evenhand("verify", "study/export").complaint


def test_what_cannot_be_verified_says_why(tmp_path: Path, evenhand: Command) -> None:
    assert "there is no such folder" in evenhand("verify", tmp_path / "nowhere").complaint
    (tmp_path / "empty").mkdir()
    assert "there is no key to verify with" in evenhand("verify", tmp_path / "empty").complaint
    (tmp_path / "key.pem").write_text("nonsense")
    complaint = evenhand("verify", tmp_path / "empty", "--key", tmp_path / "key.pem").complaint
    assert "key.pem: is no Ed25519 public key" in complaint
