"""Whether the rows of a campaign plan can be: every chance is computed again and compared."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers.plan_about import PlanAbout
from evenhand.errors import DataError

__all__ = ["COLUMNS", "HELD_BACK", "OUTSIDE", "chances", "check_rows", "positions_of"]

HELD_BACK = "holdback"  # the arm of customers whom nothing is sent
OUTSIDE = (
    "outside"  # the arm of customers whom the trial's roll-out has not reached: they get the first arm's campaigns
)
TOLERANCE = 1e-12  # of a chance that is computed again
COLUMNS: Final[dict[str, str]] = {  # of every plan, in this order, and the kind of each
    "plan": "text", "customer": "text", "arm": "text", "segment": "text", "planned": "text", "campaign": "text",
    "eligible": "whole", "explored": "flag", "exploration": "number", "propensity": "number", "period": "whole",
    "block": "whole",
}  # fmt: skip

FloatArray = NDArray[np.float64]


def positions_of(campaigns: pd.Series, about: PlanAbout) -> NDArray[np.int64]:
    """Return the position of each campaign among the plan's, (n,); -1 where it is none of them."""
    return pd.Index(about.names).get_indexer(pd.Index(campaigns)).astype(np.int64)


def chances(frame: pd.DataFrame, about: PlanAbout) -> FloatArray:
    """Return pi(c) of every row and campaign, (n, campaigns), from `planned`, `exploration` and `eligible`."""
    sets = np.array([[name in offered for name in about.names] for offered in about.eligible], dtype=np.float64)
    uniform = sets / sets.sum(axis=1, keepdims=True)
    explored = frame["exploration"].to_numpy(dtype=np.float64)
    found: FloatArray = explored[:, None] * uniform[frame["eligible"].to_numpy()]
    planned = positions_of(frame["planned"], about)
    found[np.arange(len(frame)), planned] += 1 - explored
    return found


def check_rows(frame: pd.DataFrame, about: PlanAbout) -> None:
    """Raise DataError, naming the customer, for the first row that cannot be."""
    if list(frame.columns) != list(COLUMNS):
        raise DataError(f"a plan with the columns {', '.join(map(str, frame.columns))}", rule=", ".join(COLUMNS))
    if frame.empty:
        raise DataError("a plan without customers", rule="one row per customer")
    ids = frame["customer"]
    _refuse(frame, ids.duplicated().to_numpy(), "stands there twice", "one row per customer")
    _refuse(frame, (frame["plan"] != about.id).to_numpy(), "is of another plan", f"every row is of plan {about.id!r}")
    for column in ("planned", "campaign"):
        known = frame[column].isin(about.names).to_numpy()
        _refuse(frame, ~known, f"has an unknown campaign ({column})", f"one of {', '.join(about.names)}")
    arms = {arm.name: {*arm.segments} for arm in about.arms}
    arms |= {name: {*about.arms[0].segments} for name in (HELD_BACK, OUTSIDE)}
    _refuse(frame, ~frame["arm"].isin([*arms]).to_numpy(), "has an unknown arm", f"one of {', '.join(arms)}")
    for arm, segments in arms.items():
        stray = ((frame["arm"] == arm) & ~frame["segment"].isin([*segments])).to_numpy()
        _refuse(frame, stray, "has an unknown segment", f"arm {arm!r} has {', '.join(sorted(segments))}")
    _check_places(frame, about)
    _check_chances(frame, about)


def _check_places(frame: pd.DataFrame, about: PlanAbout) -> None:
    numbers = frame["eligible"].to_numpy()
    outside = (numbers < 0) | (numbers >= len(about.eligible))
    _refuse(frame, outside, "has an unknown set of campaigns", f"a number from 0 to {len(about.eligible) - 1}")
    sets = np.array([[name in offered for name in about.names] for offered in about.eligible])
    for column in ("planned", "campaign"):
        allowed = sets[numbers, positions_of(frame[column], about)]
        _refuse(frame, ~allowed, f"is not eligible for the campaign ({column})", "only eligible campaigns are given")
    for column, value in (("period", about.period), ("block", about.block)):
        _refuse(frame, (frame[column] != value).to_numpy(), f"has another {column}", f"the plan's {column} is {value}")


def _check_chances(frame: pd.DataFrame, about: PlanAbout) -> None:
    shares = frame["exploration"].to_numpy(dtype=np.float64)
    _refuse(frame, ~((shares >= 0) & (shares <= 1)), "has no exploration share", "a share is from 0 to 1")
    given = frame["propensity"].to_numpy(dtype=np.float64)
    _refuse(frame, ~((given > 0) & (given <= 1)), "has no propensity", "above 0 and at most 1")
    actions = positions_of(frame["campaign"], about)
    expected = chances(frame, about)[np.arange(len(frame)), actions]
    _refuse(
        frame,
        np.abs(given - expected) > TOLERANCE,
        "has a propensity that contradicts the plan",
        "(1 - exploration) if the campaign is the planned one, plus exploration / number of eligible campaigns",
    )
    strange = (frame["campaign"] != frame["planned"]).to_numpy() & ~frame["explored"].to_numpy(dtype=np.bool_)
    _refuse(frame, strange, "got another campaign than planned without being explored", "others are drawn only")


def _refuse(frame: pd.DataFrame, wrong: NDArray[np.bool_], what: str, rule: str) -> None:
    if wrong.any():
        first = frame["customer"].iloc[int(wrong.argmax())]
        more = int(wrong.sum()) - 1
        raise DataError(
            what + (f" (and {more:,} more)" if more else ""), where=f"plan, customer {str(first)!r:.40}", rule=rule
        )
