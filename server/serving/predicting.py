"""What is foretold of a change: counted on the customers as they are, simulated where the simulation can count it."""

from __future__ import annotations

from evenhand.errors import RuleError
from evenhand.experiments.advising.counting import count_change
from evenhand.experiments.advising.simulated import simulate_change
from evenhand.experiments.setup import setup_of
from evenhand.segments import Segmentation
from evenhand.segments.canonical import Json
from evenhand.server.serving.business import Business

__all__ = ["foretold"]


def foretold(
    business: Business, before: Segmentation, after: Segmentation, *, draws: int, whole: bool = False
) -> dict[str, Json]:
    """Return the prediction of a change, as a request keeps it: `customers_share` and `margin_used` decide on its risk.

    `profit` is the change per customer and period over the horizon against holding, with the middle 95 % of futures; a
    `whole` plan that a policy begins with is charged as in its evidence.
    Where a threshold is none that the simulation counts by, `unsimulated` says so in its place: what is counted on the
    customers holds all the same.
    """
    setup = setup_of(business.simulator, before, business.settings)
    counted = count_change(business.customers, before, after, setup)
    facts: dict[str, Json] = {
        "affected_customers": int(counted.affected.sum()),
        "customers_share": counted.customers_share,
        "margin_used": counted.margin_used,
        "fairness": {
            one.attribute: {"before": one.before, "after": one.after, "tolerance": one.tolerance}
            for one in counted.fairness
        },
        "groups": [dict(one._asdict()) for one in counted.groups],
    }
    try:
        found = simulate_change(business.customers, before, after, business.simulator, setup, draws=draws, whole=whole)
    except RuleError as error:
        return {**facts, "unsimulated": error.what}
    profit: Json = {"mean": found.mean, "low": found.low, "high": found.high}
    return {**facts, "evidence": "simulated", "profit": profit, "draws": found.draws, "horizon": found.horizon,
            "simulator_sha256": business.simulator.hash}  # fmt: skip
