"""Off-policy evaluation on the command line: what a segmentation would have brought, told from a log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evenhand.cli.saying import lines
from evenhand.errors import DataError, EvenhandError

if TYPE_CHECKING:
    from evenhand.segments import Segmentation

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the command `ope`."""
    app.command(
        short_help="Judge a segmentation on a logged campaign.",
        epilog="\b\nExamples:\n  evenhand ope spring-log --segmentation learned.json\n"
        "  evenhand ope spring-log --policy study --outcome redeemed --json",
    )(ope)


def ope(
    log: Annotated[Path, typer.Argument(help="The log's folder, as `evenhand record` wrote it.")],
    segmentation: Annotated[Path | None, typer.Option(help="The segmentation to judge (JSON).")] = None,
    policy: Annotated[
        Path | None,
        typer.Option(metavar="STUDY", help="Judge what the study's policy recommends first: its plan, or a tweak."),
    ] = None,
    outcome: Annotated[str, typer.Option(help="What counts: an outcome of the log, or profit.")] = "margin",
    level: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Print every number as JSON, and nothing else.")] = False,
) -> None:
    """Say what a fixed segmentation would have brought per customer over the plan's block, before anyone is contacted.

    Six estimators with intervals, and the gain over what was planned. Where the log has no support there is a reason
    and no number; the status is 0 all the same. Out of scope: slates, continuous actions, and sequences of tweaks, for
    which no log has chances, since people chose the tweaks: rehearse those in the simulator, or run a trial.
    """
    from evenhand.customers.campaign_log import CampaignLog
    from evenhand.experiments.offpolicy import evaluate_segmentation

    if (segmentation is None) == (policy is None):
        raise DataError("what is to be judged?", rule="one of --segmentation and --policy")
    asked = _segmentation(segmentation) if segmentation else _recommended(policy or Path())
    found = evaluate_segmentation(CampaignLog.load(log), asked, outcome=outcome, level=level)
    if as_json:
        document = {"outcome": outcome, "segmentation": asked.hash, **found.to_dict()}
        typer.echo(json.dumps(document, indent=1, allow_nan=False))
        return
    lines([f"{outcome} per customer, {level:.0%} intervals, logged evidence"], indent=0)
    lines(repr(found).splitlines(), indent=0)


def _segmentation(file: Path) -> Segmentation:
    from evenhand.segments import Segmentation

    try:
        return Segmentation.from_json(file.read_bytes())
    except OSError as error:
        raise DataError(f"cannot be read: {str(error.strerror).lower()}", where=str(file),
                        mend="give the path of a segmentation (JSON)") from None  # fmt: skip
    except EvenhandError as error:
        where = ", ".join(part for part in (str(file), error.where) if part)
        raise type(error)(error.what, where=where, rule=error.rule, mend=error.mend) from None


def _recommended(study: Path) -> Segmentation:
    """Return the plan that a study recommends, else what runs with its first tweak; a policy alone knows neither."""
    from evenhand.experiments.folder import StudyFolder
    from evenhand.segments import tweak_from_json

    folder = StudyFolder(study)
    if (study / "policy.json").is_file():
        raise DataError("is a policy's own folder", where=str(study),
                        rule="a policy's first tweak depends on the customers: its study knows it",
                        mend="give the study's folder, after `evenhand recommend`")  # fmt: skip
    found = folder.read_plain("recommendations.json")
    if folder.has("beginning.json"):
        return Segmentation.from_json(folder.read_plain("beginning.json")["segmentation"])
    if not found:
        raise DataError("recommends no tweak", where=str(study), rule="there is nothing to judge: keep what runs")
    return tweak_from_json(found[0]["tweak"]).apply(folder.today()).segmentation
