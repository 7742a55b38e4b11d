"""A page on each scenario: who it is about, which effects with which strengths, which protected groups."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np

from evenhand.simulator.priors import BEHAVIOUR_PRIORS, CAMPAIGN_PRIORS, SWITCHES
from evenhand.simulator.scenarios.form import BalancedGroup, World
from evenhand.simulator.scenarios.proxy import AUC, COLUMN
from evenhand.simulator.scenarios.twists import CAPS, shifts

__all__ = ["difference_in_words", "twist_page", "world_page"]

WIDTH = 100
HABIT = {"rate": "orders", "basket": "spend per order", "basket_sd": "spread of an order's spend"}
TWIST_TEXTS = {
    "no_delayed_effects": (
        "Fatigue, satisfaction, discount dependence, unsubscribing and win-back by contact have no effect, and caps "
        "on contact or consumption are lifted. Taste and drift go on: nothing that is sent moves them. Identical luck "
        "gives identical futures whatever is sent, apart from what is opened and redeemed in the same week. Whoever "
        "looks further than one step ahead can gain nothing: a planner that wins here has found a fault."
    ),
    "adversarial_proxy": (
        f"The feature {COLUMN} looks like any other and tells the first large group of the first protected attribute "
        f"from the others with an area under the ROC curve of {AUC}. Behaviour goes with it as far as the group does. "
        "Rules may use it, so a segmentation can treat groups differently without naming them; constraints and audits "
        "must catch that. `evenhand calibrate STUDY --scenario adversarial_proxy` adds the column to the study's table."
    ),
    "shifted": (
        "Responses, delayed effects, rates, hazards, persistence and season change by the factors below, while the "
        "business and every policy still expect the old ones. Where calibration draws from a prior the factor lies "
        "outside its 95 % interval."
    ),
}


def world_page(name: str, world: World) -> str:
    """Return the page of a world as plain text."""
    lines = [f"{name}: {world.title} (world, {world.customers:,} customers)", ""]
    lines += textwrap.wrap(" ".join(world.about.split()), WIDTH)
    for heading, rows in (
        (f"Protected groups (known for {world.known.value:.0%})", list(_groups(world))),
        ("Campaigns", list(_campaigns(world))),
        ("Purchases", list(_purchases(world))),
        ("Effects that differ from the general priors", list(_effects(world))),
        ("Reach", [f"{channel}: {reach.share:.0%} consent" for channel, reach in world.reach.items()]),
    ):
        lines += ["", heading, *(line for row in rows for line in _item(row))]
    lines += ["", f"Every number with its reason: evenhand.scenario({name!r}).parameters()"]
    return "\n".join(lines)


def twist_page(name: str, line: str) -> str:
    """Return the page of a twist as plain text."""
    kind, _, strength = name.partition("_") if name.startswith("shifted") else (name, "", "")
    lines = [f"{name}: {line} (twist of any simulator)", "", *textwrap.wrap(TWIST_TEXTS[kind], WIDTH)]
    if kind == "shifted":
        rows = [f"{key} x {getattr(s, strength or 'usual'):g}: {s.why}" for key, s in shifts().items()]
        lines += ["", "Factors", *(line for row in rows for line in _item(row))]
    if kind == "no_delayed_effects":
        delayed = [key for key, prior in BEHAVIOUR_PRIORS.items() if prior.delayed]
        lines += ["", "Concerned", *_item(", ".join((*delayed, *CAPS)))]
    return "\n".join(lines)


def difference_in_words(world: World, column: str, sds: float) -> str:
    """Return a group's difference in a column as a person would say it: per cent of a habit, or standard deviations."""
    if column in HABIT:
        per_cent = 100 * (np.exp(sds * getattr(world, column).sd) - 1)
        return f"{HABIT[column]} {per_cent:+.0f} %"
    label = next((c.label for c in world.columns if c.column == column), "") or column.replace("_", " ")
    return f"{label} {sds:+.2f} sd"


def _groups(world: World) -> Iterator[str]:
    for attribute in world.protected:
        for group in attribute.groups:
            yield f"{attribute.label}: {group.name} ({group.share:.0%}): {_differences(world, group)}"


def _differences(world: World, group: BalancedGroup) -> str:
    said = [difference_in_words(world, column, value) for column, value in group.differs.items()]
    return ", ".join(said) or "as all customers"


def _campaigns(world: World) -> Iterator[str]:
    for c in world.campaigns:
        price = f"cost {c.cost.value:g}" + (f", discount {c.discount.value:g}" if c.discount.value else "")
        moment = [str(part) for part in (c.weekday, c.device, f"{c.hour:g} h" if c.hour is not None else None) if part]
        moment += [f"{word} {said.value:+g}" for word, said in (("weather", c.weather), ("taste", c.taste)) if said]
        good = ", good for who gets it" if c.beneficial else ""
        when = f" ({', '.join(moment)})" if moment else ""
        yield f"{c.id}, by {c.channel}: {c.offer}; {price}; {c.redemption.value:.1%} redeem a week{good}{when}"


def _purchases(world: World) -> Iterator[str]:
    o = world.organic
    yield f"{world.rate.median:g} orders a week (median), {world.basket.median:g} money each"
    yield f"dispersion {o.dispersion.value:g}, zero inflation {o.zero_inflation.value:g}, drift sd {o.drift_sd.value:g}"
    yield f"{world.left.value:.0%} of the list have left at the start, {o.hazard.value:.1%} leave in a week"
    yield f"season +/- {o.season.swing.value:.0%}, highest in week {o.season.peak.value:g}"
    if world.newcomers:
        yield f"{world.newcomers.value:.0%} of the customers are yet to come at the start"
    if world.budget:
        yield f"a budget of {world.budget.value:g} money per customer and week for all contacts together"


def _effects(world: World) -> Iterator[str]:
    for key, said in world.behaviour.items():
        usual = BEHAVIOUR_PRIORS[key].centre if key in BEHAVIOUR_PRIORS else SWITCHES[key]
        yield f"{key} {said.value:g} (else {'none' if np.isinf(usual) else format(usual, 'g')}): {said.why}"
    for campaign in world.campaigns:
        for key, said in campaign.effects.items():
            usual = CAMPAIGN_PRIORS[key].centre if key in CAMPAIGN_PRIORS else 0.0
            yield f"{key}[{campaign.id}] {said.value:g} (else {usual:g}): {said.why}"


def _item(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
