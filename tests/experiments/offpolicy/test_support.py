"""Where a log cannot answer there is a reason and no number; what cannot be is an error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.experiments.offpolicy.worlds import World

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.offpolicy import Rounds, evaluate_rounds

RNG = np.random.default_rng(0)


def arguments(n: int = 400) -> dict[str, Any]:
    actions = np.random.default_rng(1).integers(2, size=n)
    return {"actions": actions, "rewards": actions + np.arange(n) % 7.0, "chances": np.full((n, 2), 0.5),
            "target": np.ones(n, dtype=np.int64)}  # fmt: skip


def with_chance(value: float) -> np.ndarray[Any, Any]:
    chances = np.full((400, 2), 0.5)
    chances[5] = value
    return chances


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"chances": with_chance(0.0)}, "round 6: propensity 0.0 .*had a chance above 0"),
        ({"chances": with_chance(float("nan"))}, "round 6: propensity nan"),
        ({"chances": with_chance(1.2)}, "round 6: propensity 1.2"),
        ({"chances": with_chance(0.7)}, "round 6.*add up to 1"),
        ({"chances": np.full(400, 0.5)}, "chances have shape"),
        ({"rewards": np.full(400, np.inf)}, "rewards are known and finite"),
        ({"rewards": np.full(400, np.nan)}, r"and 399 more.*rewards are known and finite"),
        ({"rewards": np.full(400, 1e300)}, "rewards are known and finite, below"),
        ({"rewards": np.zeros(3)}, "one for each of 400"),
        ({"actions": np.full((400, 3), 1)}, "are a slate"),
        ({"actions": np.full(400, 0.3)}, "as continuous actions would be"),
        ({"target": np.full(400, 2)}, "from 0 to 1"),
        ({"names": ("a",)}, "one name for each action"),
    ],
)
def test_rounds_that_cannot_be_are_errors(change: dict[str, Any], says: str) -> None:
    Rounds.of(**arguments())
    with pytest.raises(DataError, match=says):
        Rounds.of(**{**arguments(), **change})


def refused(rounds: Rounds) -> str:
    """Return why there is no number; anything that looks like one is a failure."""
    found = evaluate_rounds(rounds)
    assert not found.supported
    assert found.estimates == ()
    assert found.gain is None
    with pytest.raises(EvenhandError, match="no support in the log"):
        _ = found.estimate
    assert "No support: " in repr(found)
    assert found.to_dict()["estimates"] == []
    return " ".join(found.reasons)


def test_an_action_that_could_not_be_drawn_has_no_value() -> None:
    rounds = World(n=5000, share=0.0, base=0.3, changed=1).rounds(RNG)
    assert "1 could not be drawn in 1," in refused(rounds)


def test_too_few_draws_are_known_before_any_is_made() -> None:
    rounds = World(n=1000, share=0.1, base=0.3, changed=4).rounds(RNG)
    assert "rounds were to be drawn where it is newly asked about" in refused(rounds)


def test_draws_of_which_nothing_came_are_too_few() -> None:
    rounds = World(n=20_000, share=0.1, base=0.01, changed=1).rounds(RNG)
    assert "had an outcome of their own" in refused(rounds)
    nothing = World(n=20_000, share=0.1, base=0.3, changed=0).rounds(RNG)
    silent = Rounds.of(nothing.actions, np.zeros(20_000), nothing.chances, nothing.target)
    assert "only 0 had an outcome" in refused(silent)


def test_few_and_heavy_weights_are_too_little() -> None:
    n = 3000
    chance = np.where(np.arange(n) < 60, 0.002, 0.6)
    chances = np.column_stack([1 - chance, chance])
    actions = (np.random.default_rng(3).random(n) < chance).astype(np.int64)
    actions[:6] = 1  # six rounds with weight 500
    rounds = Rounds.of(actions, np.arange(n) % 11.0, chances, np.ones(n, dtype=np.int64))
    assert "the weighted rounds are worth" in refused(rounds)


def test_a_heavy_tail_of_weights_has_no_value() -> None:
    rng = np.random.default_rng(5)
    chance = np.clip(rng.beta(0.1, 1.0, 30_000), 1e-9, 1)
    actions = (rng.random(30_000) < chance).astype(np.int64)
    chances = np.column_stack([1 - chance, chance])
    rounds = Rounds.of(actions, rng.normal(size=30_000), chances, np.ones(30_000, dtype=np.int64))
    assert "Pareto-k of the weights" in refused(rounds)


def test_a_single_large_purchase_decides_nothing() -> None:
    rounds = World(n=20_000, share=0.3, base=0.3, changed=2).rounds(np.random.default_rng(2))
    spend = rounds.rewards * np.random.default_rng(3).gamma(2, 5, 20_000)
    fine = Rounds.of(rounds.actions, spend, rounds.chances, rounds.target, strata=rounds.strata)
    assert evaluate_rounds(fine).supported
    spend[np.flatnonzero(rounds.weights > 5)[0]] = 1e6
    assert "a few large rewards decide" in refused(
        Rounds.of(rounds.actions, spend, rounds.chances, rounds.target, strata=rounds.strata)
    )


def test_a_bad_level_or_limit_is_an_error() -> None:
    rounds = Rounds.of(**arguments())
    for level in (0.0, 1.0, 95.0):
        with pytest.raises(EvenhandError, match="0 < level < 1"):
            evaluate_rounds(rounds, level=level)
    with pytest.raises(EvenhandError, match="largest weight"):
        evaluate_rounds(rounds, most=0.0)


def test_a_log_that_was_not_drawn_with_its_chances_gives_no_number() -> None:
    """Nine in ten got the first action, at chances of one half: every weight is wrong, and nothing looked odd."""
    given = arguments(2000)
    actions = (np.random.default_rng(3).random(2000) < 0.1).astype(np.int64)
    assert "where the chances expect 1,000: the log was not drawn with them" in refused(
        Rounds.of(**{**given, "actions": actions})
    )
    # Each action as often as it should be, but what is asked about only where it suits.
    target = np.random.default_rng(4).integers(2, size=2000)
    assert "what is asked about was done" in refused(
        Rounds.of(**{**given, "actions": np.where(np.arange(2000) < 1400, target, 1 - target), "target": target})
    )


def test_sound_logs_are_never_taken_for_unsound_even_where_chances_are_tiny() -> None:
    """300 logs with a chance of one in ten million that it happens at all: an action of chance 0.0001 among others."""
    rng = np.random.default_rng(5)
    chances = np.tile([0.0001, 0.4999, 0.5], (1000, 1))
    for _ in range(300):
        actions = rng.choice(3, size=1000, p=chances[0])
        found = evaluate_rounds(Rounds.of(actions, rng.normal(size=1000), chances, np.full(1000, 1)))
        assert found.supported, found.reasons
