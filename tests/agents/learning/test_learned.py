"""A learned policy on disk: the same again, nothing unpickled, any change noticed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch as th
from tests.agents.conftest import Seen
from tests.agents.toy import toy_net

from evenhand.agents import GreedyTuning, LearnedPolicy
from evenhand.agents.learning.network import CandidateNet
from evenhand.errors import ArtefactError


@pytest.fixture
def policy(seen: Seen) -> LearnedPolicy:
    settings = toy_net(seen.setup, tuning=GreedyTuning(periods=2.0, caution=0.1))
    th.manual_seed(4)
    net = CandidateNet(**settings.kwargs())
    th.nn.init.normal_(net.score.weight, std=0.5)
    weights = {name: value.detach().numpy().copy() for name, value in net.state_dict().items()}
    return LearnedPolicy(settings, weights, name="learned", manifest={"steps": 12_000, "seed": 7})


def edited(folder: Path, **changes: object) -> None:
    head = json.loads((folder / "policy.json").read_text())
    (folder / "policy.json").write_text(json.dumps(head | changes))


def test_a_policy_comes_back_as_it_was(policy: LearnedPolicy, seen: Seen, tmp_path: Path) -> None:
    again = LearnedPolicy.load(policy.save(tmp_path / "policy"))
    assert (again.settings, again.manifest, again.name) == (policy.settings, policy.manifest, policy.name)
    np.testing.assert_array_equal(again.logits(seen.observations), policy.logits(seen.observations))
    again.reset(0)
    assert repr(again) == "LearnedPolicy('learned', 12,000 steps)"


def test_saving_twice_gives_the_same_bytes(policy: LearnedPolicy, tmp_path: Path) -> None:
    policy.save(tmp_path / "one")
    LearnedPolicy.load(tmp_path / "one").save(tmp_path / "two")
    for name in ("policy.json", "weights.npz"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_it_chooses_the_highest_logit_among_the_valid(policy: LearnedPolicy, seen: Seen) -> None:
    chosen = policy.choose(seen.observations, seen.masks)
    logits = np.where(seen.masks, policy.logits(seen.observations), -np.inf)
    assert (logits[np.arange(len(chosen)), chosen] == logits.max(axis=1)).all()


def test_changed_weights_are_noticed(policy: LearnedPolicy, tmp_path: Path) -> None:
    policy.save(tmp_path)
    changed = {**policy.weights, "score.weight": policy.weights["score.weight"] * np.float32(1.01)}
    np.savez(tmp_path / "weights.npz", **changed)  # type: ignore[arg-type]
    with pytest.raises(ArtefactError, match="was changed or is of another version"):
        LearnedPolicy.load(tmp_path)


@pytest.mark.parametrize("key", ["settings", "manifest", "name"])
def test_changed_settings_are_noticed(policy: LearnedPolicy, tmp_path: Path, key: str) -> None:
    """Greedy's tuning decides as much as the weights do, and the manifest says where a policy comes from."""
    head = json.loads((policy.save(tmp_path) / "policy.json").read_text())
    other = "other" if key == "name" else {**head[key], "horizon": 9}
    edited(tmp_path, **{key: other})
    with pytest.raises(ArtefactError, match="was changed"):
        LearnedPolicy.load(tmp_path)


@pytest.mark.parametrize("text", ["[]", "{}", '"policy"', "{", '{"format": "evenhand-policy-9"}'])
def test_a_head_that_is_none_is_refused(policy: LearnedPolicy, tmp_path: Path, text: str) -> None:
    policy.save(tmp_path)
    (tmp_path / "policy.json").write_text(text)
    with pytest.raises(ArtefactError):
        LearnedPolicy.load(tmp_path)


def test_nothing_is_unpickled(policy: LearnedPolicy, tmp_path: Path) -> None:
    policy.save(tmp_path)
    np.savez(tmp_path / "weights.npz", weights=np.array([print], dtype=object))
    with pytest.raises(ArtefactError, match="allow_pickle"):
        LearnedPolicy.load(tmp_path)
    np.save(tmp_path / "weights.npy", np.array([print], dtype=object))
    (tmp_path / "weights.npy").replace(tmp_path / "weights.npz")
    with pytest.raises(ArtefactError, match="allow_pickle"):
        LearnedPolicy.load(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.97])
def test_cut_off_weights_are_one_readable_error(policy: LearnedPolicy, tmp_path: Path, share: float) -> None:
    policy.save(tmp_path)
    whole = (tmp_path / "weights.npz").read_bytes()
    (tmp_path / "weights.npz").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ArtefactError, match="no policy can be read"):
        LearnedPolicy.load(tmp_path)


def test_a_plain_array_is_no_policy_and_a_missing_one_says_what_to_do(policy: LearnedPolicy, tmp_path: Path) -> None:
    policy.save(tmp_path)
    np.save(tmp_path / "weights.npy", np.zeros(3))
    (tmp_path / "weights.npy").replace(tmp_path / "weights.npz")
    with pytest.raises(ArtefactError, match="no policy can be read"):
        LearnedPolicy.load(tmp_path)
    with pytest.raises(ArtefactError, match="mend: train one"):
        LearnedPolicy.load(tmp_path / "nowhere")
