"""What the gate answers: a verdict, the level of evidence it earns, every test behind it, and reasons in words."""

from __future__ import annotations

import math
from typing import Literal

from evenhand.experiments.trial.parts import Part

__all__ = ["Decision", "Level", "Question", "Test", "Verdict"]

Verdict = Literal["STOP", "INVALID", "SHIP", "HOLD"]
Level = Literal["candidate", "validated", "proven"]
Question = Literal["harmed", "superior", "non-inferior"]
FARTHEST = 40.0  # standard errors: beyond them p-values are 0
PLAIN = 8  # standard errors up to which every z is found as a number
DIGITS = 4  # of a z: the same on every machine, whatever its rounding


class Test(Part):
    """One test: how many standard errors the data lie beyond the null, and how many were needed at this look.

    `needed` is None at a look that has no error rate to spend, so that nothing would be enough.
    """

    __test__ = False  # no test class, whatever pytest makes of its name

    question: Question
    of: str
    z: float  # at most `FARTHEST` either way
    needed: float | None
    passed: bool

    @property
    def told(self) -> str:
        """Return `z` in words; where its p-value is too small for a number it is no more than a bound."""
        if abs(self.z) < FARTHEST:
            return f"{self.z:.2f}"
        return f"more than {PLAIN}" if self.z > 0 else f"less than -{PLAIN}"

    @classmethod
    def made(cls, question: Question, of: str, z: float, needed: float) -> Test:
        """Return the test of `z` against `needed`."""
        return cls(
            question=question, of=of, z=round(max(-FARTHEST, min(FARTHEST, z)), DIGITS) + 0.0,
            needed=round(needed, DIGITS) if math.isfinite(needed) else None,
            passed=math.isfinite(needed) and z >= needed,  # z is infinite where a p-value is 0
        )  # fmt: skip


class Decision(Part):
    """The answer of the gate. `reasons` say why, in the order of their weight; `remarks` what else to know."""

    verdict: Verdict
    level: Level  # that the policy has after this decision, by this evidence alone
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]
    tests: tuple[Test, ...]
    untested: tuple[str, ...]  # fairness differences without enough data: not passed, not failed
