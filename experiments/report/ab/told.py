"""What a page tells: a registered plan, the evidence of every look, the decision on the last, and the analysis."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.gate import Decision, Evidence, MetricResult, decide
from evenhand.experiments.gate.gains import ends
from evenhand.experiments.sequential import critical_value
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan

__all__ = ["Told", "evidence_of", "read_analysis", "told"]


@dataclass(frozen=True)
class Told:
    """One challenger's trial as far as it has come; `looks` has the evidence of all looks, the present one last."""

    registered: RegisteredPlan
    looks: tuple[Evidence, ...]
    decision: Decision
    analysis: Mapping[str, Any] = field(default_factory=dict)  # `Analysis.to_dict` of the present look, or empty

    @property
    def plan(self) -> ExperimentPlan:
        """The plan."""
        return self.registered.plan

    @property
    def now(self) -> Evidence:
        """The evidence of the present look."""
        return self.looks[-1]

    @cached_property
    def needed(self) -> float:
        """How many standard errors the interval of one effect reaches at this look; infinite where it may not tell."""
        return critical_value(
            self.plan.monitoring, self.now.looks, alpha=self.plan.alpha, final=ends(self.plan, self.now)
        )

    def result(self, metric: str, look: Evidence | None = None) -> MetricResult | None:
        """Return the effect on a metric, None where the evidence does not have it."""
        return next((found for found in (look or self.now).metrics if found.metric == metric), None)

    def parts(self, name: str) -> list[Mapping[str, Any]]:
        """Return a list of the analysis that is about this challenger: effects, groups or courses."""
        return [part for part in self.analysis.get(name, []) if part["arm"] == self.now.arm]


def told(registered: RegisteredPlan, looks: Sequence[Evidence], analysis: Mapping[str, Any] | None = None) -> Told:
    """Return what is told of a trial; DataError where the looks are not those of one trial, in their order."""
    if not looks:
        raise DataError("no evidence", rule="a page tells at least one look", mend="give the evidence of a look")
    now = looks[-1]
    for k, look in enumerate(looks):
        if (look.arm, look.origin, look.plan_sha256) != (now.arm, now.origin, now.plan_sha256):
            raise DataError(
                f"look {k + 1} is of {look.arm!r}, {look.origin}, plan {look.plan_sha256[:12]}…; the last one is of "
                f"{now.arm!r}, {now.origin}, plan {now.plan_sha256[:12]}…", rule="all looks are at one trial",
            )  # fmt: skip
        if look.looks != now.looks[: len(look.looks)]:
            raise DataError(f"look {k + 1} does not lie on the way to the last one", rule="looks in their order",
                            mend="give the evidence of earlier looks first")  # fmt: skip
    return Told(registered, tuple(looks), decide(registered, now), analysis or {})


def read_analysis(path: Path) -> dict[str, Any]:
    """Read what `evenhand ab analyze --json` printed; ArtefactError where it is no such file."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ArtefactError("there is no such analysis", where=str(path)) from None
    except ValueError as error:
        raise ArtefactError(f"is no JSON: {error}", where=str(path)) from None
    if not isinstance(found, dict) or (found.get("format"), found.get("version")) != ("evenhand analysis", 1):
        raise ArtefactError("is no analysis", where=str(path), mend="write one with `evenhand ab analyze --json`")
    return found


def evidence_of(analysis: Mapping[str, Any], arm: str | None) -> Evidence:
    """Return the evidence that an analysis holds of a challenger, the only one unless named."""
    held = analysis["evidence"]
    if arm is None and len(held) > 1:
        raise DataError("which challenger?", rule=f"the analysis has {', '.join(held)}", mend="name it with --arm")
    name = arm or next(iter(held))
    if name not in held:
        raise DataError(f"the analysis has no challenger {name!r}", rule=f"it has {', '.join(held)}")
    return Evidence.from_dict(held[name], where=f"analysis, {name}")
