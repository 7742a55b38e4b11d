"""`evenhand ab`: plan an experiment, see what it needs, and register it before its data."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evenhand.cli.analyzing import analyze
from evenhand.cli.saying import lines, out
from evenhand.errors import DataError

if TYPE_CHECKING:
    from evenhand.experiments.trial.needs import Needs, TestNeed
    from evenhand.experiments.trial.plan import ExperimentPlan
    from evenhand.experiments.trial.power_check import SimulatedPower
    from evenhand.experiments.trial.register import RegisteredPlan

__all__ = ["ab"]

ab = typer.Typer(help="Plan and analyse experiments.", no_args_is_help=True, rich_markup_mode=None)
ab.command(
    short_help="Say what the data of an experiment show, and write the gate's evidence.",
    epilog="\b\nExamples:\n  evenhand ab analyze data.csv --plan plan.json --start 2026-03-02 --until 2026-03-29\n"
    "  evenhand ab analyze spring-log --plan plan.json --out evidence.json",
)(analyze)


@ab.command(
    short_help="Say what an experiment needs, and register its plan.",
    epilog="\b\nExamples:\n  evenhand ab plan spring.toml\n  evenhand ab plan spring.toml --out plan.json\n"
    "  evenhand ab plan --out plan.json          (asks)",
)
def plan(
    file: Annotated[Path | None, typer.Argument(help="The plan (TOML). Without it: questions.")] = None,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", help="Register the plan in this file.", show_default="do not register"),
    ] = None,
    simulate: Annotated[bool, typer.Option("--simulate", help="Check the power by 20,000 simulated trials.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the simulation: same seed, same result.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print every number as JSON, and nothing else.")] = False,
) -> None:
    """Say how many units an experiment needs, what it can find, and which groups can be tested for fairness.

    With --out the plan is registered: its hash and the time are written down before any data. A registered plan is
    never changed; a changed one is a new plan in a file of its own.
    """
    from evenhand.experiments.trial.needs import needs, with_groups
    from evenhand.experiments.trial.plan import ExperimentPlan
    from evenhand.experiments.trial.power_check import simulated_power
    from evenhand.experiments.trial.register import register

    if file is None and as_json:
        raise DataError("--json without a plan", rule="questions need somebody to answer", mend="name a TOML file")
    drafted = with_groups(ExperimentPlan.load(file) if file else _asked())
    found = needs(drafted)
    checked = simulated_power(drafted, found.units, seed=seed) if simulate and found.units else None
    made = register(drafted, out_file, now=datetime.now(UTC)) if out_file else None
    if as_json:
        typer.echo(json.dumps(_plain(drafted, found, checked, made), indent=2, ensure_ascii=False))
        return
    _say(drafted, found, checked)
    if made is not None:
        out.print(f"Registered {made.registered:%Y-%m-%d %H:%M} UTC as {out_file}, hash {made.sha256}")
    else:
        out.print("Not registered: give --out plan.json when it is final")


def _plain(
    plan: ExperimentPlan, needs: Needs, checked: SimulatedPower | None, made: RegisteredPlan | None
) -> dict[str, Any]:
    return {
        "sha256": plan.sha256,
        "registered": made.registered.isoformat() if made else None,
        "enough": needs.enough,
        "needed": needs.needed,
        "ships": needs.ships,
        **asdict(needs),
        "simulated": checked._asdict() if checked else None,
    }


def _say(plan: ExperimentPlan, needs: Needs, checked: SimulatedPower | None) -> None:
    verdict = "enough" if needs.enough else "NOT ENOUGH"
    lines([f"{plan.name}: needs {needs.needed:,} units in all arms, {needs.units:,} take part: {verdict}"], indent=0)
    if not needs.enough:
        later = f"there are enough after {needs.weeks} weeks" if needs.weeks else "no more units will come"
        lines([f"{later}; or look for a larger effect, allow wider margins, look less often, add covariates"])
    lines(_test_in_words(test) for test in needs.tests)
    for group in needs.groups:
        left = "; ".join(f"{name} ({group.expected[name]:,})" for name in group.left_out)
        lines(
            [
                f"{group.attribute}, {group.criterion}: {group.units:,} units a group and arm show a difference within "
                f"{group.margin:g}; testable: {', '.join(group.testable) or 'none'}"
                + (f"; not enough data: {left}" if left else "")
            ]
        )
    lines([f"If all is as expected, the gate ships with a probability of about {needs.ships:.0%}"])
    lines(
        [f"{plan.looks.count} looks, {plan.weeks} weeks at least, {(needs.inflation - 1):.1%} more units for the looks"]
    )
    if checked is not None:
        lines(
            [
                f"{checked.replications:,} simulated trials: {checked.power:.1%} find the effect of {plan.primary[0]}, "
                f"{checked.false_positive:.1%} find one where there is none"
            ]
        )


def _test_in_words(test: TestNeed) -> str:
    asked = "an effect of" if test.role == "primary" else "a margin of"
    least = "" if test.detectable is None else f", and {test.wanted_power:.0%} for {test.detectable:.3g}"
    return (
        f"{test.metric} ({test.role}, {test.arm}): {asked} {test.effect:g} needs {test.units:,} units for a power of "
        f"{test.wanted_power:.0%}; with those there are: {test.power:.0%}{least}"
    )


def _asked() -> ExperimentPlan:
    """Ask for a plan of two segmentations, with a default wherever there is a good one."""
    from evenhand.experiments.trial.arms import arm_of
    from evenhand.experiments.trial.plan import ExperimentPlan

    name = typer.prompt("Name of the experiment")
    hypothesis = typer.prompt("What do you expect, and why")
    today = typer.prompt("Today's segmentation (JSON file)", type=Path)
    new = typer.prompt("The new segmentation (JSON file)", type=Path)
    metric = typer.prompt("Column of the primary metric", default="redeemed")
    yes_no = typer.confirm("Is it yes or no for each customer?", default=True)
    mean = typer.prompt("Its mean today", type=float)
    assumed = {"metric": metric, "mean": mean}
    if not yes_no:
        assumed["sd"] = typer.prompt("Its standard deviation", type=float)
    assumed["effect"] = typer.prompt("The least effect worth finding", type=float, default=round(abs(mean) / 10, 6))
    units = typer.prompt("Customers who take part", type=int)
    weeks = typer.prompt("Weeks", type=int, default=4)
    looks = typer.prompt("Looks at the results, evenly spaced", type=int, default=weeks)
    attribute = typer.prompt("Protected attribute to watch (empty: none)", default="", show_default=False)
    fairness = []
    if attribute:
        groups = typer.prompt("Its groups and their shares, such as low=0.4, high=0.6")
        fairness.append({"attribute": attribute, "groups": _shares(groups)})
    return ExperimentPlan.from_dict(
        {
            "name": name, "hypothesis": hypothesis, "control": "today", "weeks": weeks, "primary": [metric],
            "arms": [{"name": "today", "share": 0.5, **arm_of(today)}, {"name": "new", "share": 0.5, **arm_of(new)}],
            "metrics": [{"name": metric, "kind": "proportion" if yes_no else "mean", "column": metric}],
            "looks": {"kind": "planned", "fractions": [(k + 1) / looks for k in range(looks)]},
            "salt": secrets.token_hex(8), "fairness": fairness, "expected": {"units": units, "metrics": [assumed]},
        },
        where="answers",
    )  # fmt: skip


def _shares(text: str) -> dict[str, float]:
    try:
        return {group.strip(): float(share) for group, share in (part.split("=") for part in text.split(","))}
    except ValueError:
        raise DataError(f"groups {text!r}", rule="each group with its share", mend="low=0.4, high=0.6") from None
