"""A warm start: the network learns what tweaks bring before a policy gradient moves it.

Policy gradients see one tweak a period and a return that adds up all later ones. A simulator can do better: it tries
many tweaks from the same state with the same luck (`agents.lookahead`), and the network learns to foretell what each
would bring beyond holding, from what a business sees. This is one step of policy iteration by rollouts (Lagoudakis and
Parr, "Reinforcement learning as classification", 2003; Lazaric, Ghavamzadeh and Munos, "Analysis of a classification-
based policy iteration algorithm", 2010), with values in place of classes. Futures follow the prior means: what a
population's true effects add is noise to who cannot see them, and what the means leave out the policy gradient learns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch as th
from numpy.typing import NDArray
from torch.nn.functional import huber_loss

from evenhand.agents.baselines.greedy import Greedy
from evenhand.agents.feasible import feasible_share, rank
from evenhand.agents.learning.learned import LearnedPolicy, NetSettings
from evenhand.agents.learning.network import START_SHARPNESS, CandidateNet
from evenhand.agents.learning.settings import WarmStart
from evenhand.agents.lookahead import OTHER_LUCK, look_ahead
from evenhand.agents.rollout import PopulationPool, roll_out
from evenhand.envs import Setup, World
from evenhand.envs.setup import REWARD_SCALE

__all__ = ["Labels", "fit", "label", "warm_start"]

Report = Callable[[str], None]  # what is done, and how far
HELD_OUT = 0.15  # share of the labelled states, the last ones, that end the fit
LOOKS = 250  # steps of the fit between looks at them


class Labels(NamedTuple):
    """States, candidates tried in each, and what they brought."""

    observations: NDArray[np.float32]  # (S, L)
    rows: NDArray[np.int64]  # (S, K) the first is hold, which also fills up where fewer are valid
    values: NDArray[np.float64]  # (S, K) beyond holding, in the learners' reward unit


def warm_start(
    net: CandidateNet, settings: NetSettings, setup: Setup, pool: PopulationPool, tuning: PopulationPool, *,
    how: WarmStart, seed: int, report: Report | None = None,
) -> None:  # fmt: skip
    """Teach `net` in place what tweaks bring in populations of `pool`; `tuning` says how much one must bring."""
    told = report or (lambda message: None)
    labels = label(settings, setup, pool, how=how, seed=seed, report=told)
    fit(net, labels, how=how, seed=seed, report=told)
    _choose_margin(net, settings, setup, tuning, how)


def label(
    settings: NetSettings, setup: Setup, pool: PopulationPool, *, how: WarmStart, seed: int, report: Report
) -> Labels:
    """Return labelled states of `how.episodes` episodes; a fifth of their tweaks stray from what brings most."""
    scout = Greedy(settings.layout, settings.horizon, settings.edit, settings.complexity, settings.tuning)
    rng = np.random.default_rng([seed, 1])
    numbers = rng.permutation(pool.count)[: how.episodes]
    found: list[Labels] = []
    for start in range(0, len(numbers), how.batch):
        these = [int(k) for k in numbers[start : start + how.batch]]
        world = World(setup, twin=setup.asks_who_converts)
        world.reset([pool(k) for k in these], np.array([pool.luck(k) for k in these], np.uint64))
        done = False
        while not done:
            masks = world.allowed()
            rows = _tried(scout.scores(world.observation), masks, how, rng)
            values = np.stack([_values(world, e, rows[e], how, rng) for e in range(len(these))])
            found.append(Labels(world.observation.copy(), rows, values * setup.reward_scale))
            best = values.argmax(axis=1)
            stray = rng.random(len(these)) < how.straying
            pick = np.where(stray, rng.integers(0, rows.shape[1], size=len(these)), best)
            _, _, done = world.step(rows[np.arange(len(these)), pick])
        report(f"warm start: tweaks tried in {start + len(these)} of {len(numbers)} episodes")
    return Labels(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _tried(
    scores: NDArray[np.float64], masks: NDArray[np.bool_], how: WarmStart, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return hold, the best-scored candidates and some at random, valid ones first, (E, K)."""
    ranked = np.where(masks, scores, -np.inf)
    ranked[:, 0] = np.inf
    best = np.argsort(-ranked, axis=1, kind="stable")[:, : 1 + how.candidates]
    chance = np.where(masks, rng.random(masks.shape), -1.0)
    np.put_along_axis(chance, best, -1.0, axis=1)
    rows = np.concatenate([best, np.argsort(-chance, axis=1, kind="stable")[:, : how.strays]], axis=1)
    return np.asarray(np.where(np.take_along_axis(masks, rows, axis=1), rows, 0), np.int64)


