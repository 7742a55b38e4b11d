"""A reviewer in the loop: a tweak that is proposed may be rejected, wait, or be carried out as another one.

Each period the reviewer comes to what lies on the desk with chance 1 - `delay`; so a tweak waits delay / (1 - delay)
periods on average. While one waits only hold is on offer: the segmentation stays, and every position that the tweak
names stays valid. Luck is counter-based like everything in the simulator, keyed by (seed, period, purpose): a policy
that proposes in the same period meets the same reviewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.candidates import ASSIGN, DECODE_FIELDS, HOLD, MOVE, SPLIT
from evenhand.errors import DataError, nearest
from evenhand.simulator.random import REVIEW, REVIEW_DELAY, REVIEW_EDIT, common_draws

if TYPE_CHECKING:
    from evenhand.envs.world import World

__all__ = ["REVIEWERS", "VERDICTS", "Desk", "Reviewer", "alternatives", "reviewer_named"]

Decoded = NDArray[np.int16]  # (6,) a candidate row as `candidates.DECODE_FIELDS` says it

VERDICTS: Final = ("nothing", "approved", "edited", "rejected", "in review")
NOTHING, APPROVED, EDITED, REJECTED, IN_REVIEW = range(5)


@dataclass(frozen=True)
class Reviewer:
    """How a reviewer deals with what is proposed, as chances."""

    reject: float = 0.0  # that a decision is no: hold is carried out
    edit: float = 0.0  # that it is another tweak of the same kind for the same segment
    delay: float = 0.0  # in each period, that there is no decision yet

    def __post_init__(self) -> None:
        """Refuse what are no chances."""
        for name in ("reject", "edit", "delay"):
            if not 0 <= getattr(self, name) <= 1:
                raise DataError(f"{name} = {getattr(self, name)!r}", rule="a reviewer's chances lie between 0 and 1")
        if self.reject + self.edit > 1 or self.delay == 1:
            raise DataError(
                f"a reviewer with reject = {self.reject:g}, edit = {self.edit:g}, delay = {self.delay:g}",
                rule="reject and edit add up to at most 1, and a delay of 1 never decides anything",
            )


# Judgement, not measured: one in five proposals is not carried out as it was made, or half of them.
REVIEWERS: Final[dict[str, Reviewer | None]] = {
    "none": None,
    "usual": Reviewer(reject=0.1, edit=0.1, delay=0.25),
    "strict": Reviewer(reject=0.3, edit=0.2, delay=0.5),
}


def reviewer_named(name: str) -> Reviewer | None:
    """Return a reviewer of `REVIEWERS`; DataError for a name that is not there."""
    if name not in REVIEWERS:
        close = nearest(name, REVIEWERS)
        mend = f"did you mean {close!r}?" if close else f"choose among {', '.join(REVIEWERS)}"
        raise DataError(f"there is no reviewer {name!r}", mend=mend)
    return REVIEWERS[name]


@dataclass
class Desk:
    """What lies with the reviewers of E environments, and what they did in the last period."""

    proposed: NDArray[np.int16]  # (E, 6) what waits for a decision; hold: nothing does
    instead: NDArray[np.int16]  # (E, 6) what an edit makes of it, chosen when it was proposed
    verdict: NDArray[np.int8]  # (E,) of the last period, an entry of VERDICTS

    @classmethod
    def empty(cls, n_envs: int) -> Desk:
        """Return desks with nothing on them."""
        rows = np.zeros((n_envs, len(DECODE_FIELDS)), np.int16)
        return cls(rows, rows.copy(), np.zeros(n_envs, np.int8))

    @property
    def waiting(self) -> NDArray[np.bool_]:
        """Where a tweak is in review, (E,): only hold is on offer there."""
        return np.asarray(self.proposed[:, 0] != HOLD)

    @property
    def verdicts(self) -> NDArray[np.object_]:
        """What happened in the last period, in words, (E,)."""
        return np.array(VERDICTS, object)[self.verdict]

    def review(self, world: World, rows: NDArray[np.int16]) -> NDArray[np.int16]:
        """Take in what is proposed, (E, 6), and return what is carried out now, (E, 6)."""
        new = ~self.waiting & (rows[:, 0] != HOLD)
        reviewer = world.setup.reviewer
        if reviewer is None:
            self.verdict = np.where(new, APPROVED, NOTHING).astype(np.int8)
            return rows
        self.proposed[new] = rows[new]
        period = np.array([world.sim.period])
        late, judged, picked = (
            common_draws(world.seeds, period, purpose)[:, 0] for purpose in (REVIEW_DELAY, REVIEW, REVIEW_EDIT)
        )
        for e in np.flatnonzero(new):
            others = alternatives(world, int(e), rows[e]) or [rows[e]]
            self.instead[e] = others[int(picked[e] * np.float32(len(others)))]
        no, other = np.float32(reviewer.reject), np.float32(reviewer.reject + reviewer.edit)
        answer = np.where(judged < no, REJECTED, np.where(judged < other, EDITED, APPROVED))
        unchanged = (self.instead == self.proposed).all(axis=1)  # there was nothing to edit
        answer = np.where((answer == EDITED) & unchanged, APPROVED, answer)
        answer = np.where(late < np.float32(reviewer.delay), IN_REVIEW, answer)
        self.verdict = np.where(self.waiting, answer, NOTHING).astype(np.int8)
        carried = np.zeros_like(self.proposed)
        for verdict, source in ((APPROVED, self.proposed), (EDITED, self.instead)):
            carried[self.verdict == verdict] = source[self.verdict == verdict]
        self.proposed[self.verdict != IN_REVIEW] = 0
        return carried


def alternatives(world: World, e: int, row: Decoded) -> list[Decoded]:
    """Return what a reviewer may make of a tweak: another campaign, a neighbouring threshold; none for retiring.

    All keep the rules of the candidate table, the smallest part included.
    """
    op, s, f, k, side, c = (int(x) for x in row)
    found: list[Decoded] = []

    def add(cut: int, campaign: int) -> None:
        found.append(np.array([op, s, f, cut, side, campaign], np.int16))

    if op in (ASSIGN, SPLIT):
        for campaign in range(world.population.traits.interest.shape[2]):
            if campaign not in (c, world.campaign[e, s]):
                add(k, campaign)
    if op == SPLIT:
        for cut in (k - 1, k + 1):
            if world.lo[e, s, f] < cut < world.hi[e, s, f] and _leaves_enough(world, e, s, f, cut, both=True):
                add(cut, c)
    if op == MOVE:
        further = 2 * k - int((world.lo if side == 0 else world.hi)[e, s, f])
        if _may_stand(world, e, row, further):
            add(further, c)
    return found


def _may_stand(world: World, e: int, row: Decoded, further: int) -> bool:
    """Whether a bound that moves may go one cut further than `row` says."""
    _, s, f, k, side, _ = (int(x) for x in row)
    lo, hi = int(world.lo[e, s, f]), int(world.hi[e, s, f])
    if (further > k) == (side == 0):  # inward
        fits = lo < further < hi and _leaves_enough(world, e, s, f, further, side=side)
    else:
        fits = further > world.lo_room[e, s, f] if side == 0 else further < world.hi_room[e, s, f]
    closed = world.setup.closed[f]
    return bool(fits) and bool(closed[further - 1] == closed[k - 1])


def _leaves_enough(world: World, e: int, s: int, f: int, cut: int, *, side: int = 0, both: bool = False) -> bool:
    """Whether what stays inside a bound at `cut`, or `both` parts, are large enough; side 0 keeps what is above."""
    here = world.first[e] == s
    above = here & (world.bins[e, :, f] >= cut)
    parts = [above, here & ~above] if both else [above if side == 0 else here & ~above]
    return all(float(world.answering[e, part].sum(dtype=np.float64)) >= world.least_part for part in parts)
