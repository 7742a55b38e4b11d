"""What every part of `report.json` is made of: strict models, and numbers that JSON can hold."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["Count", "MaybeNumber", "Part", "Share"]


class Part(BaseModel):
    """Base of every part: unknown keys and infinite numbers are refused, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, from_attributes=True)


def _missing(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value


# JSON has no NaN: a number that does not exist (the rate of an empty group) is null.
MaybeNumber = Annotated[float | None, BeforeValidator(_missing)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]
