"""What a study tells of its policy beside the signed manifest: how each start learned, and how other ways fared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from evenhand.errors import ArtefactError, RuleError
from evenhand.segments.canonical import read_json

__all__ = ["STUDIED", "Studied", "studied"]

STUDIED = "study of a policy"  # the format of this document among the evidence on a policy


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False, extra="ignore")


class Point(_Part):
    """One look at the validation populations: steps of training so far, profit per customer and period."""

    steps: int
    profit: float


class Start(_Part):
    """One training: its seed, and the steps at which its policy was kept."""

    seed: int
    chosen: int
    points: tuple[Point, ...]


class Mean(_Part):
    """A mean over unseen populations with its 95 % interval."""

    mean: float
    low: float
    high: float
    n: int


class Gap(_Part):
    """The gap of one protected attribute."""

    mean: float
    tolerance: float | None = None


class Way(_Part):
    """A policy, learned or not, on unseen populations."""

    name: str
    label: str
    kind: str
    feasible: bool
    profit: Mean
    gap: dict[str, Gap]


class Studied(_Part):
    """The document; numbers are those of the study, all of them simulated."""

    format: str = STUDIED
    starts: tuple[Start, ...]
    ways: tuple[Way, ...]


def studied(study: Path) -> Studied | None:
    """Return what a study tells; None where it was not evaluated, ArtefactError where its files are broken."""
    files = study / "learning.json", study / "evaluation.json"
    if not all(file.is_file() for file in files):
        return None
    learning, evaluation = (_read(file) for file in files)
    try:
        return Studied.model_validate({"starts": learning["seeds"], "ways": evaluation["policies"]})
    except (KeyError, TypeError, ValidationError) as error:
        raise ArtefactError(
            f"learning.json or evaluation.json does not hold what it should: {type(error).__name__}", where=str(study),
            mend="evenhand evaluate the study again",
        ) from None  # fmt: skip


def _read(file: Path) -> Any:
    try:
        return read_json(file.read_bytes(), where=str(file))
    except RuleError as error:
        raise ArtefactError(f"is broken: {error.what}", where=str(file)) from None
