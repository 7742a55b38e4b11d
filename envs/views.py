"""What the compiled candidate table reads and writes, as named tuples of arrays that Numba takes as they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.types import BoolArray, FloatArray, IntArray

__all__ = ["Funnel", "Prices", "Seen", "Shape", "Table", "Terms"]


class Seen(NamedTuple):
    """What a business sees of its customers."""

    bins: NDArray[np.uint8]  # (E, N, F)
    first: IntArray  # (E, N) segment
    second: IntArray  # (E, N) segment that would have them if the first did not
    weights: FloatArray  # (E, N, Q) what each customer counts for in each sum that constraints ask for
    consent: BoolArray  # (E, N)
    fatigue: FloatArray  # (E, N)
    organic: FloatArray  # (E, N) margin per period without contact, money
    recency: FloatArray  # (E, N) periods
    engagement: FloatArray  # (E, N)
    answering: FloatArray  # (E, N) answers expected of the next contact, in means: see estimates.answer_shares
    open_part: FloatArray  # (E, N) see estimates.contact_values
    lift_part: FloatArray  # (E, N, C)
    redeem_part: FloatArray  # (E, N, C)
    lasting_lift: FloatArray  # (E, N, C) see lasting.lasting_values
    lasting_redeem: FloatArray  # (E, N, C)
    burden: FloatArray  # (E, N, C)


class Funnel(NamedTuple):
    """What each segment answered, beside what was expected of the same contacts before anything was learned."""

    opens: FloatArray  # (E, S)
    open_hope: FloatArray  # (E, S)
    redeems: FloatArray  # (E, S, C)
    redeem_hope: FloatArray  # (E, S, C) of those that were opened

    @classmethod
    def zero(cls, shape: tuple[int, int, int]) -> Funnel:
        """Return the counts before anything was sent, for `shape` (E, S, C)."""
        return cls(*(np.zeros(one, np.float32) for one in (shape[:2], shape[:2], shape, shape)))


class Shape(NamedTuple):
    """The segments as boxes, and how each has answered so far."""

    lo: NDArray[np.uint8]  # (E, S, F)
    hi: NDArray[np.uint8]  # (E, S, F)
    lo_room: NDArray[np.uint8]  # (E, S, F) see boxes.Boxes
    hi_room: NDArray[np.uint8]  # (E, S, F)
    campaign: IntArray  # (E, S)
    size: NDArray[np.int64]  # (E,)
    changed_at: NDArray[np.int64]  # (E, S) period
    open_ratio: FloatArray  # (E, S)
    redeem_ratio: FloatArray  # (E, S, C)
    redeem_sd: FloatArray  # (E, S, C)


class Prices(NamedTuple):
    """What contacts cost and what changing the segmentation costs."""

    cost: FloatArray  # (E, C) money per contact
    weight: FloatArray  # (E, C) fatigue that a contact adds
    doses: FloatArray  # (E, Q, C) what a contact adds to each of these sums, times the weight
    channel: BoolArray  # (C,) bit of the consent that a contact needs
    edit: np.float32  # money per customer and tweak
    complexity: np.float32  # money per customer, segment and period
    lift_spread: np.float32  # relative standard deviation of the prior lift


class Terms(NamedTuple):
    """Time, and how far a tweak may go."""

    period: int
    horizon: int
    explore: np.float32
    n_bins: NDArray[np.uint8]  # (F,)
    closed: BoolArray  # (F, K) cuts that belong to the part below
    min_size: float  # smallest part that a tweak may cut, in customers who answer as everyone does on average


class Table(NamedTuple):
    """The candidate table that is filled."""

    rows: FloatArray  # (E, M, D)
    mask: BoolArray  # (E, M)
    decode: NDArray[np.int16]  # (E, M, 6)
    change: FloatArray  # (E, M, Q) of the sums per period, if everyone got their segment's campaign
    now: FloatArray  # (E, Q) the sums per period as things stand, exploration included
