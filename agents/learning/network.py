"""The policy network: scores every candidate by one shared network, as a residual on top of the greedy score."""

from __future__ import annotations

import numpy as np
import torch as th
from numpy.typing import NDArray
from torch import nn

from evenhand.agents.baselines.greedy import GreedyTuning
from evenhand.agents.policy import Layout
from evenhand.envs.candidates import CANDIDATE_FEATURES
from evenhand.envs.observation import CANDIDATE_SCALE

__all__ = ["RESIDUAL_GAIN", "CandidateNet", "features_shown"]

CONTEXT, HIDDEN = 64, 32
START_SHARPNESS = 150.0  # logits per money per customer of greedy score: 0.01 apart, an edit, is e^1.5 in odds
RESIDUAL_GAIN = 5.0  # lets the residual catch up with logits of that size within a training


def features_shown(uncertainty: bool) -> NDArray[np.float32]:
    """Return 1 for each feature of a candidate that a network sees, 0 for one that it leaves out, (D,)."""
    shown = np.ones_like(CANDIDATE_SCALE)
    shown[CANDIDATE_FEATURES.index("gain_sd")] = uncertainty
    return shown


class CandidateNet(nn.Module):
    """Logits of all candidates and the value of a state.

    logit_j = exp(s) * greedy_j + f(candidate_j, context), and a bias for holding; f and the bias are zero at the start,
    so an untrained network is greedy with some noise and learning only has to find where greedy is wrong. Observation
    (B, L) -> logits (B, M), value (B, 1). Two parts can be left out to learn what they are worth: the greedy score
    (`residual`), and how sure its estimate is (`uncertainty`; without it every gain_sd reads as zero).
    """

    shown: th.Tensor  # (D,) 1, or 0 for a feature that is left out

    def __init__(
        self,
        layout: Layout,
        *,
        horizon: int,
        edit: float,
        complexity: float,
        tuning: GreedyTuning,
        residual: bool = True,
        uncertainty: bool = True,
    ) -> None:
        super().__init__()
        self.layout, self.tuning, self.residual = layout, tuning, residual
        self.horizon, self.edit, self.complexity = horizon, edit, complexity
        self.context = nn.Sequential(nn.Linear(layout.n_context, CONTEXT), nn.Tanh())
        self.candidate = nn.Linear(layout.width, HIDDEN)
        self.bridge = nn.Linear(CONTEXT, HIDDEN, bias=False)
        self.hidden = nn.Linear(HIDDEN, HIDDEN)
        self.score = nn.Linear(HIDDEN, 1, bias=False)
        self.hold = nn.Parameter(th.zeros(1))
        self.log_sharpness = nn.Parameter(th.tensor(float(np.log(START_SHARPNESS))))
        self.value = nn.Sequential(nn.Linear(CONTEXT + 2 * HIDDEN, CONTEXT), nn.Tanh(), nn.Linear(CONTEXT, 1))
        nn.init.zeros_(self.score.weight)
        self.register_buffer("shown", th.from_numpy(features_shown(uncertainty)), persistent=False)

    def forward(self, observations: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        """Return (logits, value)."""
        context, table, hidden = self._encode(observations)
        return self._logits(observations, table, hidden), self._value(context, hidden)

    def forward_actor(self, observations: th.Tensor) -> th.Tensor:
        """Return logits alone."""
        _, table, hidden = self._encode(observations)
        return self._logits(observations, table, hidden)

    def forward_critic(self, observations: th.Tensor) -> th.Tensor:
        """Return the value alone."""
        context, _, hidden = self._encode(observations)
        return self._value(context, hidden)

    def _encode(self, observations: th.Tensor) -> tuple[th.Tensor, th.Tensor, th.Tensor]:
        split = self.layout.n_context
        context = self.context(observations[:, :split])
        table = observations[:, split:].reshape(-1, self.layout.n_rows, self.layout.width)
        table = table * self.shown
        hidden = th.relu(self.candidate(table) + self.bridge(context)[:, None, :])
        return context, table, th.relu(self.hidden(hidden))

    def _logits(self, observations: th.Tensor, table: th.Tensor, hidden: th.Tensor) -> th.Tensor:
        logits: th.Tensor = RESIDUAL_GAIN * self.score(hidden)[:, :, 0]
        logits = th.cat([logits[:, :1] + self.hold, logits[:, 1:]], dim=1)
        if self.residual:
            logits = logits + th.exp(self.log_sharpness) * self._greedy(observations, table)
        return logits

    def _value(self, context: th.Tensor, hidden: th.Tensor) -> th.Tensor:
        pooled = th.cat([context, hidden.mean(dim=1), hidden.amax(dim=1)], dim=1)
        value: th.Tensor = self.value(pooled)
        return value

    def _greedy(self, observations: th.Tensor, table: th.Tensor) -> th.Tensor:
        """Return agents.baselines.greedy_scores of a batch, in torch: the same sums in the same order."""

        def of(name: str) -> th.Tensor:
            k = CANDIDATE_FEATURES.index(name)
            return table[:, :, k] / float(CANDIDATE_SCALE[k])

        n = th.clamp(observations[:, :1] * self.horizon, max=self.tuning.periods)
        gain = (1.0 - self.tuning.lasting) * of("gain") + self.tuning.lasting * of("lasting")
        gain = gain - self.tuning.caution * of("gain_sd")
        charge = self.tuning.contact_charge * of("weight_change")
        charge = charge + self.tuning.worth_charge * of("value_weight_change")
        charge = charge + self.complexity * of("segments_change")
        scores = n * (gain - charge) - self.edit
        return th.cat([th.zeros_like(scores[:, :1]), scores[:, 1:]], dim=1)
