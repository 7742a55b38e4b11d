"""A training that was cut off goes on from its last rollout and ends with the same bytes.

Rollouts are whole episodes, so between two of them no customer is under way. All luck of a rollout (the populations it
meets, the tweaks that are drawn, the order of minibatches) follows from the seed and the steps done so far, so that no
generator must be kept either: what is left are parameters, moments, multipliers, the curve with its best weights
and those of the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch as th
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.utils import set_random_seed

from evenhand.agents.learning.checkpoints import CurvePoint, Looks
from evenhand.agents.learning.dual import Dual
from evenhand.agents.learning.lagrange import Lagrange
from evenhand.agents.learning.snapshot import Arrays, Snapshot, read_snapshot, write_snapshot

__all__ = ["LuckOfARollout", "Resume"]


class LuckOfARollout(BaseCallback):
    """Draws all randomness of a rollout anew from the seed and the steps before it."""

    def __init__(self, seed: int) -> None:
        """Start from a training's `seed`."""
        super().__init__()
        self.seed = seed

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        luck = int(np.random.SeedSequence([self.seed, self.num_timesteps]).generate_state(1)[0])
        set_random_seed(luck)
        self.model.action_space.seed(luck)


class Resume(BaseCallback):
    """Keeps the state before every rollout in one file, and brings it back."""

    def __init__(self, path: Path, of: Mapping[str, Any], looks: Looks, lagrange: Lagrange | None) -> None:
        """Keep at `path` a training that is told from others by `of`."""
        super().__init__()
        self.path, self.of, self.looks, self.lagrange = path, dict(of), looks, lagrange

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        arrays = _modules(self.model, self.lagrange) | {f"best/{k}": v for k, v in self.looks.best.items()}
        arrays |= {f"start/{k}": v for k, v in self.looks.start.items()}
        if self.lagrange:
            arrays |= {f"dual/{name}": value for name, value in vars(self.lagrange.dual).items()}
            arrays["unit"] = self.lagrange.critic.unit
        state = {"steps": self.num_timesteps, "curve": [asdict(point) for point in self.looks.curve]}
        write_snapshot(self.path, Snapshot(self.of, state, arrays))

    def restore(self, model: BaseAlgorithm) -> int:
        """Bring back what is kept, if there is anything; return the steps that were done."""
        kept = read_snapshot(self.path, self.of)
        if kept is None:
            return 0
        _load_modules(model, self.lagrange, kept.arrays)
        if self.lagrange:
            self.lagrange.dual = Dual(**_under("dual/", kept.arrays))
            self.lagrange.critic.unit = kept.arrays["unit"]
        self.looks.best, self.looks.start = _under("best/", kept.arrays), _under("start/", kept.arrays)
        self.looks.curve = [CurvePoint(**point) for point in kept.state["curve"]]
        model.num_timesteps = kept.state["steps"]
        return model.num_timesteps


Learned = tuple[str, th.nn.Module, th.optim.Optimizer]


def _learned(model: BaseAlgorithm, lagrange: Lagrange | None) -> list[Learned]:
    """Return what has parameters and an optimiser."""
    policy: Any = model.policy
    found: list[Learned] = [("policy", policy, policy.optimizer)]
    return found + ([("critic", lagrange.critic.net, lagrange.critic.optimizer)] if lagrange else [])


def _modules(model: BaseAlgorithm, lagrange: Lagrange | None) -> Arrays:
    arrays: Arrays = {}
    for name, module, optimizer in _learned(model, lagrange):
        arrays |= {f"{name}/{k}": v.detach().numpy().copy() for k, v in module.state_dict().items()}
        for k, moments in optimizer.state_dict()["state"].items():
            arrays |= {f"{name}-moments/{k}/{what}": v.numpy().copy() for what, v in moments.items()}
    return arrays


def _load_modules(model: BaseAlgorithm, lagrange: Lagrange | None, arrays: Arrays) -> None:
    for name, module, optimizer in _learned(model, lagrange):
        module.load_state_dict({k: th.from_numpy(v) for k, v in _under(f"{name}/", arrays).items()})
        moments: dict[int, dict[str, th.Tensor]] = {}
        for key, value in _under(f"{name}-moments/", arrays).items():
            k, what = key.split("/")
            moments.setdefault(int(k), {})[what] = th.from_numpy(value)
        optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})


def _under(prefix: str, arrays: Arrays) -> Arrays:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
