"""What could go wrong with a change, as far as numbers tell, and why its risk is what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evenhand.registry.requests import Request, ReviewRules, facts_of
from evenhand.server.pages.models.parts import Gap, Outcome
from evenhand.server.pages.models.request import Harm
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.words import N_

__all__ = ["harms_of", "risk_reasons"]

FEWER = 0.005  # by which a group's rate must fall to be named
_ZERO = N_("The interval of the profit holds zero: the change may bring nothing, or cost up to %(loss)s.")
_UNKNOWN = N_("Nobody has worked out yet what it brings.")
_BROKEN = N_("The gap by %(attribute)s would be larger than your business allows.")
_LESS = N_("By %(attribute)s, these would receive beneficial offers less often: %(groups)s.")
_NOBODY = N_(
    "By %(attribute)s, no group would receive a beneficial offer any more. The gap is small only because nobody gains."
)
_FROM_TO = N_("“%(group)s” (%(before)s, then %(after)s)")
_TOUCHES = N_("It touches %(share)s of all customers.")
_USES = N_("It uses %(share)s of a fairness tolerance.")
_NOT_TOLD = N_("How many customers it touches, or how much of a fairness tolerance it uses, is not known.")


def harms_of(outcomes: Sequence[Outcome], gaps: Sequence[Gap], say: Speech) -> tuple[Harm, ...]:
    """Return what could go wrong, in the reader's language, the gravest first."""
    return tuple(sorted(_harms(outcomes, gaps, say), key=lambda one: ("high", "medium", "low").index(one.severity)))


def _harms(outcomes: Sequence[Outcome], gaps: Sequence[Gap], say: Speech) -> Iterator[Harm]:
    if not outcomes:
        yield Harm(severity="medium", text=say(_UNKNOWN), watch="")
    for outcome in outcomes:
        last = outcome.estimates[-1]
        if last.low <= 0:
            loss = say.amount(-last.low, outcome.unit, say.digits(outcome.estimates))
            yield Harm(severity="high", text=say(_ZERO) % {"loss": loss}, watch="")
    for gap in gaps:
        if gap.used is not None and gap.used > 1:
            yield Harm(severity="high", text=say(_BROKEN) % {"attribute": gap.attribute}, watch="")
        fewer = [
            say(_FROM_TO) % {"group": row.group, "before": say.share(row.before, 1), "after": say.share(row.after, 1)}
            for row in gap.groups
            if row.note != "unknown" and row.after < row.before - FEWER
        ]
        if gap.empty:
            yield Harm(severity="medium", text=say(_NOBODY) % {"attribute": gap.attribute}, watch="")
        elif fewer:
            said = {"attribute": gap.attribute, "groups": ", ".join(fewer)}
            yield Harm(severity="low", text=say(_LESS) % said, watch="")


def risk_reasons(request: Request, rules: ReviewRules, say: Speech) -> tuple[str, ...]:
    """Say why a request is a high risk; of a low one there is nothing to say."""
    facts = facts_of(request.predicted)
    if request.risk == "low":
        return ()
    if facts.customers is None or facts.margin is None:
        return (say(_NOT_TOLD),)
    reasons = []
    if facts.customers >= rules.many_customers:
        reasons.append(say(_TOUCHES) % {"share": say.share(facts.customers)})
    if facts.margin >= rules.much_margin:
        reasons.append(say(_USES) % {"share": say.share(facts.margin)})
    return tuple(reasons)
