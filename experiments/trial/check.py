"""What an integrity check says: one type, in words, with the p-value behind it and what to do."""

from __future__ import annotations

from typing import Literal

from evenhand.experiments.trial.parts import Part

__all__ = ["BALANCE", "FAILS_AT", "MISSING", "SAMPLE_RATIO", "SEQUENTIAL_SAMPLE_RATIO", "Check", "Status"]

Status = Literal["ok", "warning", "failed", "not enough data"]
FAILS_AT = 0.001  # a sound trial fails a check by chance once in a thousand
# Names of checks that the gate asks for; that of missing values goes on with what they are of.
SAMPLE_RATIO, SEQUENTIAL_SAMPLE_RATIO = "sample ratio", "sequential sample ratio"
BALANCE, MISSING = "balance before the trial", "missing values"


class Check(Part):
    """One look at whether a trial's data can be trusted; a failed one makes the trial invalid."""

    name: str
    status: Status
    what: str  # a sentence
    p_value: float | None = None
    mend: str = ""
