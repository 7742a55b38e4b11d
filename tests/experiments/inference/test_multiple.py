from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from evenhand.errors import DataError
from evenhand.experiments.inference.multiple import benjamini_hochberg, holm


def by_closed_testing(p: list[float]) -> list[float]:
    """Holm's other definition: the largest Bonferroni p-value of all intersections that hold a hypothesis."""
    sets = [s for size in range(1, len(p) + 1) for s in combinations(range(len(p)), size)]
    return [max(min(1.0, len(s) * min(p[j] for j in s)) for s in sets if i in s) for i in range(len(p))]


@pytest.mark.parametrize("seed", range(5))
def test_holm_is_closed_testing_with_bonferroni(seed: int) -> None:
    p = np.random.default_rng(seed).beta(0.3, 1, 7).tolist()
    assert holm(p) == pytest.approx(by_closed_testing(p))


@pytest.mark.parametrize("seed", range(5))
def test_benjamini_hochberg_is_that_of_scipy(seed: int) -> None:
    p = np.random.default_rng(seed).beta(0.3, 1, 20).tolist()
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p).tolist())


def test_one_test_is_left_alone_and_none_is_none() -> None:
    assert holm([0.03]) == benjamini_hochberg([0.03]) == (0.03,)
    assert holm([]) == benjamini_hochberg([]) == ()


@pytest.mark.parametrize("p", [[0.1, -0.1], [1.1], [float("nan")]])
def test_what_is_no_probability_is_refused(p: list[float]) -> None:
    with pytest.raises(DataError, match="from 0 to 1"):
        holm(p)
    with pytest.raises(DataError, match="from 0 to 1"):
        benjamini_hochberg(p)
