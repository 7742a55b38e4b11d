"""The plan that a policy begins with, beside what a segmentation is and was."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from evenhand.registry import segmentations
from evenhand.registry.policies.record import Policy
from evenhand.segments import Catalogue, Segmentation

__all__ = ["Beginning", "beginning_of", "plan_of"]


class Beginning(NamedTuple):
    """A whole segmentation that has to be in force before a policy's tweaks make sense."""

    plan: Segmentation
    begun: bool  # whether what runs is exactly this plan, or came of it by changes since
    others: tuple[str, ...]  # features, campaigns and protected attributes that differ from what runs; none: it fits


def plan_of(policy: Policy) -> Segmentation | None:
    """Return the plan that a policy begins with; None: the segmentation that runs."""
    plan = policy.manifest.get("beginning")
    return Segmentation.from_json(plan) if plan else None


def beginning_of(connection: Connection, policy: Policy, today: segmentations.Version) -> Beginning | None:
    """Return the plan that a policy begins with, beside the version of a segmentation that runs."""
    plan = plan_of(policy)
    if plan is None:
        return None
    begun = segmentations.goes_back_to(connection, today.segmentation, plan.hash)
    return Beginning(plan, begun, _others(plan.catalogue, today.content.catalogue))


def _others(one: Catalogue, other: Catalogue) -> tuple[str, ...]:
    """Return the names of what stands in one catalogue only, or otherwise than in the other."""
    return tuple(sorted({name for name, _ in _named(one) ^ _named(other)}))


def _named(catalogue: Catalogue) -> set[tuple[str, object]]:
    return {
        *((one.name, one) for one in catalogue.features),
        *((one.id, one) for one in catalogue.campaigns),
        *((name, "protected") for name in catalogue.protected),
    }
