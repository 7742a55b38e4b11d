"""The businesses of the benchmark: what is tuned and learned in, and what everyone meets in the evidence."""

from __future__ import annotations

from dataclasses import dataclass

from evenhand.agents import Layout, PopulationPool
from evenhand.agents.baselines.case import Case
from evenhand.customers import demo_customers, rfm_segmentation
from evenhand.envs import Setup
from evenhand.experiments.evaluation import EVALUATION_SEED
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import customers_in_evidence, setup_of
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator, calibrate
from evenhand.simulator.scenarios import draw_customers, twist, world

__all__ = ["Business", "business_of"]

DEMO_ATTRIBUTE = "income"  # what `make demo` constrains
TODAY_SEED = 1  # of the customers whose RFM segments a world begins with, as `evenhand ingest --scenario`


@dataclass(frozen=True)
class Business:
    """A simulator to tune and learn in, the dynamics of the evidence, and where everyone begins."""

    simulator: Simulator
    dynamics: Simulator  # of the unseen populations: the simulator, or what training never saw
    today: Segmentation
    setup: Setup
    settings: StudySettings

    @property
    def layout(self) -> Layout:
        """Where things stand in an observation."""
        return Layout(self.setup.max_segments, len(self.simulator.catalogue.campaigns))

    @property
    def case(self) -> Case:
        """What opponents are tuned for."""
        s = self.settings
        return Case(
            self.simulator, self.setup, s.seed, s.tuning_populations, s.training_customers,
            customers_in_evidence(self.simulator, s),
        )  # fmt: skip

    def unseen(self) -> PopulationPool:
        """Return the populations of the evidence, the same for every policy."""
        s = self.settings
        return PopulationPool(
            self.dynamics,
            first_seed=EVALUATION_SEED + 100_000 * (s.seed % 1000),
            count=s.populations,
            n_customers=customers_in_evidence(self.simulator, s),
        )

    def pool(self, first_seed: int, count: int) -> PopulationPool:
        """Return populations of the size that learning meets."""
        n = self.settings.training_customers
        return PopulationPool(self.simulator, first_seed=first_seed, count=count, n_customers=n)


def business_of(home: str, delayed: float, settings: StudySettings, *, shifted: bool = False) -> Business:
    """Return the households or a world, with every delayed effect `delayed` times as strong as it is.

    With `shifted` the evidence has dynamics that training never saw.
    """
    if home == "households":
        customers = demo_customers()
        settings = settings.changed(attribute=settings.attribute or DEMO_ATTRIBUTE)
        simulator = calibrate(customers, seed=settings.seed, replicates=settings.replicates)
    else:
        simulator = world(home)
        customers = draw_customers(simulator, simulator.content.customers, seed=TODAY_SEED)
    today = rfm_segmentation(customers)
    simulator = _at_strength(delayed, simulator)
    dynamics = twist("shifted", simulator, dynamics=True) if shifted else simulator
    return Business(simulator, dynamics, today, setup_of(simulator, today, settings), settings)


def _at_strength(delayed: float, simulator: Simulator) -> Simulator:
    if not delayed:
        return twist("no_delayed_effects", simulator)
    content = simulator.content
    return simulator if delayed == 1 else Simulator(content.model_copy(update={"delayed": delayed * content.delayed}))
