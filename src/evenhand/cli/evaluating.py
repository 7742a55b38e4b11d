"""How policies are compared outside a study, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from evenhand.cli.progress import Bars
from evenhand.cli.saying import lines, out, show_table
from evenhand.errors import DataError

if TYPE_CHECKING:
    from evenhand.experiments.contest import Ring
    from evenhand.experiments.evaluation import Evaluation
    from evenhand.fairness import DemographicParity

__all__ = ["evaluate_on", "parity_of"]


def evaluate_on(
    on: str,
    given: list[str],
    *,
    segmentation: Path | None,
    constraints: list[str],
    scenario: str,
    workers: int,
    as_json: bool,
    **budget: int | None,
) -> None:
    """Build the ring, let everyone in, and say who earned what, within which limits; or print it all as JSON."""
    from evenhand.experiments.contest import contest, horizon_of, named_policies, open_simulator, ring_of, today_of
    from evenhand.experiments.settings import StudySettings

    policies, baselines = named_policies(given)
    asked = {name: value for name, value in budget.items() if value is not None}
    settings = StudySettings().changed(**asked)
    settings = settings.changed(horizon=horizon_of(policies, otherwise=settings.horizon))
    simulator = open_simulator(on)
    limits = [] if constraints == ["none"] else [parity_of(text) for text in constraints]
    ring = ring_of(
        simulator, today_of(on, simulator, segmentation), settings, constraints=limits if constraints else None
    )
    with Bars(out, {}, total=settings.populations) as bars:
        found = contest(policies, baselines, ring, scenario=scenario, workers=workers, on_progress=bars.tell)
    if as_json:
        typer.echo(json.dumps({**_where(on, ring), **found.to_dict()}, indent=1, sort_keys=True, allow_nan=False))
        return
    _say(found, ring, on)


def parity_of(text: str) -> DemographicParity:
    """Read `income=0.05`: the gap of an attribute may be that large; without a number 0.05."""
    from evenhand.fairness import DemographicParity

    name, equals, number = text.partition("=")
    try:
        return DemographicParity(name, float(number) if equals else 0.05)
    except ValueError:
        raise DataError(f"--constraint {text}", rule="ATTRIBUTE=TOLERANCE, such as income=0.05, or none") from None


def _where(on: str, ring: Ring) -> dict[str, Any]:
    return {
        "on": on,
        "simulator": ring.simulator.hash,
        "segmentation": ring.today.hash,
        "populations": ring.settings.populations,
        "horizon": ring.setup.horizon,
        "seed": ring.settings.seed,
    }


def _say(found: Evaluation, ring: Ring, on: str) -> None:
    from evenhand.experiments.report import contest_table, verdict_sentence

    labels = {attribute.name: attribute.label for attribute in ring.simulator.protected}
    met = f"{on}, dynamics of {found.scenario}" if found.scenario else on
    lines([f"{ring.settings.populations:,} unseen populations of {met}, same luck for every policy"], indent=0)
    show_table(contest_table(found.policies, labels))
    if any(policy.kind == "learned" for policy in found.policies):
        customers = ring.simulator.content.customers
        said = verdict_sentence(found.policies, found.comparison, customers=customers, labels=labels)
        lines([said], indent=0)
    if found.over_seeds:
        lines([f"{found.over_seeds.claim[:1].upper()}{found.over_seeds.claim[1:]}."], indent=0)
