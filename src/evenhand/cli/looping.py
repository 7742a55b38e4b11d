"""The loop on the command line: a plan for the business's own tool, and the results that come back."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evenhand.cli.arriving import read_running
from evenhand.cli.asking import examples
from evenhand.cli.dividing import SALT, Asked, by_experiment, by_hand
from evenhand.cli.judging import customers_at
from evenhand.cli.saying import lines, out
from evenhand.errors import DataError

if TYPE_CHECKING:
    from evenhand.customers import Customers
    from evenhand.customers.campaign_plan import CampaignPlan
    from evenhand.segments import Segmentation

__all__ = ["add_to"]

BLOCK = 4  # periods
AsJson = Annotated[bool, typer.Option("--json", help="Print every number as JSON, and nothing else.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands `plan` and `record`."""
    app.command(
        short_help="Say who gets which campaign, with known chances.",
        epilog=examples(
            "evenhand plan study --starts 2026-03-02 --out spring",
            "evenhand plan today.json --customers study --starts 2026-03-02 --out spring --csv",
            "evenhand plan study --experiment plan.json --starts 2026-03-02 --out trial",
            "evenhand plan study --arm new=study/learned.json:1/2 --salt spring-trial --starts 2026-03-02 --out trial",
        ),
    )(plan)
    app.command(
        short_help="Join what came back with the plan.",
        epilog=examples(
            "evenhand record spring results.csv --out spring-log",
            "evenhand record spring results.csv --out spring-log --complete",
        ),
    )(record)


def plan(
    what: Annotated[str, typer.Argument(metavar="STUDY | SEGMENTATION", help="A study's folder, or a JSON file.")],
    starts: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day; earlier results are refused.")],
    out_folder: Annotated[Path, typer.Option("--out", help="Folder to make: the plan and a manifest of hashes.")],
    customers: Annotated[
        str | None, typer.Option(help="With a SEGMENTATION: a study's folder, a saved customer table, or demo.")
    ] = None,
    period: Annotated[int, typer.Option(min=0, help="Number of the period since the loop began.")] = 0,
    periods: Annotated[
        int | None, typer.Option(min=1, help="For how many periods.", show_default="to the end of the block")
    ] = None,
    block: Annotated[
        int | None,
        typer.Option(min=1, help="Periods for which a draw holds.", show_default="4; those of the experiment's weeks"),
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="Days of a period.")] = 7,
    exploration: Annotated[float, typer.Option(help="Share of each segment that is drawn at random.")] = 0.10,
    floor: Annotated[int, typer.Option(min=0, help="Fewest such customers of a segment; small ones pool.")] = 50,
    experiment: Annotated[
        Path | None,
        typer.Option(metavar="PLAN", help="Registered by `evenhand ab plan`: arms, shares, salt and weeks are its."),
    ] = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=SEGMENTATION:SHARE, again for each arm of a trial; the rest is the arm `today`. "
            "With --experiment NAME=SEGMENTATION, where the study does not have it."
        ),
    ] = None,
    salt: Annotated[
        str | None,
        typer.Option(help="Everything random follows from it; a trial has one of its own.", show_default=SALT),
    ] = None,
    rollout: Annotated[str | None, typer.Option(help="Of a trial: share of customers in it.", show_default="1")] = None,
    holdback: Annotated[str, typer.Option(help="SHARE:SALT of customers held back for long, such as 0.05:2026.")] = "",
    csv: Annotated[bool, typer.Option("--csv", help="Write plan.csv instead of plan.parquet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the campaign plan: a row per customer with segment, campaign, arm, whether explored, and propensity.

    Send each customer what stands under `campaign`, and keep the plan: without its chances no result can be judged.
    Same input and salt, same bytes; a plan is never overwritten.
    """
    from evenhand.experiments.exploration import Exploration
    from evenhand.experiments.loop import Schedule, plan_campaigns

    table, today = _planned_for(what, customers)
    first, asked = date(starts.year, starts.month, starts.day), Asked(tuple(arm or ()), salt, rollout, holdback)
    divided = (
        by_experiment(experiment, Path(what), table, asked, starts=first)
        if experiment
        else by_hand(today, table, asked)
    )
    length = block or (-(-7 * divided.weeks // days) if divided.weeks else BLOCK)
    made = plan_campaigns(
        table,
        divided.arms,
        salt=divided.assignment.salt,
        schedule=Schedule(first, period, length, days, periods),
        exploration=Exploration(exploration, floor),
        assignment=divided.assignment,
        clusters=divided.clusters,
    )
    made.save(out_folder, csv=csv)
    if as_json:
        typer.echo(json.dumps(_counts(made), indent=1, allow_nan=False))
        return
    lines([repr(made)], indent=0)
    lines([f"{', '.join(p.segments)} ({p.arm}): {p.share:.1%} of {p.customers:,} explored" for p in made.about.pools])
    out.print(f"Plan: {out_folder}")
    lines([f"Next: send it, then evenhand record {out_folder} RESULTS --out LOG"], indent=0)


def record(
    plan_folder: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan's folder.")],
    results: Annotated[Path, typer.Argument(help="What came back: CSV or Parquet with customer, time and outcomes.")],
    out_folder: Annotated[Path, typer.Option("--out", help="The log's folder; results are added to it.")],
    complete: Annotated[
        bool, typer.Option("--complete", help="Silence of a customer means that nothing happened.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Join results with the plan: late, partial, doubled and unknown rows are taken, or refused with a reason.

    Outcomes are delivered, opened, clicked, redeemed, unsubscribed (yes or no), spend and margin (money). Rows may have
    an `id`; without one, rows that are equal are one. Recording the same file again changes nothing.
    """
    from evenhand.customers.campaign_plan import CampaignPlan
    from evenhand.experiments.loop import record as recorded

    found = recorded(CampaignPlan.load(plan_folder), results, out=out_folder, complete=complete)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=1, allow_nan=False))
        return
    lines(repr(found).splitlines(), indent=0)
    out.print(f"Log: {out_folder}")


def _planned_for(what: str, customers: str | None) -> tuple[Customers, Segmentation]:
    """Return the customers and the segmentation that runs: of a study, or as named."""
    from evenhand.experiments.folder import StudyFolder

    if Path(what).is_dir():
        if customers is not None:
            raise DataError("--customers is given with a study", rule="a study has its own", mend="leave it out")
        study = StudyFolder(what)
        return study.customers(), study.today()
    if customers is None:
        raise DataError(
            "whose segmentation is it?",
            where=what,
            rule="a segmentation is planned for customers",
            mend="name them with --customers, or give a study's folder",
        )
    table = customers_at(customers)
    return table, read_running(Path(what), table)


def _counts(made: CampaignPlan) -> dict[str, Any]:
    return {
        "plan": made.id,
        "customers": len(made),
        "explored": int(made.frame["explored"].sum()),
        "arms": {str(name): int(count) for name, count in made.frame["arm"].value_counts().sort_index().items()},
        "campaigns": {str(name): int(n) for name, n in made.frame["campaign"].value_counts().sort_index().items()},
        "pools": [pool.model_dump(mode="json") for pool in made.about.pools],
        "starts": str(made.about.starts),
        "ends": str(made.about.ends),
        "block": made.about.block,
    }
