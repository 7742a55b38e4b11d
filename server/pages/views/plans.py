"""The plan of an experiment, fact by fact, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from evenhand.server.pages.speech import Speech
from evenhand.server.pages.words import N_

if TYPE_CHECKING:
    from evenhand.experiments.trial.parts import FairnessMargin, Guardrail
    from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["needs_facts", "plan_facts"]

_REGISTERED, _ARMS, _UNIT = N_("Written down"), N_("Drawn by lot"), N_("What is counted")
_PRIMARY, _GUARDS, _FAIRNESS = N_("What must be better"), N_("Guardrails"), N_("Fairness margins")
_LOOKS, _LEAST, _UNITS, _ERROR = N_("Looks"), N_("At least"), N_("Planned units"), N_("Error rate and power")
_ANY_TIME = N_("whenever somebody likes")
_AT = N_("at %(shares)s of the planned data")
_MARGIN = N_("%(metric)s, margin %(margin)s")
_WEEKS = N_("%(n)s whole weeks")
_NEEDS = N_("Units that it needs")
_ENOUGH = N_("%(needed)s; %(units)s take part: enough")
_TOO_FEW = N_("%(needed)s; only %(units)s take part: not enough")
_TESTABLE = N_("Groups that can be tested (%(attribute)s)")
_LEFT_OUT = N_("not enough data: %(groups)s")
_NONE = N_("none")
_RATES = N_("%(error)s, %(power)s")


def plan_facts(plan: ExperimentPlan, registered: datetime | None, say: Speech) -> Iterator[tuple[str, str]]:
    """Give (what, said) of everything in a plan that a reviewer asks for; `registered` is None until it is."""
    if registered is not None:
        yield say(_REGISTERED), say.moment(registered)
    yield say(_ARMS), say.listed(f"{arm.name} {say.share(float(arm.share))}" for arm in plan.arms)
    yield say(_UNIT), say.word("unit", plan.unit)
    yield say(_PRIMARY), say.listed(say.word("metric", metric) for metric in plan.primary)
    if plan.guardrails:
        yield say(_GUARDS), "; ".join(_guard(one, say) for one in plan.guardrails)
    if plan.fairness:
        yield say(_FAIRNESS), "; ".join(_fairness(one, say) for one in plan.fairness)
    shares = say.listed(say.share(share) for share in plan.looks.fractions)
    yield say(_LOOKS), say(_AT) % {"shares": shares} if plan.looks.kind == "planned" else say(_ANY_TIME)
    yield say(_LEAST), say(_WEEKS) % {"n": plan.weeks}
    yield say(_UNITS), say.number(plan.units_after(plan.weeks))
    yield say(_ERROR), say(_RATES) % {"error": say.share(plan.alpha, 1), "power": say.share(plan.power)}


def needs_facts(plan: ExperimentPlan, say: Speech) -> Iterator[tuple[str, str]]:
    """Give (what, said) of what a plan needs and can find, as `evenhand ab plan` reckons it."""
    from evenhand.experiments.trial.needs import needs  # scipy is slow to import

    found = needs(plan)
    said = {"needed": say.number(found.needed), "units": say.number(found.units)}
    yield say(_NEEDS), say(_ENOUGH if found.enough else _TOO_FEW) % said
    for group in found.groups:
        about = say(_TESTABLE) % {"attribute": group.attribute}
        told = say.listed(group.testable) if group.testable else say(_NONE)
        left = say(_LEFT_OUT) % {"groups": say.listed(group.left_out)} if group.left_out else ""
        yield about, f"{told}; {left}" if left else told


def _guard(one: Guardrail, say: Speech) -> str:
    decimals = len(f"{one.margin:f}".rstrip("0").partition(".")[2])
    margin = say.share(one.margin, 1) if one.relative else say.number(one.margin, decimals)
    return say(_MARGIN) % {"metric": say.word("metric", one.metric), "margin": margin}


def _fairness(one: FairnessMargin, say: Speech) -> str:
    metric = f"{one.attribute} ({say.word('criterion', one.criterion)})"
    return say(_MARGIN) % {"metric": metric, "margin": say.share(one.margin, 1)}
