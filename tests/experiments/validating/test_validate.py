"""A simulated trial: the gate ships a gain without harm, stops harm, and a policy is tried once."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.experiments.conftest import Business
from tests.experiments.validating.made_up import twins

from evenhand.agents.export.seal import Opened, open_sealed
from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.exporting import export_step
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.gate import Decision, decide
from evenhand.experiments.trial.register import register
from evenhand.experiments.validating import validate
from evenhand.experiments.validating.finding import evidence_of
from evenhand.experiments.validating.planning import draft_plan
from evenhand.experiments.validating.twins import Twins
from evenhand.segments import content_hash

NOW = datetime(2026, 3, 2, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def decided(business: Business, found: Twins, folder: Path) -> Decision:
    pilot = twins(16, gain=0.0, attributes=len(business.simulator.protected), groups=found.members.shape[2])
    plan = draft_plan(
        pilot, simulator=business.simulator, setup=business.setup, populations=len(found.today), n_customers=400,
        name="trial", today_sha256="a" * 64, policy_sha256="b" * 64,
    )  # fmt: skip
    registered = register(plan, folder / "plan.json", now=NOW)
    return decide(registered, evidence_of(registered, found, simulator=business.simulator, setup=business.setup))


@pytest.mark.parametrize(
    ("gain", "leaving", "gap", "verdict", "word"),
    [
        (0.2, 0.0, 0.0, "SHIP", "profit is shown to be better"),
        (0.0, 0.0, 0.0, "HOLD", "No primary metric"),
        (-0.5, 0.0, 0.0, "STOP", "profit"),
        (0.2, 0.05, 0.0, "STOP", "lost"),
        (0.2, 0.0, 0.3, "STOP", "against"),
    ],
)
def test_a_gain_without_harm_ships_and_harm_of_any_kind_stops(
    gain: float, leaving: float, gap: float, verdict: str, word: str, business: Business, tmp_path: Path
) -> None:
    n_groups = max(len(attribute.groups) for attribute in business.simulator.protected)
    found = twins(
        100, gain=gain, leaving=leaving, gap=gap, attributes=len(business.simulator.protected), groups=n_groups
    )
    decision = decided(business, found, tmp_path)
    assert decision.verdict == verdict
    assert word in " ".join(decision.reasons)
    assert "All numbers are simulated." in decision.remarks
    assert decision.level == ("validated" if verdict == "SHIP" else "candidate")


@pytest.fixture(scope="module")
def study(shop_study: StudyFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tried") / "study"
    shutil.copytree(shop_study.path, path, ignore=shutil.ignore_patterns("export", "validation"))
    export_step(StudyFolder(path), key=KEY)
    return path


@pytest.fixture(scope="module")
def opened(study: Path) -> Opened:
    return open_sealed(study / "export", KEY.public_key())


def test_a_policy_is_tried_once_under_a_registered_plan_and_an_edited_record_is_refused(
    study: Path, opened: Opened
) -> None:
    first = validate(study, opened, now=NOW, populations=32, customers=100)
    record = first.record
    assert record.policy_sha256 == content_hash(opened.manifest.model_dump(mode="json"))
    assert (record.evidence.origin, record.plan.arm("policy").kind) == ("simulated", "policy")
    assert record.registered <= record.decided
    again = validate(study, opened, now=datetime(2027, 1, 1, tzinfo=UTC), populations=64)
    assert again.known
    assert again.record == record

    file = first.folder / "record.json"
    edited = json.loads(file.read_text())
    edited["decision"]["verdict"] = "SHIP" if record.decision.verdict != "SHIP" else "HOLD"
    file.chmod(0o644)
    whole = file.read_text()
    file.write_text(json.dumps(edited))
    try:
        with pytest.raises(ArtefactError, match="was edited"):
            validate(study, opened, now=NOW)
    finally:
        file.write_text(whole)


def test_what_is_no_trial_is_refused(study: Path, opened: Opened, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(study, other, ignore=shutil.ignore_patterns("validation"))
    with pytest.raises(DataError, match="3 populations"):
        validate(other, opened, now=NOW, populations=3)
    today = json.loads((other / "today.json").read_text())
    today["default"]["name"] = "Another default"
    (other / "today.json").write_text(json.dumps(today))
    with pytest.raises(ArtefactError, match="another simulator or segmentation"):
        validate(other, opened, now=NOW)
