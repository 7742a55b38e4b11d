"""From the files of a study to its report."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import numpy as np

from evenhand.agents import FEASIBLE_SHARE
from evenhand.agents.baselines.registry import named
from evenhand.customers import Customers
from evenhand.experiments.beginning import START
from evenhand.experiments.evaluation import Evaluation
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.report import (
    AuditedAttribute,
    CurvePoint,
    Data,
    Learning,
    Mitigation,
    Parameter,
    QualityCheck,
    Realism,
    Recommendation,
    RecommendedPlan,
    Report,
    SeedCurve,
    SegmentationPart,
    SegmentPart,
    Settings,
    SimulatorPart,
    Source,
    verdict_sentence,
)
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import constraints_of
from evenhand.fairness import UNKNOWN, DemographicParity, Protected, audit
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator
from evenhand.simulator.realism import Realism as Measured

__all__ = ["assemble"]

VERSIONED = ("evenhand", "gymnasium", "numba", "numpy", "pandas", "sb3-contrib", "scipy", "stable-baselines3", "torch")
FEASIBILITY = (
    f"A policy counts as fair when at least {FEASIBLE_SHARE:.0%} of the populations keep the gap within its limit."
)


def assemble(folder: StudyFolder) -> Report:
    """Return the report of a study; parts are left out whose step has not run, or could not for want of customers."""
    customers, today = folder.customers(), folder.today()
    learned_there = folder.has("evaluation.json")
    settings = folder.settings() if folder.has("settings.json") else StudySettings()
    evaluation = Evaluation.from_dict(folder.read_plain("evaluation.json")) if learned_there else None
    policies = evaluation.policies if evaluation else ()
    comparison = evaluation.comparison if evaluation else None
    scenario = evaluation.scenario if evaluation else ""
    labels = {spec.column: spec.label for spec in customers.schema.protected}
    simulator = folder.simulator() if folder.has("simulator.json") else None
    constraint = constraints_of(simulator, settings) if simulator else []
    rows = folder.read_plain("recommendations.json") if folder.has("recommendations.json") else []
    recommendations = tuple(Recommendation.model_validate(row) for row in rows)
    return Report(
        verdict=verdict_sentence(policies, comparison, customers=customers.n, labels=labels, scenario=scenario),
        scenario=scenario,
        data=_data(customers),
        realism=_realism(folder),
        simulator=_simulator(simulator),
        today=_segmentation(today, customers, constraint),
        learned=_learned(folder, customers, today, constraint),
        learning=_learning(folder, settings) if folder.has("learning.json") else None,
        policies=policies,
        comparison=comparison,
        over_seeds=evaluation.over_seeds if evaluation else None,
        elsewhere=evaluation.elsewhere if evaluation else (),
        mitigation=folder.read("mitigation.json", Mitigation) if folder.has("mitigation.json") else None,
        plan=folder.read("beginning.json", RecommendedPlan) if folder.has("beginning.json") else None,
        recommendations=recommendations,
        settings=_settings(settings),
        seed=settings.seed,
        versions={name: version(name) for name in VERSIONED} | {"python": platform.python_version()},
        seconds=folder.read_plain("seconds.json") if folder.has("seconds.json") else {},
    )


def _data(customers: Customers) -> Data:
    rows = {"customers": customers.n}
    if customers.history is not None:
        rows["customer weeks with a purchase"] = len(customers.history)
    if customers.contacts is not None:
        rows["contacts"] = len(customers.contacts)
    return Data(
        name=customers.schema.name,
        customers=customers.n,
        rows=rows,
        sources=tuple(Source.model_validate(source, from_attributes=True) for source in customers.sources),
        quality=tuple(QualityCheck.model_validate(check, from_attributes=True) for check in customers.quality().checks),
    )


def _realism(folder: StudyFolder) -> Realism | None:
    if not folder.has("realism.json"):
        return None
    return Realism.of(Measured.from_dict(folder.read_plain("realism.json")))


def _simulator(simulator: Simulator | None) -> SimulatorPart | None:
    if simulator is None:
        return None
    rows = simulator.content.parameters
    return SimulatorPart(
        parameters=tuple(Parameter.model_validate(row, from_attributes=True) for row in rows),
        hash=simulator.hash,
        notes=simulator.notes,
    )


def _segmentation(
    segmentation: Segmentation,
    customers: Customers,
    constraint: list[DemographicParity],
    *,
    changes: tuple[str, ...] = (),
) -> SegmentationPart:
    positions = segmentation.assign(customers.frame)
    campaigns = {campaign.id: campaign for campaign in segmentation.catalogue.campaigns}
    sentences = segmentation.explain()
    segments = []
    for k, (segment, sentence) in enumerate(zip(segmentation.every, sentences, strict=True)):
        campaign = campaigns[segment.campaign]
        n = int((positions == k).sum())
        segments.append(
            SegmentPart(
                id=segment.id, name=segment.name, sentence=sentence, campaign=campaign.id,
                campaign_name=campaign.name, beneficial=campaign.beneficial, share=n / customers.n, customers=n,
            )
        )  # fmt: skip
    ids = list(campaigns)
    given = np.array([ids.index(segment.campaign) for segment in segmentation.every])[positions]
    good = np.array([campaign.beneficial for campaign in campaigns.values()])[given]
    benefit = good & customers.reachable[np.arange(customers.n), given]
    codes = customers.protected_codes()
    protected = {
        attribute.name: Protected(
            codes=codes[:, p], groups=[g.name for g in attribute.known if g.name != UNKNOWN], label=attribute.label
        )
        for p, attribute in enumerate(customers.protected)
    }
    found = audit(benefit, protected, constraints=constraint)
    return SegmentationPart(
        segmentation=segmentation.model_dump(mode="json", by_alias=True),
        segments=tuple(segments),
        changes=changes,
        audit=tuple(AuditedAttribute.model_validate(a, from_attributes=True) for a in found.attributes),
    )


def _learned(
    folder: StudyFolder, customers: Customers, today: Segmentation, constraint: list[DemographicParity]
) -> SegmentationPart | None:
    if not folder.has("learned.json"):
        return None
    learned = Segmentation.from_json((folder.path / "learned.json").read_text(encoding="utf-8"))
    return _segmentation(learned, customers, constraint, changes=tuple(today.diff(learned)))


def _learning(folder: StudyFolder, settings: StudySettings) -> Learning:
    """Return the curves beside their own start: an untrained policy is the best-tuned greedy, same populations."""
    data: dict[str, Any] = folder.read_plain("learning.json")
    seeds = tuple(
        SeedCurve(
            seed=row["seed"],
            chosen=row["chosen"],
            points=tuple(
                CurvePoint(steps=p["steps"], gain=p["profit"], gap=p["gap"], multiplier=p["multiplier"])
                for p in row["points"]
            ),
        )
        for row in data["seeds"]
    )
    return Learning(
        seeds=seeds,
        tolerance=settings.tolerance,
        reference=seeds[0].points[0].gain,
        reference_label=_start_label(folder),
    )


def _start_label(folder: StudyFolder) -> str:
    """Return what people call the opponent that learning starts from, and the plan that it begins with."""
    label, begun = named(START).label, folder.read_plain("opponents.json").get("beginning")
    return f"{label}, begun with: {begun['label']}" if begun else label


def _settings(settings: StudySettings) -> Settings:
    shown = ("steps", "populations", "horizon", "training_seeds", "seed")
    other = {k: v for k, v in settings.model_dump().items() if k not in shown and v is not None}
    return Settings(
        steps=settings.steps,
        seeds=settings.training_seeds,
        populations=settings.populations,
        periods=settings.horizon,
        feasibility=FEASIBILITY,
        other=other,
    )
