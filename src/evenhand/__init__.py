"""Even-handed customer segmentation, learned in a simulator and proven before anyone relies on it.

    import evenhand as eh

    customers = eh.demo_customers()
    today = eh.rfm_segmentation(customers)
    simulator = eh.calibrate(customers)

Importing `evenhand` also registers the Gymnasium environment `evenhand:Segmentation-v0`. Everything else is loaded
when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from gymnasium.envs.registration import register, registry

if TYPE_CHECKING:
    from evenhand.agents.export.served import OnnxPolicy
    from evenhand.customers import (
        CampaignLog,
        CampaignPlan,
        Customers,
        demo_customers,
        read_customers,
        rfm_segmentation,
    )
    from evenhand.errors import EvenhandError
    from evenhand.experiments.exploration import Exploration
    from evenhand.experiments.loop import Schedule, plan_campaigns, record
    from evenhand.experiments.offpolicy import evaluate_segmentation
    from evenhand.experiments.searching import search
    from evenhand.experiments.settings import StudySettings
    from evenhand.experiments.study import Study, baselines, evaluate, train
    from evenhand.fairness import (
        ContactCap,
        CoverageFloor,
        DemographicParity,
        EqualizedOdds,
        EqualOpportunity,
        SpendCap,
        UnsubscribeCap,
    )
    from evenhand.segments import Segmentation
    from evenhand.simulator import Simulator, calibrate
    from evenhand.simulator.scenarios import draw_customers, scenario

__all__ = [
    "CampaignLog",
    "CampaignPlan",
    "ContactCap",
    "CoverageFloor",
    "Customers",
    "DemographicParity",
    "EqualOpportunity",
    "EqualizedOdds",
    "EvenhandError",
    "Exploration",
    "OnnxPolicy",
    "Schedule",
    "Segmentation",
    "Simulator",
    "SpendCap",
    "Study",
    "StudySettings",
    "UnsubscribeCap",
    "baselines",
    "calibrate",
    "demo_customers",
    "draw_customers",
    "evaluate",
    "evaluate_segmentation",
    "plan_campaigns",
    "read_customers",
    "record",
    "rfm_segmentation",
    "scenario",
    "search",
    "train",
]

_HOME = {
    "CampaignLog": "customers",
    "CampaignPlan": "customers",
    "Customers": "customers",
    "demo_customers": "customers",
    "read_customers": "customers",
    "rfm_segmentation": "customers",
    "EvenhandError": "errors",
    "OnnxPolicy": "agents.export.served",
    "Exploration": "experiments.exploration",
    "Schedule": "experiments.loop",
    "plan_campaigns": "experiments.loop",
    "record": "experiments.loop",
    "evaluate_segmentation": "experiments.offpolicy",
    "search": "experiments.searching",
    "StudySettings": "experiments.settings",
    "Study": "experiments.study",
    "baselines": "experiments.study",
    "evaluate": "experiments.study",
    "train": "experiments.study",
    "ContactCap": "fairness",
    "CoverageFloor": "fairness",
    "DemographicParity": "fairness",
    "EqualOpportunity": "fairness",
    "EqualizedOdds": "fairness",
    "SpendCap": "fairness",
    "UnsubscribeCap": "fairness",
    "Segmentation": "segments",
    "Simulator": "simulator",
    "calibrate": "simulator",
    "draw_customers": "simulator.scenarios",
    "scenario": "simulator.scenarios",
}

try:
    __version__ = version("evenhand")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0"


if not TYPE_CHECKING:  # type checkers would believe that it has any name

    def __getattr__(name: str) -> Any:
        if name in _HOME:
            return getattr(import_module(f"evenhand.{_HOME[name]}"), name)
        raise AttributeError(f"module 'evenhand' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


if "Segmentation-v0" not in registry:
    register(
        id="Segmentation-v0",
        entry_point="evenhand.envs.env:SegmentationEnv",
        vector_entry_point="evenhand.envs.env:SegmentationVectorEnv",
    )
