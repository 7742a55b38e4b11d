"""Worlds with known values, drawn 20,000 at a time as counts of equal rounds, or once as single rounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.experiments.offpolicy import estimators
from evenhand.experiments.offpolicy.reward_model import FOLDS, means, predictions
from evenhand.experiments.offpolicy.rounds import Rounds

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """Strata of equal size; the log gives each its own action, and with `share` any at random; rewards are 0 or 1.

    Asked about is the next action in `changed` of the strata, elsewhere the log's own.
    """

    n: int
    share: float
    base: float
    changed: int
    strata: int = 4
    actions: int = 4

    @property
    def planned(self) -> IntArray:
        return np.arange(self.strata) % self.actions

    @property
    def target(self) -> IntArray:
        return np.where(np.arange(self.strata) < self.changed, (self.planned + 1) % self.actions, self.planned)

    @property
    def chances(self) -> FloatArray:
        p = np.full((self.strata, self.actions), self.share / self.actions)
        p[np.arange(self.strata), self.planned] += 1 - self.share
        return p

    @property
    def rates(self) -> FloatArray:
        return self.base * np.linspace(0.6, 1.4, self.strata * self.actions).reshape(self.strata, self.actions)

    @property
    def value(self) -> float:
        return float(self.rates[np.arange(self.strata), self.target].mean())

    @property
    def events(self) -> float:
        """Rewards of 1 to be expected among the rounds that match where something new is asked about."""
        rows = np.arange(self.changed)
        each = self.chances[rows, self.target[rows]] * self.rates[rows, self.target[rows]]
        return float(each.sum()) * self.n / self.strata

    @property
    def matches(self) -> float:
        """Rounds that are to match, for the action of which there are fewest."""
        rows = np.arange(self.changed)
        return float(self.chances[rows, self.target[rows]].min()) * self.n / self.strata

    def rounds(self, rng: np.random.Generator) -> Rounds:
        s = rng.integers(self.strata, size=self.n)
        explored = rng.random(self.n) < self.share
        actions = np.where(explored, rng.integers(self.actions, size=self.n), self.planned[s])
        rewards = (rng.random(self.n) < self.rates[s, actions]).astype(np.float64)
        return Rounds.of(actions, rewards, self.chances[s], self.target[s], strata=s, planned=self.planned[s])

    def covered(self, replications: int, rng: np.random.Generator, *, level: float = 0.95) -> dict[str, float]:
        """Return for each estimator how often its interval holds the value, by the functions that users run."""
        kinds = self._kinds()
        counts = rng.multinomial(self.n, kinds.probability, size=replications).astype(np.float64)
        found = self._influences(kinds, counts)
        limits = {name: estimators.limits(one, counts, level=level) for name, one in found.items()}
        return {name: float(((x.low <= self.value) & (self.value <= x.high)).mean()) for name, x in limits.items()}

    def _kinds(self) -> Kinds:
        shape = (FOLDS, self.strata, self.actions, 2)
        p = np.stack([self.chances * (1 - self.rates), self.chances * self.rates], axis=-1) / self.strata / FOLDS
        fold, s, a, r = (x.reshape(-1) for x in np.indices(shape))
        return Kinds(np.broadcast_to(p, shape).reshape(-1), fold, s, a, r.astype(np.float64))

    def _influences(self, kinds: Kinds, counts: FloatArray) -> dict[str, estimators.Influence]:
        replications, k = len(counts), self.actions
        table = counts.reshape(replications, FOLDS, self.strata, k, 2)
        n, total = table.sum(axis=-1), table[..., 1]
        q = predictions(n, total).reshape(replications, -1)
        row = (kinds.fold * self.strata + kinds.stratum) * k
        w = np.where(kinds.action == self.target[kinds.stratum], 1 / self.chances[kinds.stratum, kinds.action], 0.0)
        q_taken, q_target = q[:, row + kinds.action], q[:, row + self.target[kinds.stratum]]
        r, most = kinds.reward, float(np.sqrt(self.n))
        cells = means(n.sum(axis=1).reshape(replications, -1), total.sum(axis=1).reshape(replications, -1))
        wanted = np.zeros((replications, self.strata, k))
        wanted[:, np.arange(self.strata), self.target] = n.sum(axis=(1, 3))
        taken, target = kinds.stratum * k + kinds.action, kinds.stratum * k + self.target[kinds.stratum]
        return {
            "IPS": estimators.ips(w, r),
            "SNIPS": estimators.snips(w, r, counts),
            "clipped": estimators.clipped(w, r, counts, most=most),
            "direct": estimators.direct(cells, wanted.reshape(replications, -1), taken, target, r),
            "DR": estimators.doubly_robust(w, r, q_taken, q_target),
            "switch": estimators.switch(w, r, q_taken, q_target, counts, most=most),
        }


@dataclass(frozen=True)
class Kinds:
    """The kinds of rounds that a world has, (m,) each."""

    probability: FloatArray
    fold: IntArray
    stratum: IntArray
    action: IntArray
    reward: FloatArray