def _values(
    world: World, env: int, rows: NDArray[np.int64], how: WarmStart, rng: np.random.Generator
) -> NDArray[np.float64]:
    luck = rng.integers(1 << 62, size=1, dtype=np.uint64) | OTHER_LUCK
    return look_ahead(world, env, rows, luck, periods=how.periods, believed=True)


def fit(net: CandidateNet, labels: Labels, *, how: WarmStart, seed: int, report: Report) -> None:
    """Fit the actor's logits, less hold's, to the labels; keep what foretells held-out states best."""
    generator = th.Generator().manual_seed(seed)
    seen, rows = th.from_numpy(labels.observations), th.from_numpy(labels.rows)
    wanted = th.from_numpy(labels.values.astype(np.float32))
    real = rows != 0
    ends = int(len(seen) * (1.0 - HELD_OUT))
    scale = REWARD_SCALE / START_SHARPNESS

    def loss(states: th.Tensor) -> th.Tensor:
        logits = th.gather(net.forward_actor(seen[states]), 1, rows[states])
        chosen = real[states]
        return huber_loss(scale * (logits - logits[:, :1])[chosen], wanted[states][chosen])

    actor = [p for name, p in net.named_parameters() if not name.startswith("value")]
    optimizer = th.optim.AdamW(actor, lr=how.learning_rate, weight_decay=how.weight_decay)
    best, kept = np.inf, {name: value.clone() for name, value in net.state_dict().items()}
    held_out = th.arange(ends, len(seen))
    steps = how.epochs * max(1, ends // how.minibatch)
    for step in range(steps + 1):
        if step % LOOKS == 0:
            with th.no_grad():
                error = float(loss(held_out)) if len(held_out) and bool(real[held_out].any()) else -float(step)
            if error < best:
                best, kept = error, {name: value.clone() for name, value in net.state_dict().items()}
            report(f"warm start: fitted {step} of {steps} times")
        optimizer.param_groups[0]["lr"] = how.learning_rate * (1.0 - step / (steps + 1))
        optimizer.zero_grad()
        states = th.randint(0, max(ends, 1), (how.minibatch,), generator=generator)
        if bool(real[states].any()):
            loss(states).backward()
            optimizer.step()
    net.load_state_dict(kept)


def _choose_margin(
    net: CandidateNet, settings: NetSettings, setup: Setup, pool: PopulationPool, how: WarmStart
) -> None:
    """Set what a tweak must be foretold to bring before it beats holding: the best of many noisy forecasts flatters."""
    scored: list[tuple[tuple[float, float], float]] = []
    for margin in how.margins:
        _set_hold(net, margin)
        weights = {name: value.detach().numpy().copy() for name, value in net.state_dict().items()}
        outcome = roll_out(LearnedPolicy(settings, weights), setup, pool, range(pool.count), against_twin=True)
        scored.append((rank(feasible_share(outcome), float(outcome.profit.mean())), margin))
    _set_hold(net, max(scored)[1])


def _set_hold(net: CandidateNet, margin: float) -> None:
    with th.no_grad():
        net.hold.fill_(margin * START_SHARPNESS / REWARD_SCALE)
