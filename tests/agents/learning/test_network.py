"""The parts of the network that can be left out, to learn what they are worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch as th
from tests.agents.conftest import Seen
from tests.agents.toy import toy_net

from evenhand.agents import GreedyTuning, NetSettings
from evenhand.agents.learning.network import CandidateNet
from evenhand.envs.candidates import CANDIDATE_FEATURES


def logits(settings: NetSettings, observations: np.ndarray) -> np.ndarray:
    th.manual_seed(0)
    net = CandidateNet(**settings.kwargs())
    th.nn.init.normal_(net.score.weight)
    with th.no_grad():
        return np.asarray(net.forward_actor(th.from_numpy(observations)).numpy())


def test_without_uncertainty_nothing_hangs_on_standard_errors(seen: Seen) -> None:
    settings = toy_net(seen.setup, tuning=GreedyTuning(caution=0.5))
    layout = settings.layout
    surer = seen.observations.copy()
    table = surer[:, layout.n_context :].reshape(len(surer), layout.n_rows, layout.width)
    assert table[:, :, CANDIDATE_FEATURES.index("gain_sd")].any()
    table[:, :, CANDIDATE_FEATURES.index("gain_sd")] *= 0.5
    assert (logits(settings, surer) != logits(settings, seen.observations)).any()
    blind = replace(settings, uncertainty=False)
    np.testing.assert_array_equal(logits(blind, surer), logits(blind, seen.observations))


def test_without_the_residual_an_untrained_network_prefers_nothing(seen: Seen) -> None:
    bare = CandidateNet(**toy_net(seen.setup, residual=False).kwargs())
    assert not bare.forward_actor(th.from_numpy(seen.observations)).any()
