"""The decision record: everything a decision stood on, so that anybody can replay it bit by bit, years later."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

import evenhand
from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.benchmark.code import meaning
from evenhand.experiments.gate.decision import Decision
from evenhand.experiments.gate.evidence import Evidence, Sha256
from evenhand.experiments.gate.once import write_once
from evenhand.experiments.gate.rules import decide
from evenhand.experiments.trial.parts import Part
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan
from evenhand.segments import canonical_json, content_hash

__all__ = ["DecisionRecord", "gate", "gate_code", "load_record", "replay", "save_record"]

FARTHEST_EAST = timezone(timedelta(hours=14))  # where a day begins first
ROOT = Path(evenhand.__file__).parent
JUDGING = (
    "experiments/gate/*.py",
    "experiments/sequential/*.py",
    *(f"experiments/inference/{name}.py" for name in ("contrasts", "estimate", "fairness")),
    *(f"experiments/trial/{name}.py" for name in ("check", "looks", "parts", "plan", "sample_ratio")),
    "fairness/gaps.py",
)


class DecisionRecord(Part):
    """A decision with its plan, its evidence and the code that took it; `sha256` is over everything else."""

    format: Literal["evenhand decision record"] = "evenhand decision record"
    version: Literal[1] = 1
    decided: datetime
    plan_sha256: Sha256
    evidence_sha256: Sha256
    data_sha256: Sha256
    policy_sha256: Sha256
    code_version: str
    code_sha256: Sha256
    registered: datetime
    plan: ExperimentPlan
    evidence: Evidence
    decision: Decision
    sha256: Sha256

    @property
    def content(self) -> dict[str, Any]:
        """Return everything that the hash is over, as plain values."""
        return self.model_dump(mode="json", exclude={"sha256"})


def gate(registered: RegisteredPlan, evidence: Evidence, *, now: datetime) -> DecisionRecord:
    """Decide on a promotion and return the record; every door (command line, API, page) calls this one function.

    `now` is written down and has no part in the decision. DataError where it has no time zone, or lies before the last
    day of data that are not simulated.
    """
    if now.tzinfo is None:
        raise DataError(f"decided at {now}", rule="a time has a time zone", mend="use datetime.now(UTC)")
    if evidence.origin != "simulated" and evidence.until > now.astimezone(FARTHEST_EAST).date():
        raise DataError(
            f"the data end on {evidence.until}, and today is {now:%Y-%m-%d}",
            rule="only what has happened is evidence; days to come would count towards the planned weeks",
            mend="is the date of the last row right, and the clock?",
        )
    content: dict[str, Any] = {
        "decided": now.replace(microsecond=0),
        "plan_sha256": registered.sha256,
        "evidence_sha256": evidence.sha256,
        "data_sha256": evidence.data_sha256,
        "policy_sha256": evidence.policy_sha256,
        "code_version": evenhand.__version__,
        "code_sha256": gate_code(),
        "registered": registered.registered,
        "plan": registered.plan,
        "evidence": evidence,
        "decision": decide(registered, evidence),
    }
    unsigned = DecisionRecord(**content, sha256="0" * 64)
    return unsigned.model_copy(update={"sha256": content_hash(unsigned.content)})


def replay(record: DecisionRecord) -> Decision:
    """Decide again from what a record holds; ArtefactError where anything of it was changed or comes out otherwise."""
    where = f"record {record.sha256[:12]}…"
    kept = {
        "the record": (content_hash(record.content), record.sha256),
        "its plan": (record.plan.sha256, record.plan_sha256),
        "its evidence": (record.evidence.sha256, record.evidence_sha256),
    }
    for what, (found, said) in kept.items():
        if found != said:
            raise ArtefactError(
                f"{what} was edited: its hash is {found[:12]}…, not {said[:12]}…", where=where,
                rule="a record is never changed", mend="restore it from a copy",
            )  # fmt: skip
    again = decide(RegisteredPlan(record.plan, record.plan_sha256, record.registered), record.evidence)
    before, after = (canonical_json(d.model_dump(mode="json")) for d in (record.decision, again))
    if before != after:
        other = "" if gate_code() == record.code_sha256 else f"; it was decided by version {record.code_version}"
        raise ArtefactError(
            f"replays as {again.verdict} where it says {record.decision.verdict}, or with other numbers{other}",
            where=where, mend="replay it with the version that decided",
        )  # fmt: skip
    return again


def save_record(record: DecisionRecord, path: Path) -> Path:
    """Write a record, once and read-only; ArtefactError where another record is there already."""
    text = json.dumps(record.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return write_once(text, path, other="another record")


def load_record(path: Path) -> DecisionRecord:
    """Read a record as it was written; `replay` says whether it still holds. ArtefactError where it is none."""
    try:
        return DecisionRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ArtefactError("there is no such record", where=str(path)) from None
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        raise ArtefactError(f"is no decision record: {at} {first['msg']}", where=str(path)) from None


@lru_cache
def gate_code() -> str:
    """Return the SHA-256 of the code that decides, comments and wording of docstrings left out."""
    whole = hashlib.sha256()
    for file in sorted({file for pattern in JUDGING for file in ROOT.glob(pattern)}):
        whole.update(f"{file.relative_to(ROOT).as_posix()}\0{meaning(file.read_text(encoding='utf-8'))}\0".encode())
    return whole.hexdigest()
