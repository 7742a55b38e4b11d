"""Drawn populations: fast, deterministic, true to the customers' margins, means and groups."""

from __future__ import annotations

import time
from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.special import expit

from evenhand.customers import Customers
from evenhand.errors import DataError
from evenhand.simulator import Population, Simulation, Simulator, calibrate, stack
from evenhand.simulator.copula import normal_scores
from evenhand.simulator.drawing import DELAYED, mean_open
from evenhand.simulator.habits.organic import organic_mean
from evenhand.simulator.habits.panel import panel_of
from evenhand.simulator.observed import observe
from evenhand.simulator.priors import BEHAVIOUR_PRIORS
from evenhand.simulator.types import HERE


@pytest.fixture(scope="module")
def large(simulator: Simulator) -> Population:
    return simulator.population(1, 20_000)


def _mean_trips(p: Population) -> float:
    b = p.behaviour[0]
    return float(p.traits.rate.mean()) * organic_mean(1.0, float(b["drift_sd"]))


def test_the_same_seed_gives_the_same_customers(simulator: Simulator) -> None:
    one, two, other = simulator.population(5, 300), simulator.population(5, 300), simulator.population(6, 300)
    for name in one.traits._fields:
        np.testing.assert_array_equal(getattr(one.traits, name), getattr(two.traits, name))
    np.testing.assert_array_equal(one.groups, two.groups)
    assert one.behaviour == two.behaviour
    assert not np.array_equal(one.traits.rate, other.traits.rate)
    assert one.behaviour["fatigue_open"] != other.behaviour["fatigue_open"]


def test_every_array_has_the_kernel_s_shape_and_type(simulator: Simulator) -> None:
    p, n, c = simulator.population(0, 50), 50, len(simulator.catalogue.campaigns)
    for name, field in p.traits._asdict().items():
        assert field.dtype == np.float32
        assert field.flags["C_CONTIGUOUS"]
        assert field.shape == ((1, n, c) if name in ("openness", "interest", "affinity") else (1, n))
        assert np.isfinite(field).all()
    assert p.features.shape == (1, n, len(simulator.static_features))
    assert p.groups.shape == (1, n, len(simulator.protected))
    assert p.expected_response.shape == (1, n, c)
    assert p.season.mean() == pytest.approx(1, abs=1e-3)
    Simulation(p, np.array([1], np.uint64)).advance(np.ones((1, n), np.int8))


def test_populations_side_by_side_keep_every_field(simulator: Simulator) -> None:
    one, two = simulator.population(0, 30), simulator.population(1, 30)
    opening = np.zeros((1, 30, 1), np.float32)
    both = stack([replace(one, opening=opening), replace(two, opening=opening + 1)])
    assert all(getattr(both, field.name) is not None for field in fields(Population))
    for e, alone in enumerate((one, two)):
        for name in ("absent", "consent", "features", "groups", "season", "expected_response", "behaviour"):
            np.testing.assert_array_equal(getattr(both, name)[e], getattr(alone, name)[0])
    np.testing.assert_array_equal(both.opening, np.repeat([0.0, 1.0], 30).reshape(2, 30, 1))


def test_a_thousand_customers_take_milliseconds(simulator: Simulator) -> None:
    simulator.population(0, 1_000)
    best = np.inf
    for seed in range(10):
        start = time.process_time()
        simulator.population(seed, 1_000)
        best = min(best, time.process_time() - start)
    assert best < 0.015


def test_means_are_those_of_the_customers(demo: Customers, simulator: Simulator) -> None:
    panel = panel_of(demo.fit)
    assert panel is not None
    draws = [simulator.population(seed, 5_000) for seed in range(8)]
    assert np.mean([_mean_trips(p) for p in draws]) == pytest.approx(panel.trips.mean(), rel=0.06)
    real = demo.fit.numbers(demo.static_features).mean(0)
    ours = np.mean([p.features[0].mean(0) for p in draws], axis=0)
    np.testing.assert_allclose(ours, real, rtol=0.05, atol=0.004)


def test_simulated_trips_have_their_closed_form_mean(simulator: Simulator) -> None:
    """Without contact and churn, weekly trips average rate exp(sd^2 / 2), once drift is at rest."""
    p = simulator.population(2, 20_000)
    traits = p.traits._replace(
        hazard=np.zeros_like(p.traits.hazard), rate=np.minimum(p.traits.rate, 3.0)
    )  # far from the cap on trips
    run = Simulation(
        Population(**{**p.__dict__, "traits": traits, "season": np.ones_like(p.season)}),
        np.array([4], np.uint64),
    )
    trips = []
    for week in range(60):
        out = run.advance(np.zeros((1, 20_000), np.int8))
        if week >= 30:
            trips.append(float(out.trips.mean()))
    b = p.behaviour[0]
    expected = float(traits.rate.mean()) * organic_mean(1.0, float(b["drift_sd"]))
    assert np.mean(trips) == pytest.approx(expected, rel=0.02)


