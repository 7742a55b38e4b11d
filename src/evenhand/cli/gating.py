"""`evenhand gate`: the promotion gate on a registered plan and its evidence, and the replay of what it decided."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evenhand.cli.asking import examples
from evenhand.cli.saying import lines, out
from evenhand.errors import DataError

if TYPE_CHECKING:
    from evenhand.experiments.gate import DecisionRecord

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the command `gate`."""
    app.command(
        short_help="Decide on a promotion, by evidence.",
        epilog=examples(
            "evenhand gate --plan plan.json --evidence evidence.json --out record.json",
            "evenhand gate --replay record.json",
        ),
    )(gate)


def gate(
    plan: Annotated[
        Path | None, typer.Option(help="The registered plan, as `evenhand ab plan --out` wrote it.")
    ] = None,
    evidence: Annotated[Path | None, typer.Option(help="What the trial found (JSON).")] = None,
    record: Annotated[
        Path | None, typer.Option("--out", help="Keep the decision record here.", show_default="not kept")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option("--replay", metavar="RECORD", help="Decide again from a record.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole record as JSON, and nothing else.")] = False,
) -> None:
    """Decide on a promotion: STOP, INVALID, SHIP or HOLD, with reasons, from a registered plan and its evidence.

    STOP is for harm, INVALID for a trial that was not run as planned, SHIP for gain without harm, both shown, and HOLD
    for anything else. The status is 0 whatever the decision; scripts read the verdict from --json. A record holds
    all that a decision stood on and replays bit by bit.
    """
    from evenhand.experiments import gate as room
    from evenhand.experiments.trial.register import load_registered

    if replay is not None:
        if plan or evidence or record:
            raise DataError("--replay with other inputs", rule="a record holds all of them", mend="give --replay alone")
        found = room.load_record(replay)
        room.replay(found)
    elif plan is None or evidence is None:
        raise DataError("nothing to decide on", rule="a plan and its evidence, or a record to replay",
                        mend="give --plan and --evidence")  # fmt: skip
    else:
        found = room.gate(load_registered(plan), room.Evidence.load(evidence), now=datetime.now(UTC))
        if record is not None:
            room.save_record(found, record)
    if as_json:
        typer.echo(json.dumps(found.model_dump(mode="json"), indent=2, ensure_ascii=False))
        return
    _say(found)
    if replay is not None:
        out.print(f"Replayed: the same decision, bit by bit, as on {found.decided:%Y-%m-%d %H:%M} UTC")
    if record is not None:
        out.print(f"Record: {record}")


def _say(record: DecisionRecord) -> None:
    decision = record.decision
    earned = f"; the policy is now {decision.level}" if decision.verdict == "SHIP" else ""
    lines(
        [f"{decision.verdict}: {record.plan.name}, {record.evidence.arm} against {record.plan.control}{earned}"],
        indent=0,
    )
    lines(decision.reasons)
    lines(decision.remarks, style="dim")
    lines([f"plan {record.plan_sha256[:12]}…, data {record.data_sha256[:12]}…, policy {record.policy_sha256[:12]}…, "
           f"version {record.code_version}"], style="dim")  # fmt: skip
