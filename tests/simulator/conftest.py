"""Customers, simulators and hand-made populations that the tests of this room share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from evenhand.customers import Customers, demo_customers
from evenhand.simulator import CampaignEffects, Population, Simulator, Traits, calibrate
from evenhand.simulator.types import behaviour_record

BEHAVIOUR = {
    "zero_inflation": 0.05,
    "drift_persistence": 0.9,
    "drift_sd": 0.3,
    "taste_persistence": 0.9,
    "taste_sd": 0.5,
    "margin_rate": 0.25,
    "discount_share": 0.5,
    "fatigue_decay": 0.8,
    "fatigue_open": 1.0,
    "fatigue_lift": 0.7,
    "fatigue_unsubscribe": 1.0,
    "fatigue_churn": 0.2,
    "satisfaction_decay": 0.9,
    "satisfaction_gain": 1.0,
    "satisfaction_churn": 0.5,
    "dependence_decay": 0.9,
    "unsubscribe_base": 0.01,
    "contact_value": 0.01,
}
Maker = Callable[..., Population]


@pytest.fixture(scope="session")
def demo() -> Customers:
    return demo_customers()


@pytest.fixture(scope="session")
def simulator(demo: Customers) -> Simulator:
    """Calibrated on the fitted 70 % of the demo customers."""
    return calibrate(demo.fit, replicates=4, seed=3)


@pytest.fixture(scope="session")
def features_only(demo: Customers) -> Customers:
    """400 customers of whom only a table is known: no history, no campaign log."""
    few = demo.only(demo.frame.index[:400])
    return replace(few, history=None, contacts=None, periods=0)


@pytest.fixture(scope="session")
def make_population() -> Maker:
    """Return a maker of random populations; keyword arguments override the behaviour of everyone."""

    def make(n: int, seed: int = 0, *, campaigns: int = 3, **behaviour: float) -> Population:
        rng = np.random.default_rng(seed)

        def uniform(low: float, high: float, *shape: int) -> np.ndarray:
            return rng.uniform(low, high, shape).astype(np.float32)

        def by_campaign(first: float, last: float) -> np.ndarray:
            return np.array([[0, *np.linspace(first, last, campaigns - 1)]], np.float32)

        traits = Traits(
            rate=uniform(0.05, 2.5, 1, n),
            dispersion=uniform(0.0, 2.0, 1, n),
            basket=uniform(5, 60, 1, n),
            basket_sd=uniform(0.2, 1.0, 1, n),
            browse=uniform(0.0, 0.3, 1, n),
            hazard=uniform(0.0005, 0.01, 1, n),
            closing=uniform(-1, 1, 1, n),
            openness=uniform(-2, 1, 1, n, campaigns),
            interest=uniform(-3, 0, 1, n, campaigns),
            affinity=uniform(0.5, 1.5, 1, n, campaigns),
        )
        effects = CampaignEffects(
            cost=by_campaign(0.1, 0.05),
            discount=by_campaign(2.5, 1.5),
            lift=by_campaign(0.1, 0.05),
            bonus=by_campaign(0.4, 0.2),
            weight=by_campaign(1.0, 0.5),
            closing=by_campaign(0.2, -0.2),
            loading=by_campaign(0.5, -0.5),
            weather=by_campaign(-0.2, 0.2),
            delivery=by_campaign(0.9, 1.0),
            channel=(np.arange(campaigns) % 4).astype(np.uint8),
            beneficial=np.array([0] + [1] * (campaigns - 1), np.uint8),
        )
        record = behaviour_record({**BEHAVIOUR, **behaviour})[None]
        return Population(
            seed=seed,
            traits=traits,
            behaviour=record,
            effects=effects,
            season=np.ones((1, 52), np.float32),
            consent=np.full((1, n), 15, np.uint8),
            features=np.zeros((1, n, 0), np.float32),
            feature_names=(),
            groups=np.zeros((1, n, 0), np.int8),
            expected_response=traits.interest,
            expected_openness=np.zeros(1, np.float32),
            expected_hazard=traits.hazard,
            expected_effects=effects,
            expected_behaviour=record,
        )

    return make
