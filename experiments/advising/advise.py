"""From statistics to advice: the policy's favourite tweaks, or the reason to keep what runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.policy import Observations
from evenhand.customers.quality import Enough
from evenhand.envs.candidates import CANDIDATE_FEATURES, HOLD
from evenhand.envs.estimates import OPEN_PRIOR
from evenhand.experiments.advising.impact import Groups
from evenhand.experiments.advising.looking import Estimate, RunnerUp, WhyNot, estimates_of, saw_of, usual_of
from evenhand.experiments.advising.offers import Offer, Offers, Plain
from evenhand.experiments.advising.standing import Standing, View
from evenhand.experiments.advising.statistics import Statistics, checked
from evenhand.experiments.reasons import Why, reason_of
from evenhand.segments import Segmentation

__all__ = ["LEAST_OPENS", "MOST_DRIFT", "Advice", "Advised", "Adviser", "Estimate", "Planned", "Scorer", "Why"]

LEAST_OPENS = float(
    OPEN_PRIOR
)  # opens expected of a segment's contacts: with fewer, estimates are more prior than data
MOST_DRIFT = 0.1  # share of customers who may have moved between segments since the table was taken
LOOKED_THROUGH = 8  # of the tweaks behind those that are recommended, for one on the same segments


class Scorer(Protocol):
    """A policy that says what it thinks of every candidate."""

    name: str

    def logits(self, observations: Observations) -> NDArray[np.float32]:
        """Return the score of every candidate, (E, L) -> (E, M)."""


class Advised(NamedTuple):
    """A tweak that the policy recommends."""

    offer: Offer
    reason: str
    expected: Estimate
    affected_customers: int  # by the sizes that were told
    score: float  # the policy's, above that of holding
    saw: Mapping[str, float]  # the tweak's features, as the policy looked at them
    runner_up: RunnerUp | None  # none: the policy likes no other tweak better than holding


class Planned(NamedTuple):
    """A whole segmentation that a policy begins with, beside what runs."""

    plan: Segmentation
    sentences: tuple[str, ...]  # what would change
    affected_customers: int  # of the customer table
    fairness: tuple[Groups, ...]  # of every attribute with two groups large enough to compare


class Advice(NamedTuple):
    """What a policy advises: some tweaks on different segments, best first; or none and why."""

    tweaks: tuple[Advised, ...]
    why: Why | None  # why what runs should be kept, where there are no tweaks
    reason: str  # the same in plain words, empty where there are tweaks
    usual: Mapping[str, float] = {}  # the median of each feature over the tweaks on offer, beside what is recommended
    plan: Planned | None = None  # what has to be in force before there are tweaks


class Ranked(NamedTuple):
    """A candidate that the policy likes better than holding."""

    row: int
    score: float  # above that of holding
    contacts: bool  # whether its segment had enough of them
    expected: Estimate


@dataclass(frozen=True)
class Adviser:
    """A policy beside the business that it advises."""

    policy: Scorer
    standing: Standing
    offers: Offers

    @classmethod
    def of(cls, policy: Scorer, standing: Standing) -> Adviser:
        """Return the adviser of a business."""
        return cls(policy, standing, Offers(standing))

    def advise(self, statistics: Statistics, *, count: int = 3) -> Advice:
        """Return up to `count` tweaks that touch different segments, as it ranks them; DataError for wrong counts.

        What runs is kept where there are too few customers, where many moved since the customer table was taken, where
        no segment's contacts amount to `LEAST_OPENS` expected opens, where the policy prefers to hold, and where the
        interval of everything that it likes better covers zero.
        """
        statistics = checked(statistics, self.standing.today)
        if kept := self._unfit(statistics):
            return kept
        view = self.standing.look(statistics)
        if not (view.opens_expected >= LEAST_OPENS).any():
            most = view.opens_expected.max()
            return _kept(
                "few contacts",
                f"the contacts of no segment let {LEAST_OPENS:.0f} opens be expected; the most is {most:.1f}",
            )
        return self._best(view, statistics, count)

    def _unfit(self, statistics: Statistics) -> Advice | None:
        told = np.array([statistics[id_].customers for id_ in self.standing.today.ids], float)
        enough = Enough.of(int(told.sum()))
        if not enough:
            return _kept("few customers", enough.why)
        known = self.standing.members[: len(told)] / self.standing.customers.n
        drift = float(np.abs(told / told.sum() - known).sum() / 2)
        if drift > MOST_DRIFT:
            return _kept(
                "moved customers",
                f"{drift:.0%} of the customers are in other segments than in the customer table that the policy looks "
                f"at; at most {MOST_DRIFT:.0%} may be: load the table anew",
            )
        return None

    def _best(self, view: View, statistics: Statistics, count: int) -> Advice:
        scale = self._scale(statistics)
        found: list[tuple[Ranked, Advised]] = []
        unclear, touched = 0, set[str]()
        ranked = self._ranked(view)
        for one in ranked:
            if not one.contacts:
                continue
            if one.expected.low <= 0:
                unclear += 1
                continue
            offer = self.offers.of(view.decode[one.row], len(found))
            if offer.touches & touched:
                continue
            touched |= offer.touches
            features = dict(zip(CANDIDATE_FEATURES, view.table[one.row].tolist(), strict=True))
            affected = round(float(scale @ offer.affected))
            saw = saw_of(view, one.row)
            found.append((one, Advised(offer, reason_of(features), one.expected, affected, one.score, saw, None)))
            if len(found) == count:
                break
        if found:
            taken = {one.row for one, _ in found}
            others = [one for one in ranked if one.row not in taken][:LOOKED_THROUGH]
            behind = [(one, self.offers.plain(view.decode[one.row])) for one in others]
            tweaks = [best._replace(runner_up=_runner_up(best, behind)) for _, best in found]
            return Advice(tuple(tweaks), None, "", usual_of(view))
        if unclear:
            return _kept("nothing clear", f"the policy likes {unclear} tweaks better, but of none is the gain clear")
        return _kept("nothing better", "the policy expects no tweak to be better than what runs")

    def _ranked(self, view: View) -> list[Ranked]:
        """Return the allowed rows that score higher than holding, best first."""
        logits = self.policy.logits(view.observation)[0].astype(np.float64)
        over = np.where(view.allowed[0], logits - logits[HOLD], -np.inf)
        better = np.flatnonzero(over > 0)
        rows = better[np.argsort(-over[better], kind="stable")]
        contacts = view.opens_expected[view.decode[rows, 1]] >= LEAST_OPENS
        expected = estimates_of(view.table[rows], self.standing.setup.horizon)
        return [*map(Ranked, rows.tolist(), over[rows].tolist(), contacts.tolist(), expected)]

    def _scale(self, statistics: Statistics) -> NDArray[np.float64]:
        """Return how many customers of the business each of those looked at stands for, (S,)."""
        members = self.standing.members
        told = np.zeros(len(members))
        told[: len(self.standing.today.ids)] = [statistics[id_].customers for id_ in self.standing.today.ids]
        return told / np.maximum(members, 1)


def _runner_up(best: Advised, others: Sequence[tuple[Ranked, Plain]]) -> RunnerUp | None:
    """Return the best ranked of the others, one that touches the same segments where the first few hold one."""
    alike = [one for one in others if one[1].touches & best.offer.touches]
    for other, tweak in (alike or others)[:1]:
        if not other.contacts:
            why: WhyNot = "few contacts"
        elif other.expected.low <= 0:
            why = "nothing clear"
        else:
            why = "ranks lower" if other.score <= best.score else "meets a better one"
        return RunnerUp(tweak.document, other.expected, best.score - other.score, why)
    return None


def _kept(why: Why, reason: str) -> Advice:
    return Advice((), why, f"Keep what runs: {reason}.")
