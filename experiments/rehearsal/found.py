"""What a rehearsal found: in words, as plain data, and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from evenhand.experiments.rehearsal.rates import Assumed, Effect, Endings, Share, plain

__all__ = ["Rehearsal"]

OFF = 0.25  # of a plan's assumption: said when the simulator is that far from it


@dataclass(frozen=True)
class Rehearsal:
    """How trials of a plan go on the calibrated simulator; every number is simulated."""

    plan: str
    plan_sha256: str
    simulator_sha256: str
    primary: tuple[str, ...]
    customers: int  # in every trial
    planned_units: int
    weeks: int
    look_days: tuple[int, ...]
    populations: int
    seed: int
    endings: Mapping[str, Endings]  # by challenger
    effects: Mapping[str, tuple[Effect, ...]]
    aa: Mapping[str, Endings] | None  # the same plan where all arms get the control's segmentation
    assumed: tuple[Assumed, ...]
    formula: float  # power of the likeliest primary metric that the plan's formulas promise for so many customers
    formula_ships: float  # how often the gate ships, if all is as the plan expects

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data that JSON can hold; numbers that there are not are None."""
        return {"origin": "simulated", **{field.name: plain(getattr(self, field.name)) for field in fields(self)}}

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return what a team should know, the answer first, a sentence a line."""
        looks = f"{len(self.look_days)} looks, after {', '.join(map(str, self.look_days))} days"
        said = [f"{self.plan}: rehearsed {self.populations:,} times, {self.customers:,} simulated customers; {looks}"]
        if self.customers != self.planned_units:
            said.append(
                f"The plan reckons with {self.planned_units:,} units: give --size {self.planned_units} for those"
            )
        for arm, ended in self.endings.items():
            said += self._arm(arm, ended)
        if self.aa is not None:
            for arm, ended in self.aa.items():
                said.append(
                    f"A/A, {arm} gets what the control gets: ships {_share(ended.verdicts['SHIP'])}, "
                    f"stops {_share(ended.verdicts['STOP'])}, invalid {_share(ended.verdicts['INVALID'])}"
                )
        said += [line for row in self.assumed for line in _differs(row)]
        said.append(f"All numbers are simulated: simulator {self.simulator_sha256[:12]}…, seed {self.seed}")
        return said

    def _arm(self, arm: str, ended: Endings) -> list[str]:
        v = ended.verdicts
        said = [
            f"{arm}: ships {_share(v['SHIP'])}, stops for harm {_share(v['STOP'])}, "
            f"holds {_share(v['HOLD'])}, invalid {_share(v['INVALID'])}",
            f"{arm}: a primary metric is shown to be better in {_share(ended.found)}; the plan's formulas say "
            f"{self.formula:.0%} if its effects are true",
            f"{arm}: ends after {ended.days.value:.1f} days on average, most of them after "
            + " to ".join(map(str, dict.fromkeys(ended.days_range))),
        ]
        said += [f"{arm}: {line}" for effect in self.effects[arm] for line in self._effect(effect)]
        if ended.lacking:
            held = "; ".join(f"{name} {share.value:.0%}" for name, share in ended.lacking[:5])
            said.append(f"{arm}: where it holds, not shown: {held}")
        said += [f"{arm}: {times} x {why}" for why, times in ended.reasons[:3]]
        return said

    def _effect(self, effect: Effect) -> list[str]:
        truth = effect.truth
        line = (
            f"true effect on {effect.metric} {truth.value:+.4g} [{truth.low:+.4g}, {truth.high:+.4g}], "
            f"spread {effect.spread:.3g} over populations"
        )
        if effect.metric in self.primary and effect.planned is not None:
            line += (
                f"; the plan looks for {effect.planned:+.4g}, which {effect.reaching.value:.0%} of populations reach"
            )
            if effect.reaching.of_them:
                line += f", found there: {_share(effect.found_there)}"
        if not effect.covered.n:
            return [line, f"{effect.metric} could not be estimated in any trial"]
        return [line, f"95 % intervals of {effect.metric} hold the truth in {_share(effect.covered)}"]


def _share(share: Share) -> str:
    return f"{share.value:.1%} [{share.low:.1%}, {share.high:.1%}]"


def _differs(row: Assumed) -> list[str]:
    """Say where the simulator is far from what the plan assumes, which its formulas rest on."""
    said = []
    pairs = (("mean", row.mean, row.simulated_mean.value), ("standard deviation", row.sd, row.simulated_sd.value))
    for name, planned, simulated in pairs:
        if planned and abs(simulated - planned) > OFF * abs(planned):
            said.append(f"The plan assumes a {name} of {row.metric} of {planned:.4g}; simulated customers have "
                        f"{simulated:.4g}")  # fmt: skip
    return said
