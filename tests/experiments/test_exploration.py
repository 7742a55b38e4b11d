"""The exploration share: floors, pools, exact chances, and draws that hold for a block."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chisquare

from evenhand.errors import EvenhandError
from evenhand.experiments.exploration import MOST, Exploration, draw, pool_shares

NAMES = ("none", "letter", "mail", "sms")
IDS = np.array([f"c{k}" for k in range(20_000)], dtype=object)
ERROR = 1e-4  # of every statistical test here


def drawn(
    share: float = 0.1, *, block: int = 0, salt: str = "s", reach: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    n = len(IDS)
    open_to = np.ones((n, len(NAMES)), dtype=np.bool_) if reach is None else reach
    return draw(IDS, np.ones(n, dtype=np.int64), open_to, np.full(n, share), names=NAMES, salt=salt, block=block)


@given(
    sizes=st.lists(st.integers(0, 5000), min_size=1, max_size=8),
    share=st.floats(0.01, MOST),
    floor=st.integers(0, 200),
)
def test_every_segment_is_in_one_pool_that_meets_the_floor_if_half_of_it_can(
    sizes: list[int], share: float, floor: int
) -> None:
    pools = pool_shares(sizes, Exploration(share, floor))
    assert sorted(k for members, _ in pools for k in members) == list(range(len(sizes)))
    for members, found in pools:
        size = sum(sizes[k] for k in members)
        assert share <= found <= MOST
        assert size * found >= min(floor, MOST * size) - 1e-9
    assert sum(len(members) > 1 for members, _ in pools) <= 1


def test_no_share_explores_nobody_whatever_the_floor() -> None:
    assert pool_shares([1000, 10], Exploration(0.0, 50)) == [((0, 1), 0.0)]
    assert not drawn(0.0)[1].any()


def test_draws_have_the_chances_that_are_logged() -> None:
    """Explored with the share, and among the explored each campaign alike; a right program fails one time in 5,000."""
    given, explored = drawn(0.1)
    assert binomtest(int(explored.sum()), len(IDS), 0.1).pvalue > ERROR
    assert chisquare(np.bincount(given[explored], minlength=4)).pvalue > ERROR
    assert (given[~explored] == 1).all()


def test_a_draw_holds_for_its_block_and_is_made_anew_in_the_next() -> None:
    first, again, later = drawn(block=3), drawn(block=3), drawn(block=4)
    assert (first[0] == again[0]).all()
    assert (first[1] == again[1]).all()
    both = int((first[1] & later[1]).sum())
    assert binomtest(both, len(IDS), 0.01).pvalue > ERROR


def test_a_larger_share_keeps_who_was_explored_with_their_campaign() -> None:
    small, large = drawn(0.1), drawn(0.3)
    assert (large[1] | ~small[1]).all()
    assert (large[0][small[1]] == small[0][small[1]]).all()


def test_a_campaign_that_closes_moves_only_those_who_had_it() -> None:
    reach = np.ones((len(IDS), 4), dtype=np.bool_)
    reach[:, 3] = False
    before, after = drawn(), drawn(reach=reach)
    stay = before[0] != 3
    assert (before[0][stay] == after[0][stay]).all()
    assert (after[0] != 3).all()


def test_who_is_open_to_one_campaign_is_not_explored() -> None:
    reach = np.zeros((len(IDS), 4), dtype=np.bool_)
    reach[:, 1] = True
    given, explored = drawn(MOST, reach=reach)
    assert not explored.any()
    assert (given == 1).all()


@pytest.mark.parametrize("share", [-0.1, 0.6, float("nan")])
def test_a_bad_share_says_the_rule(share: float) -> None:
    with pytest.raises(EvenhandError, match=r"from 0 to 0\.5"):
        Exploration(share)
