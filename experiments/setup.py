"""From a simulator, today's segmentation and a study's settings to the set-up of its environment."""

from __future__ import annotations

from collections.abc import Sequence

from evenhand.envs import REVIEWERS, Setup, build_setup
from evenhand.envs.compiling import Asked
from evenhand.experiments.settings import StudySettings
from evenhand.fairness import DemographicParity
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["attribute_of", "constraints_of", "customers_in_evidence", "most_segments", "setup_of"]

SEGMENTS, SPARE = 10, 2  # what most businesses can tend, and room to split where there are as many already


def attribute_of(simulator: Simulator, settings: StudySettings) -> str | None:
    """Return the attribute that a study constrains: the named one, else the first with two groups large enough."""
    able = [a.name for a in simulator.protected if sum(g.constrained for g in a.groups) > 1]
    return settings.attribute or (able[0] if able else None)


def constraints_of(simulator: Simulator, settings: StudySettings) -> list[DemographicParity]:
    """Return the constraint of a study, if any attribute can be constrained."""
    name = attribute_of(simulator, settings)
    return [DemographicParity(name, settings.tolerance)] if name else []


def setup_of(
    simulator: Simulator, today: Segmentation, settings: StudySettings, *, constraints: Sequence[Asked] | None = None
) -> Setup:
    """Return the environment's set-up of a study; without `constraints` that of the settings holds."""
    limits = constraints_of(simulator, settings) if constraints is None else constraints
    return build_setup(
        simulator,
        today,
        constraints=limits,
        horizon=settings.horizon,
        reviewer=REVIEWERS[settings.reviewer],
        max_segments=most_segments(today, settings),
    )


def most_segments(today: Segmentation, settings: StudySettings) -> int:
    """Return how many segments learning may use, the default one included."""
    return settings.max_segments or max(SEGMENTS, len(today.every) + SPARE)


def customers_in_evidence(simulator: Simulator, settings: StudySettings) -> int:
    """Return the customers of each population in the evidence: at most as many as the business has."""
    return min(settings.customers, max(simulator.content.customers, 50))
