"""The ONNX graph is the network: same logits, same choices, same bytes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch as th
from numpy.typing import NDArray
from tests.agents.conftest import Seen
from tests.agents.export.conftest import learned
from tests.agents.toy import Toy, toy_net

from evenhand.agents import Greedy, LearnedPolicy, PopulationPool, RandomValid
from evenhand.agents.baselines.greedy import greedy_scores
from evenhand.agents.export.graph import PARITY, logits_graph, parity
from evenhand.agents.learning.network import CandidateNet
from evenhand.agents.policy import Masks, Observations
from evenhand.envs import Setup, World
from evenhand.errors import ArtefactError

HALF = 5_000  # observations of each kind


def run(graph: bytes, observations: Observations) -> NDArray[np.float32]:
    session = ort.InferenceSession(graph, providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {"observations": observations})
    return np.asarray(logits)


def moments(setup: Setup, toy: Toy) -> Iterator[tuple[Observations, Masks]]:
    """Yield what random policies are shown in 128 populations side by side, period by period."""
    pool = PopulationPool(toy.simulator, first_seed=40, count=128, n_customers=60)
    world, policy = World(setup), RandomValid()
    policy.reset(3)
    for episode in range(HALF // (128 * setup.horizon) + 1):
        world.reset([pool(k) for k in range(128)], np.arange(128, dtype=np.uint64) + 1000 * episode)
        done = False
        while not done:
            yield world.observation.copy(), world.allowed()
            done = world.step(policy.choose(world.observation, world.allowed()))[-1]


@pytest.fixture(scope="module")
def ten_thousand(seen: Seen, toy: Toy) -> tuple[Observations, Masks]:
    """Half of them from roll-outs, half random, with random masks that always allow holding."""
    observations, masks = (np.concatenate(part)[:HALF] for part in zip(*moments(seen.setup, toy), strict=True))
    rng = np.random.default_rng(1)
    random = rng.standard_normal((HALF, observations.shape[1])).astype(np.float32)
    allowed = rng.random((HALF, masks.shape[1])) < 0.5
    allowed[:, 0] = True
    return np.concatenate([observations, random]), np.concatenate([masks, allowed])


@pytest.mark.parametrize(
    "parts",
    [{}, {"residual": False}, {"uncertainty": False}],
    ids=["on top of greedy", "without greedy", "without standard errors"],
)
def test_ten_thousand_observations_get_the_same_logits_and_the_same_choice(
    seen: Seen, ten_thousand: tuple[Observations, Masks], parts: dict[str, bool]
) -> None:
    observations, masks = ten_thousand
    policy = learned(seen.setup, **parts)
    found, wanted = run(logits_graph(policy), observations), policy.logits(observations)
    assert len(observations) == 2 * HALF
    half = np.abs(found - wanted)[:HALF].max(), np.abs(found - wanted)[HALF:].max()
    assert half[0] <= 2e-5, half  # real ones: logits up to about 30
    assert half[1] <= 2e-3, half  # random ones: up to about 2,000, of float32's relative 1e-7
    np.testing.assert_array_equal(
        np.where(masks, found, -np.inf).argmax(axis=1), np.where(masks, wanted, -np.inf).argmax(axis=1)
    )


def test_an_untrained_graph_is_greedy(seen: Seen, policy: LearnedPolicy) -> None:
    """An oracle without torch: with a residual of zero, logits are sharpness times greedy_scores."""
    flat = {**policy.weights, "score.weight": np.zeros_like(policy.weights["score.weight"])}
    settings = policy.settings
    greedy = Greedy(settings.layout, settings.horizon, settings.edit, settings.complexity, settings.tuning)
    scores = greedy_scores(
        greedy.layout, greedy.tuning, seen.observations,
        horizon=greedy.horizon, edit=greedy.edit, complexity=greedy.complexity,
    )  # fmt: skip
    found = run(logits_graph(LearnedPolicy(settings, flat)), seen.observations)
    np.testing.assert_allclose(found, np.exp(flat["log_sharpness"]) * scores, rtol=1e-5, atol=1e-4)


def test_a_batch_of_one_gets_what_it_gets_among_others(seen: Seen, policy: LearnedPolicy) -> None:
    graph = logits_graph(policy)
    together = run(graph, seen.observations)
    alone = np.concatenate([run(graph, seen.observations[k : k + 1]) for k in range(10)])
    np.testing.assert_allclose(alone, together[:10], atol=1e-5)


def test_the_same_weights_give_the_same_bytes_and_others_do_not(seen: Seen, policy: LearnedPolicy) -> None:
    assert logits_graph(policy) == logits_graph(learned(seen.setup))
    assert logits_graph(policy) != logits_graph(learned(seen.setup, seed=5))


def test_the_file_is_small_and_holds_neither_critic_nor_machine(policy: LearnedPolicy) -> None:
    graph = logits_graph(policy)
    model = onnx.load_from_string(graph)
    assert len(graph) < 50_000
    assert not [array.name for array in model.graph.initializer if "value" in array.name]
    assert b"/" not in b"".join([model.producer_name.encode(), model.doc_string.encode(), model.graph.name.encode()])
    assert model.metadata_props == []


def test_the_graph_of_another_network_is_refused(seen: Seen, policy: LearnedPolicy) -> None:
    assert 0 <= parity(policy, logits_graph(policy)) < PARITY
    with pytest.raises(ArtefactError, match="differs from the network"):
        parity(policy, logits_graph(learned(seen.setup, seed=5)))


def test_every_weight_of_the_actor_moves_the_graph(seen: Seen, policy: LearnedPolicy) -> None:
    """A weight that the graph forgot would leave its logits as they are."""
    net = CandidateNet(**toy_net(seen.setup).kwargs())
    net.forward_actor(th.from_numpy(seen.observations)).sum().backward()
    actor = [name for name, weight in net.named_parameters() if weight.grad is not None]
    before = run(logits_graph(policy), seen.observations)
    for name in actor:
        moved = {**policy.weights, name: np.asarray(policy.weights[name] + np.float32(0.1))}
        after = run(logits_graph(LearnedPolicy(policy.settings, moved)), seen.observations)
        assert np.abs(after - before).max() > 1e-4, name
