"""A study under a scenario: features that a twist adds, and dynamics that policies meet."""

from __future__ import annotations

from evenhand.customers import Customers
from evenhand.errors import DataError
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator
from evenhand.simulator.scenarios import names, twist, with_proxy, without_proxy, world

__all__ = ["dynamics_of", "with_features_of"]

PROXY = "adversarial_proxy"


def with_features_of(scenario: str, customers: Customers, today: Segmentation) -> tuple[Customers, Segmentation]:
    """Return the table and today's segmentation with the features that belong to a scenario, and no others.

    What needs no change is returned as the same object. RuleError where today's rules use a feature that goes.
    """
    found = with_proxy(customers) if scenario == PROXY else without_proxy(customers)
    if found is customers:
        return customers, today
    return found, Segmentation(catalogue=found.catalogue, segments=today.segments, default=today.default)


def dynamics_of(scenario: str, simulator: Simulator) -> Simulator:
    """Return the simulator whose populations policies meet: the study's, twisted, or the world that it was drawn from.

    DataError for a scenario of another business, or one that changes the features.
    """
    if not scenario:
        return simulator
    if scenario not in names("world"):
        return twist(scenario, simulator, dynamics=True)
    truth = world(scenario)
    if _business(truth) != _business(simulator):
        raise DataError(
            f"scenario {scenario!r} is another business than that of the study",
            rule="policies can meet the world that their customers were drawn from, or a twist",
            mend=f"make a study of it with `evenhand ingest --scenario {scenario} --out ...`",
        )
    return truth


def _business(simulator: Simulator) -> tuple[object, ...]:
    campaigns = tuple(campaign.id for campaign in simulator.catalogue.campaigns)
    groups = tuple((a.name, tuple(g.name for g in a.groups)) for a in simulator.protected)
    return campaigns, groups, simulator.static_features
