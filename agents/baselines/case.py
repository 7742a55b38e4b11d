"""What an opponent is tuned for and what enters a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from evenhand.agents.policy import Layout, Policy
from evenhand.envs import Setup
from evenhand.simulator import Simulator

__all__ = ["Case", "Entry"]


@dataclass(frozen=True)
class Case:
    """A business in its simulator, and how much tuning one opponent may cost."""

    simulator: Simulator
    setup: Setup
    seed: int = 0
    populations: int = 128
    n_customers: int = 1000
    evidence_customers: int = 1000  # in each population of the evidence; what has no shield is tuned on as many

    @property
    def layout(self) -> Layout:
        """Where things stand in an observation."""
        return Layout(self.setup.max_segments, len(self.simulator.catalogue.campaigns))


class Entry(NamedTuple):
    """A policy as it is rolled out."""

    policy: Policy
    setup: Setup
