"""Twists of any simulator: the same customers in a world that differs in one documented way."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from evenhand.simulator.content import Answers, Content, Parameter, Replicate, rounded_row
from evenhand.simulator.drawing import DELAYED
from evenhand.simulator.habits.leaving import log_rate_here, share_here
from evenhand.simulator.scenarios.numbers import stated

__all__ = ["CAPS", "ORGANIC", "Shift", "Strength", "no_delayed_effects", "shifted", "shifts"]

Strength = Literal["mild", "usual", "severe"]
CAPS = ("contact_cap", "consumption_cap")
ORGANIC = (  # of a shift: what calibration fits, so that there is no prior to lie outside of
    "redemption", "rate", "hazard", "dispersion", "drift_sd", "forgetting", "season_height", "season_weeks",
)  # fmt: skip
_OFF = "switched off: nothing that is sent today changes what can be earned tomorrow"
_CAP_OFF = "lifted: a cap on past contact or purchases would be a delayed effect of sending"
_MOST_PERSISTENT, _LEAST_PERSISTENT = 0.999, 0.0


class Shift(BaseModel):
    """One line of a shift: factors in three strengths, and the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mild: float
    usual: float
    severe: float
    why: str


@lru_cache(maxsize=1)
def shifts() -> dict[str, Shift]:
    """Return every line of `shifted.toml` by name."""
    text = resources.files("evenhand.simulator.scenarios").joinpath("shifted.toml").read_text(encoding="utf-8")
    return {name: Shift.model_validate(line) for name, line in tomllib.loads(text).items()}


def no_delayed_effects(content: Content) -> Content:
    """Return a world in which what is sent has effects in its own week only, so that one step ahead is all there is.

    Fatigue, satisfaction, discount dependence, unsubscribing and win-back by contact lose their effect, caps on past
    contact or purchases are lifted. Taste and drift go on, since nothing that is sent moves them.
    """
    kept = {name: value for name, value in content.behaviour.items() if name not in CAPS}
    zero = {name: stated(name, 0.0, _OFF) for name in DELAYED}
    parameters = tuple(p for p in content.parameters if p.name not in CAPS)
    lifted = tuple(_CAP_OFF for name in CAPS if name in content.behaviour)
    note = "Scenario no_delayed_effects: every delayed effect of contact is switched off."
    return content.model_copy(
        update={
            "delayed": 0.0,
            "behaviour": kept,
            "parameters": _restated(parameters, zero),
            "notes": (*content.notes, note, *(f"Caps are {reason}." for reason in lifted[:1])),
        }
    )


def shifted(content: Content, strength: Strength = "usual") -> Content:
    """Return a world whose dynamics lie beyond what training draws, while everyone still expects the old ones.

    Responses, delayed effects, rates, hazards, persistence and season change by the factors of `shifted.toml`.
    """
    by = {name: float(getattr(line, strength)) for name, line in shifts().items()}
    truth = {name: factor for name, factor in by.items() if name not in ORGANIC}
    said = {
        f"shift[{name}]": stated(f"shift[{name}]", factor, f"factor, {strength}: {shifts()[name].why}")
        for name, factor in by.items()
    }
    note = f"Scenario shifted ({strength}): drawn dynamics differ from what is expected; see the parameters shift[...]."
    return content.model_copy(
        update={
            "truth": {name: content.truth.get(name, 1.0) * factor for name, factor in truth.items()},
            "replicates": tuple(_moved(replicate, by, aged=content.aged) for replicate in content.replicates),
            "parameters": _restated(content.parameters, said),
            "notes": (*content.notes, note),
        }
    )


def _moved(r: Replicate, by: Mapping[str, float], *, aged: bool) -> Replicate:
    """Return a replicate with organic purchases and responses moved.

    Margins of rates are of who is here if `aged`, else means over all weeks, absences included.
    """
    hazard = (r.hazard[0] + float(np.log(by["hazard"])) + _held(r.hazard[1], by["rate"]), r.hazard[1])
    rates = np.array(r.knots[0]) + np.log(by["rate"])
    if not aged:
        here = log_rate_here(np.array(r.knots[0]), r.hazard, r.return_base) + np.log(by["rate"])
        rates = here + np.log(share_here(here, hazard, r.return_base))
    season = np.roll(np.array(r.season) ** by["season_height"], round(by["season_weeks"]))
    kept = 1 - (1 - r.drift_persistence) * by["forgetting"]
    return r.model_copy(
        update={
            "dispersion": r.dispersion * by["dispersion"],
            "drift_sd": r.drift_sd * by["drift_sd"],
            "drift_persistence": float(np.clip(kept, _LEAST_PERSISTENT, _MOST_PERSISTENT)),
            "hazard": hazard,
            "rate_mean": r.rate_mean + float(np.log(by["rate"])),
            "season": rounded_row(season / season.mean()),
            "knots": (rounded_row(rates), *r.knots[1:]),
            "redemption_intercept": tuple(value + float(np.log(by["redemption"])) for value in r.redemption_intercept),
            "answers": r.answers and _less_answering(r.answers, float(np.log(by["redemption"]))),
        }
    )


def _less_answering(answers: Answers, log_factor: float) -> Answers:
    """Return answers of a randomised log with a shift of the log-odds that a contact brings a visit."""
    return answers.model_copy(update={"click": tuple((row[0] + log_factor, *row[1:]) for row in answers.click)})


def _held(slope: float, rate: float) -> float:
    """Return what keeps the hazard where it was when all rates change by a factor: `hazard` alone moves it."""
    return -slope * float(np.log(rate))


def _restated(parameters: tuple[Parameter, ...], said: Mapping[str, Parameter]) -> tuple[Parameter, ...]:
    """Return parameters in their order with others in places, and those that are new at the end."""
    known = {p.name for p in parameters}
    return (
        *(said.get(p.name, p) for p in parameters),
        *(p for name, p in said.items() if name not in known),
    )
