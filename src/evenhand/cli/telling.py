"""`evenhand ab report`: the page of an experiment, the decision first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.saying import lines, out
from evenhand.errors import DataError

__all__ = ["add_to"]


def add_to(ab: typer.Typer) -> None:
    """Add the command `report`."""
    ab.command(
        short_help="Write the page of an experiment: the decision and all it stands on.",
        epilog="\b\nExamples:\n  evenhand ab report --plan plan.json --evidence evidence.json --out ab.html\n"
        "  evenhand ab report --plan plan.json --analysis analysis.json --after week-1.json --after week-2.json",
    )(report)


def report(
    plan: Annotated[Path, typer.Option(help="The registered plan, as `evenhand ab plan --out` wrote it.")],
    evidence: Annotated[
        Path | None, typer.Option(help="Evidence of the present look, as `evenhand ab analyze --out` wrote it.")
    ] = None,
    analysis: Annotated[
        Path | None,
        typer.Option(help="Instead: what `evenhand ab analyze --json` printed; it tells of groups and periods too."),
    ] = None,
    after: Annotated[list[Path] | None, typer.Option(help="Evidence of an earlier look; again for each.")] = None,
    arm: Annotated[str | None, typer.Option(help="Which challenger, where an analysis has several.")] = None,
    out_file: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("ab.html"),
) -> None:
    """Write one self-contained page: the decision, the plan, effects, looks, groups, integrity, and hashes of it all.

    Every number says where it comes from: simulated, logged or live. The decision is that of `evenhand gate`.
    """
    from evenhand.experiments.gate import Evidence
    from evenhand.experiments.report.ab import save_ab, told
    from evenhand.experiments.report.ab.told import evidence_of, read_analysis
    from evenhand.experiments.trial.register import load_registered

    if (evidence is None) == (analysis is None):
        raise DataError("nothing to tell" if evidence is None else "--evidence with --analysis",
                        rule="the evidence of a look, or its analysis", mend="give one of the two")  # fmt: skip
    if evidence is not None and arm is not None:
        raise DataError("--arm with --evidence", rule="evidence is of one challenger", mend="leave --arm out")
    found = read_analysis(analysis) if analysis else {}
    now = Evidence.load(evidence) if evidence else evidence_of(found, arm)
    page = told(load_registered(plan), [*(Evidence.load(file) for file in after or ()), now], found)
    save_ab(page, out_file)
    lines([f"{page.decision.verdict}: {page.plan.name}, {now.arm} against {page.plan.control}; {now.origin}"], indent=0)
    out.print(f"Report: {out_file}")
