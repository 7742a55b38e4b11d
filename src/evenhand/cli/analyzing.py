"""`evenhand ab analyze`: what the data of an experiment say, and the evidence that the gate judges."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evenhand.cli.saying import lines, out, show_table
from evenhand.errors import DataError

if TYPE_CHECKING:
    from rich.table import Table

    from evenhand.experiments.trial.analysis import Analysis, Effect, Layout
    from evenhand.experiments.trial.register import RegisteredPlan

__all__ = ["analyze"]

DAY = "%Y-%m-%d"


def analyze(
    data: Annotated[Path, typer.Argument(help="CSV or Parquet, a row per unit; or a log's folder.")],
    plan: Annotated[Path, typer.Option(help="The registered plan, as `evenhand ab plan --out` wrote it.")],
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write the gate's evidence here.", show_default="not written")
    ] = None,
    arm: Annotated[str | None, typer.Option(help="Which challenger's evidence, where there are several.")] = None,
    start: Annotated[datetime | None, typer.Option(formats=[DAY], help="First day of the data.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=[DAY], help="Last day of the data.")] = None,
    joined: Annotated[str | None, typer.Option(help="Column of the day on which a unit was assigned.")] = None,
    last: Annotated[str | None, typer.Option(help="Column of the day of the last thing known of a unit.")] = None,
    arms: Annotated[str, typer.Option("--arm-column", help="Column of the arm.")] = "arm",
    segment: Annotated[list[str] | None, typer.Option(help="Column of a segment known before; again for more.")] = None,
    week: Annotated[
        list[str] | None, typer.Option(help="METRIC=COLUMN,COLUMN: a metric's columns period by period.")
    ] = None,
    afterwards: Annotated[str, typer.Option(help="COLUMN,COLUMN: weeks after the trial, arms treated alike.")] = "",
    after: Annotated[list[Path] | None, typer.Option(help="Evidence of an earlier look; again for each.")] = None,
    share: Annotated[float | None, typer.Option(help="Share of the planned information that the data hold.")] = None,
    final: Annotated[bool, typer.Option("--final", help="No look will follow, whatever this one shows.")] = False,
    drop_missing: Annotated[bool, typer.Option("--drop-missing", help="Leave out units that lack a value.")] = False,
    delivered: Annotated[
        list[str] | None, typer.Option(help="ARM=FILE or ARM=SHA256: what a challenger's units got.")
    ] = None,
    check_assignment: Annotated[
        bool,
        typer.Option("--check-assignment", help="Compute each unit's arm again, by the plan's salt."),
    ] = False,
    origin: Annotated[Literal["live", "logged", "simulated"], typer.Option(help="Where the data come from.")] = "live",
    as_json: Annotated[bool, typer.Option("--json", help="Print every number as JSON, and nothing else.")] = False,
) -> None:
    """Analyse an experiment as its registered plan says: effects, groups, fairness, integrity; all of it in one scan.

    Data have a row per unit, with the plan's columns, the arm, each protected attribute, and yes-or-no columns
    benefit, entitled or harm where fairness is planned. Days are said by --start and --until, or by columns.
    """
    from evenhand.experiments.gate import Evidence
    from evenhand.experiments.trial import analysis as room
    from evenhand.experiments.trial.register import load_registered

    registered = load_registered(plan)
    layout = room.Layout(
        arm=arms, segments=tuple(segment or ()), joined=joined, last=last, periods=_periods(week or []),
        afterwards=tuple(filter(None, afterwards.split(","))),
    )  # fmt: skip
    given = _given(data, registered, layout, _day(start), _day(until), delivered or [])
    if check_assignment:
        again = room.assignment_check(registered.plan, given["data"], arm=layout.arm)
        given["checks"] = (*given.get("checks", ()), again)
    found = room.analyze(
        registered, origin=origin, previous=[Evidence.load(path) for path in after or ()], share=share, final=final,
        missing="drop" if drop_missing else "error", **given,
    )  # fmt: skip
    if out_file is not None:
        found.evidence(arm).save(out_file)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False, allow_nan=False))
        return
    _say(found)
    if out_file is not None:
        out.print(f"Evidence: {out_file}")
        lines([f"Next: evenhand gate --plan {plan} --evidence {out_file}"], indent=0)


def _given(
    data: Path, registered: RegisteredPlan, layout: Layout, start: date | None, until: date | None,
    delivered: list[str],
) -> dict[str, Any]:  # fmt: skip
    """Return the arguments of `analyze` that depend on whether the data are a log or a table."""
    if not data.is_dir():
        return {"data": data, "layout": layout, "start": start, "until": until, "delivered": _delivered(delivered)}
    from evenhand.customers.campaign_log import CampaignLog
    from evenhand.experiments.trial.analysis import data_of

    if delivered or start:
        raise DataError(f"{'--delivered' if delivered else '--start'} is given with a log", rule="a log has its own",
                        mend="leave it out")  # fmt: skip
    log = data_of(CampaignLog.load(data), registered.plan, layout=layout, until=until)
    return {
        "data": log.data, "layout": log.layout, "start": log.start, "until": log.until,
        "delivered": log.delivered, "checks": log.checks,
    }  # fmt: skip


def _delivered(given: list[str]) -> dict[str, str]:
    from evenhand.experiments.trial.arms import arm_of

    found = {}
    for text in given:
        name, equals, what = text.partition("=")
        if not (name and equals and what):
            raise DataError(f"--delivered {text}", rule="ARM=FILE or ARM=SHA256", mend="such as finer=finer.json")
        is_hash = len(what) == 64 and set(what) <= set("0123456789abcdef")
        found[name] = what if is_hash else arm_of(Path(what))["sha256"]
    return found


def _periods(given: list[str]) -> dict[str, tuple[str, ...]]:
    found = {}
    for text in given:
        name, equals, columns = text.partition("=")
        if not (name and equals and columns):
            raise DataError(f"--week {text}", rule="METRIC=COLUMN,COLUMN", mend="such as margin=margin_1,margin_2")
        found[name] = tuple(columns.split(","))
    return found


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _say(found: Analysis) -> None:
    trial, look = found.trial, found.look
    units = ", ".join(f"{name} {n:,}" for name, n in trial.units.items())
    lines([f"{found.plan.name}: {units}; {trial.span.start} to {trial.span.until}; look {len(look.shares)}, "
           f"{look.shares[-1]:.0%} of the planned information; {trial.origin}"], indent=0)  # fmt: skip
    show_table(_effects(found))
    lines([_asked(found)])
    lines(f"{metric}: not judged, {why}" for metric, why in found.unjudged.items())
    lines(_modest(found))
    lines(_parted(found))
    for name in found.evidences:
        for pair in found.fairness(name):
            lines([f"{pair.attribute}, {pair.criterion}: {pair.a} less {pair.b} {pair.treatment.value:+.3f} "
                   f"[{pair.treatment.low:+.3f}, {pair.treatment.high:+.3f}] in {name}, {pair.control.value:+.3f} in "
                   f"{found.plan.control}: {pair.verdict}"])  # fmt: skip
    for course in found.courses:
        told = course.over_time
        lines([f"{course.metric} over time ({course.arm}): " + (
            f"{' '.join(f'{e.value:+.4g}' for e in told.effects)}; trend {told.trend} a period, "
            f"constant p = {told.constant.p_value:.2g}" if told else course.reason)])  # fmt: skip
    checks = dict.fromkeys(check for evidence in found.evidences.values() for check in evidence.integrity)
    lines(f"{check.status:<8} {check.name}: {check.what}" + (f" To do: {check.mend}." if check.mend else "")
          for check in checks)  # fmt: skip
    lines([f"plan {found.registered.sha256[:12]}…, data {trial.data_sha256[:12]}…"], style="dim")


def _effects(found: Analysis) -> Table:
    from rich.table import Table

    several = len(found.plan.challengers) > 1
    table = Table(box=None, pad_edge=False)
    left = ("metric", "role", *(("arm",) if several else ()))
    for header in (*left, found.plan.control, "challenger", "difference", "at this look", "lift", "z", "p", "margin"):
        table.add_column(header, justify="left" if header in left else "right")
    for e in found.effects:
        table.add_row(
            e.metric, e.role, *((e.arm,) if several else ()), f"{e.control.value:.3g}", f"{e.treatment.value:.3g}",
            f"{e.difference.value:+.3g}", "no bound" if e.low is None else f"[{e.low:+.3g}, {e.high:+.3g}]",
            f"{e.lift.value:+.1%}" if e.lift else "", f"{e.z:+.2f}", f"{e.p_adjusted:.2g}", _guarded(found, e),
        )  # fmt: skip
    return table


def _asked(found: Analysis) -> str:
    """Return what an effect must reach at this look, and what the p-values are worth."""
    from evenhand.experiments.sequential import Spending

    needed = found.look.needed(found.plan)
    bound = f"{needed:.2f} standard errors" if math.isfinite(needed) else "nothing is enough: no error rate to spend"
    planned = isinstance(found.plan.monitoring, Spending) and found.plan.looks.count > 1
    worth = "do not know of other looks" if planned else "hold at every look" if found.plan.looks.count > 1 else "hold"
    return f"needed at this look for {1 - found.plan.alpha:.0%}: {bound}; p-values, adjusted for their number, {worth}"


def _guarded(found: Analysis, effect: Effect) -> str:
    guard = next((guard for guard in found.plan.guardrails if guard.metric == effect.metric), None)
    if guard is None:
        return ""
    if effect.noninferiority is None:
        return "no lift" if guard.relative and effect.lift is None else "no bound"
    return "within" if effect.noninferiority.holds else "not shown"


def _modest(found: Analysis) -> list[str]:
    said = []
    for e in found.effects:
        if e.shrunken is not None:
            said.append(f"{e.metric} ({e.arm}), against the winner's curse: {e.shrunken.estimate}; prior: "
                        f"{e.shrunken.prior.source}")  # fmt: skip
        if e.stopped is not None and len(found.look.shares) > 1:
            said.append(f"{e.metric} ({e.arm}), as the trial could have stopped before: {e.stopped.value:.6g} "
                        f"[{e.stopped.low:.6g}, {e.stopped.high:.6g}]")  # fmt: skip
    return said


def _parted(found: Analysis) -> list[str]:
    said = []
    for parting in found.groups:
        if parting.metric not in found.plan.primary:
            continue
        told = ", ".join(f"{name} {effect.value:+.4g}" for name, effect in parting.effects.items())
        why = "".join(f"; {name}: {reason}" for name, reason in parting.unjudged.items())
        p = "" if parting.p_adjusted is None else f"; do they differ: p = {parting.p_adjusted:.2g} (Holm)"
        said.append(f"{parting.metric} by {parting.factor} ({parting.arm}): {told}{p}{why}")
    return said
