"""The classifier's answers: simulated futures, copies of the past and real halves told from real half years."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.realism.comparison import told_apart

__all__ = ["Answers", "questions", "refereed"]

Floats = NDArray[np.float64]

COPIES = 2  # times that copying the past is judged: there is little noise in it


class Answers(NamedTuple):
    """AUCs as `Realism` names them."""

    joint: float
    marginal: float
    joint_sd: float
    marginal_sd: float
    copy_joint: float
    copy_marginal: float
    halves: float
    halves_marginal: float


def questions(futures: int, halves: int) -> int:
    """Return how many AUCs are measured."""
    return 2 * (futures + COPIES + halves)


def refereed(
    past: Floats, real: Floats, runs: list[Floats], *, splits: int, halves: int, seed: int, tell: Callable[[int], None]
) -> Answers:
    """Tell `runs` (each (N, F)) from `real` (N, F), alone and beside the `past` (N, F) that both share.

    The k-th future is judged with the fold split k modulo `splits`: a mean over futures is one over splits. The
    customers are cut into `halves` pairs of halves. `tell` hears how many AUCs were measured.
    """
    pairs, done = np.hstack([past, real]), 0

    def ask(one: Floats, other: Floats, k: int) -> float:
        nonlocal done
        auc = told_apart(one, other, seed=seed + k % splits)
        done += 1
        tell(done)
        return auc

    def two_halves(rows: Floats, k: int) -> float:
        order = np.random.default_rng([seed + k, 0x4A1F]).permutation(len(rows))
        half = len(rows) // 2
        return ask(rows[order[:half]], rows[order[half : 2 * half]], k)

    joint = [ask(pairs, np.hstack([past, run]), k) for k, run in enumerate(runs)]
    marginal = [ask(real, run, k) for k, run in enumerate(runs)]
    return Answers(
        joint=float(np.mean(joint)),
        marginal=float(np.mean(marginal)),
        joint_sd=float(np.std(joint)),
        marginal_sd=float(np.std(marginal)),
        copy_joint=float(np.mean([ask(pairs, np.hstack([past, past]), k) for k in range(COPIES)])),
        copy_marginal=float(np.mean([ask(real, past, k) for k in range(COPIES)])),
        halves=float(np.mean([two_halves(pairs, k) for k in range(halves)])),
        halves_marginal=float(np.mean([two_halves(real, k) for k in range(halves)])),
    )
