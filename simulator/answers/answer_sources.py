"""Where the numbers of a randomised log come from: its parameters take the place of priors about contact."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import expit

from evenhand.segments import Campaign
from evenhand.simulator.content import Answers, Parameter, Replicate, rounded

__all__ = ["with_answer_sources"]

_LOG = "randomised campaign log"


def with_answer_sources(
    parameters: Sequence[Parameter],
    fits: Sequence[Replicate],
    campaigns: Sequence[Campaign],
    told: tuple[str, ...],
    *,
    weekly: bool,
) -> tuple[Parameter, ...]:
    """Return the parameters with what the log tells in place of what priors stated; as they are where it tells
    nothing.
    """
    answers = [fit.answers for fit in fits if fit.answers is not None]
    if not answers:
        return tuple(parameters)
    found = [_fitted("visit", answers, lambda a: float(expit(a.visit[0])), "chance to come without contact")]
    if "visits" not in told:
        found = [_fitted("conversion", answers, lambda a: float(expit(a.visit[0])), "chance to buy without contact")]
    if "visits" in told and "conversions" in told:
        found.append(_fitted("conversion", answers, lambda a: float(expit(a.closing[0])), "chance to buy once there"))
    if "spend" in told:
        found.append(_fitted("basket", answers, lambda a: float(np.exp(a.basket[0])), "spend of who buys"))
        found.append(_fitted("basket_sd", answers, lambda a: a.spread, "log sd of spend of who buys"))
    for c, campaign in enumerate(campaigns):
        found += _of_campaign(c, campaign.id, answers, told)
    gone = {p.name for p in found} | {f"redemption[{c.id}]" for c in campaigns} | {"redemption", "redemption_spread"}
    if "conversions" in told and not weekly:
        gone |= {"rate", "rate_median", "basket_median", "basket_sd_median", "dispersion"}
        found.append(_stated("dispersion", "prior", "the log tells who bought, not how often: one trip at low rates"))
    return (*(p for p in parameters if p.name not in gone), *found)


def _of_campaign(c: int, name: str, answers: list[Answers], told: tuple[str, ...]) -> list[Parameter]:
    brings = "chance that a contact brings a visit" if "visits" in told else "chance that a contact brings a purchase"
    found = [_fitted(f"click[{name}]", answers, lambda a: float(expit(a.click[c][0])), brings)]
    if "conversions" in told and "visits" in told:
        found.append(
            _fitted(f"closing[{name}]", answers, lambda a: a.shift[c], "log-odds to buy, against coming unasked")
        )
    if "spend" in told:
        found.append(_fitted(f"bonus[{name}]", answers, lambda a: a.bonus[c], "extra baskets of who buys by it"))
    found.append(_stated(f"lift[{name}]", "calibrated", f"{_LOG}: all that contact causes is in click and closing"))
    return found


def _fitted(name: str, answers: list[Answers], value: Callable[[Answers], float], source: str) -> Parameter:
    values = [value(a) for a in answers]
    low, high = np.quantile(values[1:] or values, [0.025, 0.975])
    point, low, high = rounded(np.array([values[0], low, high])).tolist()
    where = f"{_LOG}, average customer: {source}"
    return Parameter(name=name, value=point, low=low, high=high, origin="calibrated", source=where)


def _stated(name: str, origin: str, source: str) -> Parameter:
    return Parameter.model_validate(
        {"name": name, "value": 0.0, "low": 0.0, "high": 0.0, "origin": origin, "source": source}
    )
