"""Stable-Baselines3's policy classes over one CandidateNet; pass the net's keyword arguments as `net_kwargs`."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch as th
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.dqn.policies import DQNPolicy
from torch import nn

from evenhand.agents.learning.network import CandidateNet
from evenhand.envs.setup import REWARD_SCALE

__all__ = ["ActorCritic", "CandidateValues", "MaskableActorCritic", "ValuePolicy", "net_of"]


def _build(policy: Any, net_kwargs: dict[str, Any], lr_schedule: Schedule) -> None:
    """Put the net and its optimiser where SB3 would build layers of its own."""
    policy.mlp_extractor = CandidateNet(**net_kwargs)
    policy.action_net = nn.Identity()
    policy.value_net = nn.Identity()
    policy.optimizer = policy.optimizer_class(policy.parameters(), lr=lr_schedule(1), **policy.optimizer_kwargs)


class MaskableActorCritic(MaskableActorCriticPolicy):
    """MaskablePPO's."""

    def __init__(self, *args: Any, net_kwargs: dict[str, Any], **kwargs: Any) -> None:
        self._net_kwargs = net_kwargs
        super().__init__(*args, **kwargs)

    def _build(self, lr_schedule: Schedule) -> None:
        _build(self, self._net_kwargs, lr_schedule)


class ActorCritic(ActorCriticPolicy):
    """PPO's: the same without masks; rows that are not valid are all zero, so the net can tell them."""

    def __init__(self, *args: Any, net_kwargs: dict[str, Any], **kwargs: Any) -> None:
        self._net_kwargs = net_kwargs
        super().__init__(*args, **kwargs)

    def _build(self, lr_schedule: Schedule) -> None:
        _build(self, self._net_kwargs, lr_schedule)


class CandidateValues(nn.Module):
    """Values of all candidates, Q(s, j) = V(s) + logit_j; greedy's score counts in the reward's own unit."""

    def __init__(self, net: CandidateNet) -> None:
        super().__init__()
        self.net = net
        with th.no_grad():
            net.log_sharpness.fill_(float(np.log(REWARD_SCALE)))

    def forward(self, observations: th.Tensor) -> th.Tensor:
        """Return (B, M)."""
        logits, value = self.net(observations)
        values: th.Tensor = logits + value
        return values

    def _predict(self, observations: th.Tensor, deterministic: bool = True) -> th.Tensor:
        best: th.Tensor = self(observations).argmax(dim=1)
        return best

    def set_training_mode(self, mode: bool) -> None:
        """Do as SB3's networks do."""
        self.train(mode)


class ValuePolicy(DQNPolicy):
    """DQN's."""

    def __init__(self, *args: Any, net_kwargs: dict[str, Any], **kwargs: Any) -> None:
        self._net_kwargs = net_kwargs
        super().__init__(*args, **kwargs)

    def make_q_net(self) -> CandidateValues:  # type: ignore[override]
        """Return a fresh network."""
        return CandidateValues(CandidateNet(**self._net_kwargs))


def net_of(model: BaseAlgorithm) -> CandidateNet:
    """Return the network that a model learns."""
    policy = model.policy
    net = policy.q_net.net if isinstance(policy, ValuePolicy) else policy.mlp_extractor
    assert isinstance(net, CandidateNet)
    return net
