"""A study leaves as a signed folder that chooses as its policy does, and says no more than the evidence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evenhand.agents.export.seal import open_sealed
from evenhand.agents.export.served import OnnxPolicy
from evenhand.agents.rollout import PopulationPool, roll_out
from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.exporting import Exported, export_step
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.setup import setup_of
from evenhand.registry.keys import fingerprint

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.fixture(scope="module")
def exported(shop_study: StudyFolder, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export_step(shop_study, tmp_path_factory.mktemp("out") / "policy", key=KEY)


def test_it_does_in_the_studys_own_environment_what_the_learned_policy_does(
    shop_study: StudyFolder, exported: Exported
) -> None:
    served = OnnxPolicy.load(exported.folder, key=KEY.public_key())
    simulator = shop_study.simulator()
    setup = setup_of(simulator, shop_study.today(), shop_study.settings())
    pool = PopulationPool(simulator, first_seed=3, count=4, n_customers=100)
    mine, wanted = (roll_out(one, setup, pool, range(4)) for one in (served, shop_study.policies()[0]))
    np.testing.assert_array_equal(mine.profit, wanted.profit)


def test_the_manifest_holds_what_it_takes_to_trace_and_repeat_it(shop_study: StudyFolder, exported: Exported) -> None:
    manifest = open_sealed(exported.folder, KEY.public_key()).manifest
    assert manifest == exported.manifest
    made = manifest.training
    assert (made.simulator.sha256, made.segmentation_sha256) == (shop_study.simulator().hash, shop_study.today().hash)
    assert made.settings == shop_study.settings().model_dump(mode="json")
    assert made.hyperparameters["gamma"] == 1.0
    assert made.record == shop_study.policies()[0].manifest
    assert [point["steps"] for point in made.curve]
    evaluation = shop_study.read_plain("evaluation.json")
    chosen = next(row for row in evaluation["policies"] if row["name"] == "learned")
    assert manifest.metrics["policy"] == chosen
    assert manifest.constraints[0]["groups"] == ["45 up", "under 45"]
    assert manifest.parity < 1e-5
    assert exported.signer == fingerprint(KEY.public_key())


def test_the_same_study_and_key_give_the_same_bytes_in_the_place_of_the_old(
    shop_study: StudyFolder, exported: Exported
) -> None:
    before = {path.name: path.read_bytes() for path in exported.folder.iterdir()}
    export_step(shop_study, exported.folder, key=KEY)
    assert {path.name: path.read_bytes() for path in exported.folder.iterdir()} == before
    assert [path.name for path in exported.folder.parent.iterdir()] == ["policy"]


def test_a_folder_of_other_things_is_not_overwritten(shop_study: StudyFolder, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"manifest": {"format": "evenhand customers"}}))
    for place in (tmp_path, tmp_path / "manifest.json"):
        with pytest.raises(ArtefactError, match="exists and is no exported policy"):
            export_step(shop_study, place, key=KEY)


def test_an_unknown_seed_names_those_there_are(shop_study: StudyFolder, tmp_path: Path) -> None:
    seeds = [policy.manifest["seed"] for policy in shop_study.policies()]
    with pytest.raises(DataError, match=rf"had seed 5 .* choose one of {seeds[0]}"):
        export_step(shop_study, tmp_path / "policy", seed=5, key=KEY)


def test_without_evidence_there_is_no_export(shop_study: StudyFolder, tmp_path: Path) -> None:
    study = StudyFolder(shutil.copytree(shop_study.path, tmp_path / "study"))
    (study.path / "evaluation.json").unlink()
    with pytest.raises(ArtefactError, match=r"there is no evaluation\.json .* run `evenhand evaluate"):
        export_step(study, key=KEY)
    assert not (study.path / "export").exists()
