"""The served policy chooses what the learned one chooses, and never loads torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.agents.conftest import Seen

from evenhand.agents import LearnedPolicy, PopulationPool, roll_out
from evenhand.agents.export.graph import logits_graph
from evenhand.agents.export.manifest import Manifest
from evenhand.agents.export.seal import open_sealed
from evenhand.agents.export.served import OnnxPolicy
from evenhand.errors import ArtefactError


@pytest.fixture
def served(export: Path, key: Ed25519PrivateKey) -> OnnxPolicy:
    return OnnxPolicy.load(export, key=key.public_key())


def test_whole_episodes_go_as_with_the_learned_policy(
    served: OnnxPolicy, policy: LearnedPolicy, seen: Seen, pool: PopulationPool
) -> None:
    mine, wanted = (roll_out(one, seen.setup, pool, range(pool.count)) for one in (served, policy))
    np.testing.assert_array_equal(mine.profit, wanted.profit)
    assert repr(served) == "OnnxPolicy('learned', candidate, seed 7)"


def test_a_pinned_key_file_serves_as_well(export: Path, seen: Seen) -> None:
    chosen = OnnxPolicy.load(export, key=export / "public_key.pem").choose(seen.observations, seen.masks)
    assert chosen.dtype == np.int64
    assert seen.masks[np.arange(len(chosen)), chosen].all()


def test_observations_of_another_shape_are_refused(served: OnnxPolicy, seen: Seen) -> None:
    for wrong in (seen.observations[:, 1:], seen.observations[0]):
        with pytest.raises(ArtefactError, match=r"do not fit .* 3 segments and campaigns none, A"):
            served.logits(wrong)


def test_a_policy_that_sees_other_things_than_this_release_shows_is_refused(
    export: Path, key: Ed25519PrivateKey, policy: LearnedPolicy
) -> None:
    manifest = open_sealed(export, key.public_key()).manifest
    scale = (2.0, *manifest.observation.candidate_scale[1:])
    other = manifest.observation.model_copy(update={"candidate_scale": scale})
    changed: Manifest = manifest.model_copy(update={"observation": other})
    with pytest.raises(ArtefactError, match=r"sees other things .* use Evenhand 0\.1\.0"):
        OnnxPolicy(changed, logits_graph(policy))


def test_serving_never_loads_torch(export: Path, seen: Seen, tmp_path: Path) -> None:
    """In a process of its own: what other tests have loaded does not count."""
    np.savez(tmp_path / "seen.npz", observations=seen.observations, masks=seen.masks)
    script = """
import sys
from pathlib import Path
import numpy as np
from evenhand.agents.export.served import OnnxPolicy
export, seen = Path(sys.argv[1]), np.load(sys.argv[2])
policy = OnnxPolicy.load(export, key=export / "public_key.pem")
print(policy.choose(seen["observations"], seen["masks"]).sum())
print(sorted({name.split(".")[0] for name in sys.modules} & {"torch", "stable_baselines3", "sb3_contrib", "onnx"}))
"""
    command = [sys.executable, "-c", script, str(export), str(tmp_path / "seen.npz")]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    chosen, loaded = ended.stdout.splitlines()
    assert int(chosen) > 0
    assert loaded == "[]"
