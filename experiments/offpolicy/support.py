"""Whether a log can answer at all: where it cannot, there is no number.

Looked at are the rounds in which something else is asked about than the log was most likely to do (chance below 1/2).
All of these must hold; the constants were set so that 95 % intervals cover at least 94 %:

- each action was taken about as often as the chances say, and so was what is asked about; else they are not the chances
  that the log was drawn with. By Bernstein's inequality a count is t from its expectation with a probability of at most
  2 exp(-t^2 / (2 v + 2 t / 3)), v = sum of p (1 - p); sound logs fail one time in a million;
- every action that is asked about had a chance above 0;
- of each action that is asked about in at least 1 % of all rounds (smaller ones together), the log was to have taken
  MATCHES or more where it is asked about. This is known before anything was drawn, so it cannot choose lucky draws;
- EVENTS or more of the taken ones had another reward than the most common one: something came of them (where nothing
  new is asked about, of all that match);
- the effective sample size is EFFECTIVE or more, and Pareto-k of the weights at most WORST_K;
- the skewness of the estimate is at most SKEWED: else a few large rewards decide.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from evenhand.experiments.offpolicy.rounds import Rounds

__all__ = ["EFFECTIVE", "EVENTS", "MATCHES", "SKEWED", "WORST_K", "lacking", "skewness"]

MATCHES: Final = 30.0  # expected rounds
EVENTS: Final = 15  # rounds
EFFECTIVE: Final = 50.0  # rounds
WORST_K: Final = 0.7
SKEWED: Final = 0.3
SMALL: Final = 0.01  # of all rounds
FALSE_ALARM: Final = 1e-6  # of sound logs whose counts are taken for unsound
SLACK: Final = 1e-3  # chances of a round may miss 1 by rounding
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def lacking(rounds: Rounds, size: float, tail: float | None) -> tuple[str, ...]:
    """Return why the log cannot answer, in words; nothing when it can, as far as draws and weights tell.

    `size` is the effective sample size of the weights and `tail` their Pareto-k.
    """
    chance = rounds.target_chances
    if reasons := _never_drawn(rounds, chance) or _contradicted(rounds, chance):
        return reasons
    rare = chance < 0.5
    reasons = _too_seldom(rounds, chance, rare)
    if (events := _events(rounds, rare if rare.any() else ~rare)) < EVENTS:
        reasons += (f"of the rounds that match where something new is asked about, only {events} had an outcome of "
                    f"their own ({EVENTS} are needed)",)  # fmt: skip
    if size < EFFECTIVE:
        reasons += (f"the weighted rounds are worth {size:.0f} ({EFFECTIVE:.0f} are needed)",)
    if tail is not None and tail > WORST_K:
        reasons += (f"Pareto-k of the weights is {tail:.2f} (at most {WORST_K}): single rounds decide",)
    return reasons


def skewness(rounds: Rounds, residuals: FloatArray) -> float:
    """Return the skewness of the estimate, from `residuals` (n,) of the reward model.

    With p the chance of what is asked about and m2, m3 the residuals' moments over *all* rounds, whatever was done in
    them:  mean(p^-2) m3 / (mean(p^-1) m2)^(3/2) / sqrt(n),  over the rounds with p < 1/2 where there are any. The few
    rounds that match would understate it just when no large reward happens to be among them.
    """
    chance = rounds.target_chances
    part = 1 / (chance[chance < 0.5] if (chance < 0.5).any() else chance)
    centred = residuals - residuals.mean()
    square = centred * centred
    second, third = float(square.mean()), float(np.einsum("i,i", square, centred)) / len(square)
    scale = float(part.sum()) * second
    return float((part * part).sum()) * third / scale**1.5 if scale > 0 else 0.0


def _never_drawn(rounds: Rounds, chance: FloatArray) -> tuple[str, ...]:
    never = chance <= 0
    if not never.any():
        return ()
    actions = sorted({rounds.names[position] for position in np.unique(rounds.target[never])})
    share = never.mean()
    return (
        f"{', '.join(actions)} could not be drawn in {int(never.sum()):,} rounds ({share:.1%}) where it is asked about",
    )


def _contradicted(rounds: Rounds, chance: FloatArray) -> tuple[str, ...]:
    """Return where the log did something far more or less often than its chances say."""
    k, chances = len(rounds.names), rounds.chances
    expected = np.append(np.einsum("ij->j", chances), chance.sum())
    variance = expected - np.append(np.einsum("ij,ij->j", chances, chances), np.einsum("i,i", chance, chance))
    matches = int((rounds.actions == rounds.target).sum())
    counts = np.append(np.bincount(rounds.actions, minlength=k), matches)
    t = np.abs(counts - expected)
    wrong = t * t > np.log(2 * (k + 1) / FALSE_ALARM) * (2 * np.maximum(variance, 0) + 2 * t / 3) + SLACK
    said = [*rounds.names, "what is asked about"]
    return tuple(
        f"{said[i]} was done in {counts[i]:,} rounds, where the chances expect {expected[i]:,.0f}: the log was not "
        "drawn with them"
        for i in np.flatnonzero(wrong)
    )


def _too_seldom(rounds: Rounds, chance: FloatArray, rare: BoolArray) -> tuple[str, ...]:
    k = len(rounds.names)
    asked = np.bincount(rounds.target[rare], minlength=k)
    expected = np.bincount(rounds.target[rare], weights=chance[rare], minlength=k)
    large = asked >= SMALL * len(rounds)
    reasons = tuple(
        f"{rounds.names[a]}: {expected[a]:.1f} rounds were to be drawn where it is newly asked about, of {asked[a]:,} "
        f"({MATCHES:.0f} are needed)"
        for a in np.flatnonzero(large & (expected < MATCHES))
    )
    rest, drawn = int(asked[~large].sum()), float(expected[~large].sum())
    if rest >= SMALL * len(rounds) and drawn < MATCHES:
        reasons += (f"the other actions together: {drawn:.1f} rounds were to be drawn ({MATCHES:.0f} are needed)",)
    return reasons


def _events(rounds: Rounds, rare: BoolArray) -> int:
    """Return how many matching rounds have another reward than the most common one."""
    rewards = rounds.rewards[rare & (rounds.actions == rounds.target)]
    if not len(rewards):
        return 0
    _, counts = np.unique(rewards, return_counts=True)
    most = int(counts.max())
    return len(rewards) - (most if most > 1 else 0)
