"""A small calibrated simulator, a segmentation that tries every kind of bound, and worlds within an episode."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from matplotlib import pyplot
from tests.envs import screen
from tests.envs.example import MakeWorld, begin

from evenhand.customers import Customers, demo_customers, rfm_segmentation
from evenhand.envs import Setup, World, build_setup
from evenhand.fairness import DemographicParity
from evenhand.segments import Condition, RuleGroup, Segment, Segmentation
from evenhand.simulator import Population, Simulator, calibrate


@pytest.fixture(scope="session")
def customers() -> Customers:
    return demo_customers()


@pytest.fixture(scope="session")
def simulator(customers: Customers) -> Simulator:
    return calibrate(customers, replicates=1, seed=5)


@pytest.fixture(scope="session")
def today(customers: Customers) -> Segmentation:
    return rfm_segmentation(customers)


def _rule(*conditions: tuple[str, str, float]) -> RuleGroup:
    rules = tuple(Condition.model_validate({"field": f, "operator": o, "value": v}) for f, o, v in conditions)
    return RuleGroup(rules=rules)


@pytest.fixture(scope="session")
def odd(customers: Customers) -> Segmentation:
    """Closed and open cuts on one feature, bounds on both sides, and a field bounded twice on one side."""
    return Segmentation(
        catalogue=customers.catalogue,
        segments=(
            Segment(id="away", name="Away", rule=_rule(("recency_days", ">", 21)), campaign="C"),
            Segment(
                id="part-2",
                name="Core",
                rule=_rule(("trips_per_month", ">=", 2), ("trips_per_month", ">", 4), ("spend_per_trip", "<=", 40)),
                campaign="A",
            ),
            Segment(
                id="middle",
                name="Middle",
                rule=_rule(("trips_per_month", "<", 7), ("trips_per_month", "<=", 5), ("produce_share", ">=", 0.07)),
                campaign="B",
            ),
            Segment(id="fresh", name="Fresh", rule=_rule(("recency_days", "<=", 7)), campaign="B"),
        ),
        default=Segment(id="rest", name="Rest", campaign="none"),
    )


@pytest.fixture(scope="session")
def setup(simulator: Simulator, today: Segmentation) -> Setup:
    return build_setup(simulator, today, constraints=[DemographicParity("age", tolerance=0.05)])


@pytest.fixture(scope="session")
def odd_setup(simulator: Simulator, odd: Segmentation) -> Setup:
    return build_setup(simulator, odd, constraints=[DemographicParity("income", tolerance=0.05)], max_segments=8)


@pytest.fixture(scope="session")
def populations(simulator: Simulator) -> list[Population]:
    return [simulator.population(seed=k, n=300) for k in range(4)]


@pytest.fixture
def make_world(populations: list[Population]) -> MakeWorld:
    """Return a maker of worlds that have begun an episode and taken some random valid steps."""

    def make(setup: Setup, *, envs: int = 2, steps: int = 0, seed: int = 0, twin: bool = True) -> World:
        return begin(setup, populations[:envs], steps=steps, seed=seed, twin=twin)

    return make


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[np.ndarray]]:
    """Give matplotlib windows that need no display, and return what they show."""
    before = pyplot.get_backend()
    pyplot.switch_backend("module://tests.envs.screen")
    monkeypatch.setattr(pyplot, "pause", lambda seconds: pyplot.gcf().canvas.manager.show())  # type: ignore[union-attr]
    screen.shown.clear()
    yield screen.shown
    pyplot.switch_backend(before)
