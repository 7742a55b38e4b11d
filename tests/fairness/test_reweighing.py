"""Reweighing against its closed form, and fairlearn as the judge of parity in the weighted data."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, demographic_parity_difference, equalized_odds_difference, selection_rate
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evenhand.errors import DataError
from evenhand.fairness import drawn_by_weight, reweighing


def unequal(n: int = 3000, *, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return groups and labels; the third group has the label thrice as often as the first."""
    rng = np.random.default_rng(seed)
    groups = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    return groups, (rng.random(n) < np.array([0.15, 0.25, 0.45])[groups]).astype(np.int64)


def test_the_example_of_the_paper() -> None:
    """Kamiran and Calders 2012, section 4.2: ten applicants, of five men four and of five women two hired."""
    sex = np.array([0] * 5 + [1] * 5)  # men, women
    hired = np.array([1, 1, 1, 1, 0, 1, 1, 0, 0, 0])
    weights = reweighing(sex, hired)
    np.testing.assert_allclose(weights[hired == 1], [0.75] * 4 + [1.5] * 2)
    np.testing.assert_allclose(weights[hired == 0], [2.0] + [2 / 3] * 3)


def test_weighted_labels_have_parity_as_fairlearn_measures_it() -> None:
    groups, labels = unequal()
    plain = demographic_parity_difference(labels, labels, sensitive_features=groups)
    weights = reweighing(groups, labels)
    fair = demographic_parity_difference(labels, labels, sensitive_features=groups, sample_weight=weights)
    assert plain > 0.2
    assert fair == pytest.approx(0.0, abs=1e-12)
    rates = MetricFrame(
        metrics=selection_rate, y_true=labels, y_pred=labels, sensitive_features=groups,
        sample_params={"sample_weight": weights},
    ).by_group  # fmt: skip
    np.testing.assert_allclose(rates, labels.mean())  # nobody's share of the label is new: all meet at the common one


def test_a_prediction_that_leans_on_groups_keeps_its_unequal_odds() -> None:
    """Weights act on labels; what is predicted from the group alone stays as unequal as it was."""
    groups, labels = unequal()
    leaning, weights = (groups == 2).astype(np.int64), reweighing(groups, labels)
    odds = equalized_odds_difference(labels, leaning, sensitive_features=groups, sample_weight=weights)
    assert odds == pytest.approx(1.0)


def test_shares_of_groups_and_of_labels_stay() -> None:
    groups, labels = unequal()
    weights = reweighing(groups, labels)
    assert weights.sum() == pytest.approx(len(groups))
    for part in (groups, labels):
        np.testing.assert_allclose(np.bincount(part, weights), np.bincount(part))


def test_the_unknown_and_groups_with_one_label_only_weigh_one_and_do_not_count() -> None:
    groups, labels = unequal(200)
    more_groups = np.concatenate([groups, [-1, 0, 3, 3]])
    more_labels = np.concatenate([labels, [1, -1, 0, 0]])
    weights = reweighing(more_groups, more_labels)
    np.testing.assert_array_equal(weights[-4:], 1.0)
    np.testing.assert_allclose(weights[:-4], reweighing(groups, labels))
    np.testing.assert_array_equal(reweighing([-1, -1], [0, 1]), 1.0)
    with pytest.raises(DataError, match="one each per customer"):
        reweighing([0, 1], [0])


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 4), st.integers(0, 10_000))
def test_resampled_labels_are_independent_of_groups_but_for_single_customers(n_groups: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(n_groups, size=400)
    labels = (rng.random(400) < rng.uniform(0.2, 0.8, n_groups)[groups]).astype(np.int64)
    weights = reweighing(groups, labels)
    rows = drawn_by_weight(weights, seed=seed)
    assert len(rows) == 400
    expected = 400 * weights / weights.sum()
    drawn = np.bincount(rows, minlength=400)
    assert (np.abs(drawn - expected) < 1 + 1e-9).all()
    for g in range(n_groups):
        for y in (0, 1):
            cell = (groups == g) & (labels == y)
            assert abs(drawn[cell].sum() - expected[cell].sum()) < 2  # cells of equal weights share theirs


def test_equal_weights_draw_everyone_once_and_the_seed_decides_the_rest() -> None:
    np.testing.assert_array_equal(drawn_by_weight(np.full(50, 3.0), seed=4), np.arange(50))
    weights = np.random.default_rng(0).uniform(0.2, 3, 50)
    first, again, other = (drawn_by_weight(weights, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
