"""When a trial is looked at: at planned shares of its information, or whenever somebody likes."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from evenhand.experiments.sequential import AlwaysValid, Family, Monitoring, Spending, even_looks
from evenhand.experiments.trial.parts import Part

__all__ = ["AnyTimeLooks", "Looks", "PlannedLooks"]


class PlannedLooks(Part):
    """Looks at shares of the planned information, under a spending function."""

    kind: Literal["planned"] = "planned"
    family: Family = "obrien-fleming"
    rho: float = Field(3.0, gt=0)
    fractions: tuple[float, ...] = (1.0,)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        shares = (0.0, *self.fractions)
        if not self.fractions or any(a >= b for a, b in zip(shares, self.fractions, strict=False)):
            raise ValueError("looks: shares of the information rise from above 0")
        if self.fractions[-1] != 1:
            raise ValueError("looks: the last look is at 1, all of the planned information")
        return self

    @property
    def monitoring(self) -> Monitoring:
        """Return how bounds are found."""
        return Spending(self.family, self.rho)

    @property
    def count(self) -> int:
        """Return how many looks are planned."""
        return len(self.fractions)


class AnyTimeLooks(Part):
    """Looks whenever somebody likes, by a confidence sequence; `expected` many are reckoned with for power."""

    kind: Literal["any-time"] = "any-time"
    expected: int = Field(20, ge=1, le=300)

    @property
    def monitoring(self) -> Monitoring:
        """Return how bounds are found."""
        return AlwaysValid()

    @property
    def fractions(self) -> tuple[float, ...]:
        """Return the shares of the information at which looks are reckoned with: evenly spaced."""
        return even_looks(self.expected)

    @property
    def count(self) -> int:
        """Return how many looks are reckoned with."""
        return self.expected


Looks = Annotated[PlannedLooks | AnyTimeLooks, Field(discriminator="kind")]
