"""`evenhand validate`: a simulated trial of a study's exported policy, and what the gate makes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evenhand.cli.asking import CORES, Folder, Workers, examples, study_at
from evenhand.cli.progress import Bars
from evenhand.cli.saying import lines, out

if TYPE_CHECKING:
    from evenhand.agents.export.seal import Opened
    from evenhand.experiments.gate import DecisionRecord
    from evenhand.experiments.validating import Validation

__all__ = ["add_to", "say_decision", "tried"]


def add_to(app: typer.Typer) -> None:
    """Add the command `validate`."""
    app.command(
        short_help="Try an exported policy in simulated businesses; the gate decides.",
        epilog=examples("evenhand validate study", "evenhand validate study --key public_key.pem --populations 512"),
    )(validate)


def validate(
    folder: Folder,
    key: Annotated[
        Path | None, typer.Option(help="Public key of whoever exported the policy.", show_default="your own")
    ] = None,
    populations: Annotated[int | None, typer.Option(help="Simulated businesses.", show_default="256")] = None,
    customers: Annotated[
        int | None, typer.Option(min=50, help="Customers in each.", show_default="as many as there are, at most 1000")
    ] = None,
    workers: Workers = None,
) -> None:
    """Try a study's exported policy against today's plan in simulated businesses that no step of the study has seen.

    A pilot tells how much they differ, the plan is written down and registered, both arms run with the same luck, and
    the promotion gate decides. SHIP makes the policy *validated*: it may recommend. Each policy is tried once; plan,
    evidence and record stay in `validation` in the study, and `evenhand load` takes the decision along.
    """
    from evenhand.agents.export.seal import open_sealed
    from evenhand.registry.keys import trusted_key

    study = study_at(folder).path
    found = tried(
        study, open_sealed(study / "export", trusted_key(key)), populations=populations, customers=customers,
        workers=workers,
    )  # fmt: skip
    say_decision(found.record)
    if found.known:
        lines([f"Decided before, on {found.record.decided:%Y-%m-%d %H:%M} UTC: each policy is tried once"])
    out.print(f"Record: {found.folder / 'record.json'}")


def tried(
    study: Path, opened: Opened, *, populations: int | None = None, customers: int | None = None,
    workers: int | None = None,
) -> Validation:  # fmt: skip
    """Run the trial with bars."""
    from evenhand.experiments.validating import POPULATIONS
    from evenhand.experiments.validating import validate as run

    count = populations or POPULATIONS
    with Bars(out, {"trial": count}) as bars:
        return run(
            study, opened, now=datetime.now(UTC), populations=count, customers=customers, workers=workers or CORES,
            on_progress=bars.tell,
        )  # fmt: skip


def say_decision(record: DecisionRecord) -> None:
    """Say what the gate decided, the gain first."""
    decision, plan = record.decision, record.plan
    earned = f"; the policy is {decision.level}" if decision.verdict == "SHIP" else "; the policy stays a candidate"
    lines([f"{decision.verdict}: {plan.name}, {plan.weeks} weeks{earned}"], indent=0)
    for result in record.evidence.metrics:
        estimate = result.difference.estimate
        low, high = estimate.interval()
        lines([f"{result.metric} {estimate.value:+.4f} [{low:+.4f}, {high:+.4f}] against today's plan (simulated)"])
    lines(decision.reasons)
    lines(decision.remarks, style="dim")