def test_redemption_at_rest_has_the_calibrated_marginal(large: Population, simulator: Simulator) -> None:
    """P(here) x P(open) x P(redeem | open), averaged over customers, is what the features foretell on average."""
    p = large
    p_open = mean_open(expit(float(p.expected_openness[0])), 0.8)
    for c in range(1, p.traits.interest.shape[2]):
        clicked = expit(p.traits.openness[..., c]) * expit(p.traits.interest[..., c])
        assert p.absent is not None
        latent = (clicked * expit(p.traits.closing) * (p.absent == HERE)).mean()
        observable = p_open * expit(p.expected_response[..., c]).mean()
        assert latent == pytest.approx(observable, rel=0.5)  # another replicate than the point fit
    first = simulator.content.replicates[0]
    assert p.traits.interest[..., 0].max() < -10  # nobody answers "no contact"
    assert first.redemption_intercept != simulator.content.point.redemption_intercept


def test_groups_keep_the_dependence_of_spend_and_habits(demo: Customers, simulator: Simulator) -> None:
    """Group means of the scores of rate, basket and category shares follow those of the households."""
    seen = observe(demo.fit)
    rng = np.random.default_rng(0)
    real = normal_scores(seen.values[:, [0, 1, 3, 4, 5, 6]], rng)[0]
    draws = [simulator.population(seed, 4_000) for seed in range(8)]
    values = [
        np.column_stack([p.traits.rate[0], p.traits.basket[0], p.features[0][:, :4]]).astype(np.float64) for p in draws
    ]
    ours = np.vstack([normal_scores(v, rng)[0] for v in values])
    groups = np.vstack([p.groups[0] for p in draws])
    expected, got = [], []
    for a, attribute in enumerate(simulator.protected):
        for g, group in enumerate(attribute.groups):
            if group.n >= 150:
                expected.append(real[seen.codes[:, a] == g].mean(0))
                got.append(ours[groups[:, a] == g].mean(0))
    np.testing.assert_allclose(np.array(got), np.array(expected), atol=0.22)  # real means: standard error 0.08
    assert np.corrcoef(np.ravel(got), np.ravel(expected))[0, 1] > 0.95


def test_group_sizes_and_joint_unknowns(demo: Customers, large: Population, simulator: Simulator) -> None:
    codes, drawn = demo.fit.protected_codes(), large.groups[0]
    known, ours = (codes >= 0).any(1), (drawn >= 0).any(1)
    assert ours.mean() == pytest.approx(known.mean(), abs=0.04)
    for a, attribute in enumerate(simulator.protected):
        real = np.bincount(codes[known, a] + 1, minlength=len(attribute.groups) + 1) / known.sum()
        got = np.bincount(drawn[ours, a] + 1, minlength=len(attribute.groups) + 1) / ours.sum()
        np.testing.assert_allclose(got, real, atol=0.06)
    pair = [attribute.name for attribute in simulator.protected].index("household")
    kids = [attribute.name for attribute in simulator.protected].index("kids")
    both = ours & (drawn[:, pair] >= 0) & (drawn[:, kids] >= 0)
    names = [group.name for group in simulator.protected[pair].groups]
    with_kids = drawn[both, pair] == names.index("adults with kids")
    assert ((drawn[both, kids] == 1) == with_kids).mean() > 0.9  # "kids" follows from the household


def test_delayed_effects_scale_and_persistence_stays(demo: Customers) -> None:
    few = demo.only(demo.frame.index[:300])
    plain, none, twice = (calibrate(few, replicates=1, delayed=d) for d in (1.0, 0.0, 2.0))
    one, zero, two = (s.population(3, 20).behaviour[0] for s in (plain, none, twice))
    for name in BEHAVIOUR_PRIORS:
        if name in DELAYED:
            assert zero[name] == 0
            assert two[name] == pytest.approx(2 * one[name], rel=1e-5)
        elif name in one.dtype.names:
            assert zero[name] == one[name] == two[name]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.ones((1, 3), np.int8), "shape"),
        (np.full((1, 50), 9, np.int8), "campaign 9"),
        (np.full((1, 50), -1, np.int8), "campaign -1"),
    ],
)
def test_campaigns_that_there_are_not_are_refused(simulator: Simulator, given: np.ndarray, said: str) -> None:
    run = Simulation(simulator.population(0, 50), np.array([1], np.uint64))
    with pytest.raises(DataError, match=said):
        run.advance(given)


def test_only_populations_of_one_business_stand_side_by_side(simulator: Simulator) -> None:
    one, two = simulator.population(0, 20), simulator.population(1, 20)
    with pytest.raises(DataError, match="different businesses"):
        stack([one, replace(two, budget=0.1)])
    together = stack([replace(one, absent=None), two])
    assert together.absent is not None
    assert (together.absent[0] == HERE).all()
    np.testing.assert_array_equal(together.absent[1:], two.absent)


def test_the_world_that_a_business_expects_has_the_same_customers_and_the_prior_means(simulator: Simulator) -> None:
    drawn, other = (simulator.population(seed=seed, n=30) for seed in (1, 2))
    expected = drawn.as_expected()
    for one, same in zip(drawn.traits, expected.traits, strict=True):
        np.testing.assert_array_equal(one, same)
    assert not np.array_equal(drawn.effects.lift, expected.effects.lift)
    np.testing.assert_array_equal(expected.effects.lift, other.as_expected().effects.lift)
    np.testing.assert_array_equal(expected.behaviour, drawn.expected_behaviour)
