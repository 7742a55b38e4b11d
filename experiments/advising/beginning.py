"""Advice of a policy that begins with a plan, as long as what runs did not come of it: the plan, and no tweaks."""

from __future__ import annotations

from dataclasses import dataclass

from evenhand.customers import Customers
from evenhand.envs import Setup
from evenhand.experiments.advising.advise import Advice, Planned
from evenhand.experiments.advising.counting import count_change
from evenhand.experiments.advising.statistics import Statistics, checked
from evenhand.segments import Segmentation

__all__ = ["PlanFirst"]

UNFIT = "Keep what runs: the policy begins with a plan for other features, campaigns or protected attributes ({})."
FIRST = "Plan first: the tweaks of this policy build on a plan, and what runs here did not come of it."


@dataclass(frozen=True)
class PlanFirst:
    """Stands in for an adviser: what it advises depends on no statistics."""

    today: Segmentation
    advice: Advice

    @classmethod
    def of(cls, plan: Segmentation, today: Segmentation, customers: Customers, setup: Setup) -> PlanFirst:
        """Return who advises to put a plan in force, with what that would change on the customers as they are."""
        counted = count_change(customers, today, plan, setup)
        planned = Planned(plan, tuple(today.diff(plan)), int(counted.affected.sum()), counted.fairness)
        return cls(today, Advice((), "plan first", FIRST, plan=planned))

    @classmethod
    def unfit(cls, others: tuple[str, ...], today: Segmentation) -> PlanFirst:
        """Return who says that the plan speaks of other features, campaigns or protected attributes: `others`."""
        return cls(today, Advice((), "plan does not fit", UNFIT.format(", ".join(map(repr, others)))))

    def advise(self, statistics: Statistics, *, count: int = 3) -> Advice:
        """Return the plan, or why it cannot be; DataError for wrong counts."""
        checked(statistics, self.today)
        return self.advice
