"""Worlds small enough to know the best that can be done in them.

Customers differ in one feature, x = 0 or 1, half of them each; everyone buys for 2 money a period at a margin of 0.5,
and opens whatever they get. Today nobody is contacted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from evenhand.agents import Greedy, Layout, NetSettings
from evenhand.agents.baselines.greedy import GreedyTuning
from evenhand.envs import Charges, Cut, Grid, Parity, Setup
from evenhand.envs.boxes import boxes_of
from evenhand.segments import Campaign, Catalogue, Feature, Segment, Segmentation
from evenhand.simulator import CampaignEffects, Population, Simulator, Traits
from evenhand.simulator.content import Attribute, Group
from evenhand.simulator.types import behaviour_record

RATE, BASKET, MARGIN, COST, LIFT = 2.0, 1.0, 0.25, 0.02, 0.1
CALM = {
    "zero_inflation": 0.0, "drift_persistence": 0.0, "drift_sd": 0.0, "margin_rate": MARGIN,
    "discount_share": 0.5, "fatigue_decay": 0.0, "fatigue_open": 0.0, "fatigue_lift": 0.0, "fatigue_unsubscribe": 0.0,
    "fatigue_churn": 0.0, "satisfaction_decay": 0.0, "satisfaction_gain": 0.0, "satisfaction_churn": 0.0,
    "unsubscribe_base": 0.0, "contact_value": 0.0,
}  # fmt: skip


@dataclass(frozen=True)
class Toy:
    """Populations by hand behind the two things that agents ask of a simulator: a hash and numbered draws."""

    affinity: tuple[float, float] = (0.0, 1.0)  # of x = 0 and x = 1 to campaign A: lift of trips, in LIFTs
    hazard: tuple[float, float] = (0.0, 0.0)  # of leaving in a period when rested
    fatigue_churn: float = 0.0  # gain of the log hazard after a period with a contact
    mixed: float = 0.0  # share of customers whose group is not that of their x

    hash = "toy"
    catalogue = Catalogue(
        features=(Feature(name="x", label="x"),), campaigns=(Campaign(id="A", name="A", beneficial=True),)
    )
    protected = (
        Attribute(
            name="side", label="Side", unknown=0, groups=tuple(Group(name=g, n=500, constrained=True) for g in "lr")
        ),
    )

    def population(self, seed: int, n: int) -> Population:
        """Return `n` customers; only x, the groups and the luck differ between seeds."""
        rng = np.random.default_rng(seed)
        x = rng.permutation(np.arange(n) % 2)
        side = np.where(rng.random(n) < self.mixed, 1 - x, x)

        def by_x(values: tuple[float, float]) -> NDArray[np.float32]:
            return np.where(x == 1, np.float32(values[1]), np.float32(values[0]))[None]

        def everyone(value: float, *shape: int) -> NDArray[np.float32]:
            return np.full((1, n, *shape), value, np.float32)

        traits = Traits(
            rate=everyone(RATE), dispersion=everyone(0.0), basket=everyone(BASKET), basket_sd=everyone(0.0),
            browse=everyone(0.0),
            hazard=by_x(self.hazard), closing=everyone(-20.0), openness=everyone(20.0, 2), interest=everyone(-20.0, 2),
            affinity=np.stack([everyone(0.0), by_x(self.affinity)], axis=2),
        )  # fmt: skip
        per_campaign = {"cost": COST, "discount": 0.0, "lift": LIFT, "bonus": 0.0, "weight": 1.0}
        neutral = {"closing": 0.0, "loading": 0.0, "weather": 0.0, "delivery": 1.0}
        effects = CampaignEffects(
            **{name: np.array([[0.0, value]], np.float32) for name, value in {**per_campaign, **neutral}.items()},
            channel=np.zeros(2, np.uint8),
            beneficial=np.array([0, 1], np.uint8),
        )
        record = behaviour_record({**CALM, "fatigue_churn": self.fatigue_churn})[None]
        return Population(
            seed=seed, traits=traits, behaviour=record, effects=effects, season=np.ones((1, 52), np.float32),
            consent=np.ones((1, n), np.uint8), features=x[None, :, None].astype(np.float32), feature_names=("x",),
            groups=side[None, :, None].astype(np.int8), expected_response=traits.interest,
            expected_openness=np.full(1, 20.0, np.float32), expected_hazard=traits.hazard, expected_effects=effects,
            expected_behaviour=record,
        )  # fmt: skip

    @property
    def simulator(self) -> Simulator:
        """This, where a Simulator is asked for."""
        return cast("Simulator", self)


def gain(affinity: float) -> float:
    """Return what a contact brings in its period, money, by the behaviour equations."""
    return MARGIN * RATE * BASKET * (float(np.exp(LIFT * affinity)) - 1) - COST


def nobody_contacted() -> Segmentation:
    """Return today's segmentation: one segment, no contact."""
    return Segmentation(catalogue=Toy.catalogue, segments=(), default=Segment(id="all", name="All", campaign="none"))


def toy_setup(*, horizon: int = 8, edit: float = 0.0065, tolerance: float | None = None, explore: float = 0.0) -> Setup:
    """Return the set-up of a toy, with a constraint on the sides where a tolerance is given."""
    grid = Grid(("x",), ((Cut(0.5),),))
    return Setup(
        grid=grid, start=boxes_of(nobody_contacted(), grid, max_segments=3), habits=(), group_counts=(2,),
        constraints=(Parity(0, (0, 1), tolerance),) if tolerance is not None else (), horizon=horizon, warmup=0,
        explore=explore, charges=Charges(edit=edit, complexity=0.0), shield=False,
    )  # fmt: skip


def toy_layout(setup: Setup) -> Layout:
    return Layout(setup.max_segments, 2)


def toy_net(
    setup: Setup, *, residual: bool = True, uncertainty: bool = True, tuning: GreedyTuning | None = None
) -> NetSettings:
    return NetSettings(
        max_segments=setup.max_segments, n_campaigns=2, horizon=setup.horizon, edit=setup.charges.edit,
        complexity=setup.charges.complexity, tuning=tuning or GreedyTuning(), residual=residual,
        uncertainty=uncertainty,
    )  # fmt: skip


def toy_greedy(setup: Setup, tuning: GreedyTuning | None = None) -> Greedy:
    charges = setup.charges
    return Greedy(toy_layout(setup), setup.horizon, charges.edit, charges.complexity, tuning or GreedyTuning())
