"""The register of plans: a plan is written down with its hash and time before data, and an edit afterwards shows.

A registered plan is one JSON file. Beside it lies `plans.jsonl`, the register: one line per plan, each naming the
hash of the line before, so that a line cannot be changed, left out or slipped in without breaking the chain. Only
what lies in the folder is protected: whoever may rewrite all of its files can rewrite its history. Keep the last
line's hash elsewhere, in a mail or a commit, where that matters.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from evenhand.customers.locking import locked
from evenhand.errors import ArtefactError, DataError, RuleError
from evenhand.experiments.trial.needs import completed, with_groups
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.segments import canonical_json, content_hash
from evenhand.segments.canonical import read_json
from evenhand.whole import write_whole

__all__ = ["REGISTER", "RegisteredPlan", "load_registered", "register", "registered_from"]

REGISTER = "plans.jsonl"
FORMAT = "evenhand registered plan"
START = "0" * 64  # what the first line names


@dataclass(frozen=True, slots=True)
class RegisteredPlan:
    """A plan with the time at which it was fixed; ArtefactError where it is not the plan that its hash stands for.

    The hash that evidence names would else be that of one plan, and the rules that judge it those of another.
    """

    plan: ExperimentPlan
    sha256: str
    registered: datetime

    def __post_init__(self) -> None:
        if self.plan.sha256 != self.sha256 or not completed(self.plan):
            raise _edited(
                f"plan {self.plan.name!r}", f"its content has the hash {self.plan.sha256[:12]}…, it was registered as "
                f"{self.sha256[:12]}…" if self.plan.sha256 != self.sha256 else "it does not name its testable groups",
            )  # fmt: skip
        if self.registered.tzinfo is None:
            raise DataError(f"registered at {self.registered}", rule="a time has a time zone")


def register(plan: ExperimentPlan, path: Path, *, now: datetime) -> RegisteredPlan:
    """Write the plan to `path` and its line into the register beside it; testable groups are named on the way.

    Registering the same plan again changes nothing. Raises ArtefactError where another plan is in that file already,
    DataError for a time without its zone.
    """
    if now.tzinfo is None:
        raise DataError(f"registered at {now}", rule="a time has a time zone", mend="use datetime.now(UTC)")
    plan = with_groups(plan)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.parent):  # of two at once, each would write the register without the other's line
        return _known(plan, path) if path.exists() else _written(plan, path, now)


def _known(plan: ExperimentPlan, path: Path) -> RegisteredPlan:
    known = load_registered(path)
    if known.sha256 != plan.sha256:
        raise ArtefactError(
            f"holds another plan, {known.plan.name!r} of {known.registered:%Y-%m-%d %H:%M}",
            where=str(path),
            rule="a plan that was registered is never changed; a changed one is a new plan",
            mend="give the new plan a file of its own",
        )
    return known


def _written(plan: ExperimentPlan, path: Path, now: datetime) -> RegisteredPlan:
    found = RegisteredPlan(plan, plan.sha256, now.replace(microsecond=0))
    # The register first: a line without its file is harmless, a file without its line would be refused for ever.
    _append(path.parent / REGISTER, {"sha256": found.sha256, "registered": found.registered.isoformat(),
                                     "name": plan.name})  # fmt: skip
    content = {
        "format": FORMAT, "version": 1, "sha256": found.sha256, "registered": found.registered.isoformat(),
        "plan": plan.model_dump(mode="json"),
    }  # fmt: skip
    write_whole(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return found


def load_registered(path: Path) -> RegisteredPlan:
    """Read a registered plan; ArtefactError where it, or the register beside it, was edited or is not whole."""
    content = _read(path)
    lines = _lines(path.parent / REGISTER)
    found = registered_from(content, where=str(path))
    said, time = found.sha256, str(content["registered"])
    if not any(line["sha256"] == said and line["registered"] == time for line in lines):
        raise _edited(str(path), f"{REGISTER} beside it has no plan with this hash and time")
    return found


def registered_from(content: Any, *, where: str) -> RegisteredPlan:
    """Return the registered plan that a document holds, away from its register; ArtefactError where it was edited."""
    if not isinstance(content, dict) or content.get("format") != FORMAT or content.get("version") != 1:
        raise ArtefactError("is no registered plan", where=where, mend="make one with `evenhand ab plan`")
    plan = ExperimentPlan.from_dict(content.get("plan", {}), where=where)
    said = str(content.get("sha256"))
    if plan.sha256 != said or not completed(plan):
        raise _edited(where, f"its content has the hash {plan.sha256[:12]}…, it was registered as {said[:12]}…")
    try:
        registered = datetime.fromisoformat(str(content.get("registered")))
    except ValueError:
        raise _edited(where, "the time of its registration is none") from None
    return RegisteredPlan(plan, said, registered)


def _edited(where: str, why: str) -> ArtefactError:
    return ArtefactError(
        f"was edited after registration: {why}",
        where=where,
        rule="a plan is fixed before its data",
        mend="restore the file, or register the changed plan as a new one and start anew",
    )


def _append(path: Path, entry: dict[str, str]) -> None:
    lines = _lines(path)
    entry = {**entry, "previous": _hash(lines[-1]) if lines else START}
    text = "".join(canonical_json(line) + "\n" for line in [*lines, entry])
    write_whole(path, text)


def _lines(path: Path) -> list[dict[str, str]]:
    """Return the register's lines; ArtefactError where the chain is broken."""
    if not path.exists():
        return []
    lines: list[dict[str, str]] = []
    for number, text in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            line = json.loads(text)
            whole = line["previous"] == (_hash(lines[-1]) if lines else START) and line.keys() == {
                "sha256", "registered", "name", "previous"
            }  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError):
            whole = False
        if not whole:
            raise ArtefactError(
                "the register of plans was edited", where=f"{path}, line {number}",
                rule="each line names the hash of the one before", mend="restore the file",
            )  # fmt: skip
        lines.append(line)
    return lines


def _hash(line: dict[str, str]) -> str:
    return content_hash(line)


def _read(path: Path) -> Any:
    try:
        return read_json(path.read_bytes(), where=str(path))
    except FileNotFoundError:
        raise ArtefactError("there is no such plan", where=str(path), mend="make one with `evenhand ab plan`") from None
    except RuleError as error:
        raise ArtefactError(error.what, where=str(path), mend="restore the file") from None
