"""The names: which worlds and twists there are, what each is for, and how to get at them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from evenhand.errors import DataError, nearest
from evenhand.simulator.artefact import Simulator
from evenhand.simulator.content import Content
from evenhand.simulator.scenarios.form import read_world
from evenhand.simulator.scenarios.pages import twist_page, world_page
from evenhand.simulator.scenarios.proxy import adversarial_proxy
from evenhand.simulator.scenarios.twists import no_delayed_effects, shifted
from evenhand.simulator.scenarios.worlds import open_world

__all__ = ["TWISTS", "WORLDS", "Description", "Twist", "describe", "known_twist", "names", "scenario", "twist", "world"]

Kind = Literal["world", "twist"]
WORLDS = ("beauty_box", "coffee_tea", "ethical_fashion", "restaurants")


@dataclass(frozen=True)
class Twist:
    """A change of any simulator; `dynamics` are those that leave features alone, so that policies can meet them."""

    line: str
    turn: Callable[[Content], Content]
    dynamics: bool


TWISTS: dict[str, Twist] = {
    "adversarial_proxy": Twist(
        "adds a harmless-looking feature that encodes a protected group (AUC 0.9)", adversarial_proxy, dynamics=False
    ),
    "no_delayed_effects": Twist(
        "what is sent today changes nothing tomorrow: a one-step optimiser must tie", no_delayed_effects, dynamics=True
    ),
    "shifted": Twist(
        "dynamics that training never saw, clearly beyond its priors", partial(shifted, strength="usual"), dynamics=True
    ),
    "shifted_mild": Twist("the same, just beyond the priors", partial(shifted, strength="mild"), dynamics=True),
    "shifted_severe": Twist("the same, far beyond the priors", partial(shifted, strength="severe"), dynamics=True),
}


@dataclass(frozen=True)
class Description:
    """What a scenario is; prints as a page."""

    name: str
    kind: Kind
    line: str
    page: str

    def __str__(self) -> str:
        return self.page


def names(kind: Kind | None = None) -> tuple[str, ...]:
    """Return the names of all scenarios, or of the worlds or twists alone."""
    return {"world": WORLDS, "twist": tuple(TWISTS), None: (*WORLDS, *TWISTS)}[kind]


def describe(name: str) -> Description:
    """Return what a scenario is: whom it is about, its effects with their strengths, its protected groups."""
    if _known(name) in WORLDS:
        form = read_world(name)
        return Description(name, "world", form.line, world_page(name, form))
    return Description(name, "twist", TWISTS[name].line, twist_page(name, TWISTS[name].line))


def world(name: str) -> Simulator:
    """Return the simulator of a world, which needs no data; DataError for a twist or an unknown name."""
    if _known(name) not in WORLDS:
        raise DataError(
            f"scenario {name!r} is a twist of a simulator, not a world of its own",
            mend=f"take one of {', '.join(WORLDS)}, or give it a simulator to twist",
        )
    return open_world(name)


def twist(name: str, simulator: Simulator, *, dynamics: bool = False) -> Simulator:
    """Return a simulator, calibrated or a world, with a twist; DataError for a world or an unknown name.

    With `dynamics` only twists that leave the features alone are accepted.
    """
    turn = known_twist(name, dynamics=dynamics)
    return Simulator(turn.turn(simulator.content))


def known_twist(name: str, *, dynamics: bool = False) -> Twist:
    """Return a twist by its name, or raise DataError as `twist` does."""
    if _known(name) not in TWISTS:
        raise DataError(
            f"scenario {name!r} is a world of its own, nothing to twist a simulator by",
            mend=f"take one of {', '.join(TWISTS)}",
        )
    if dynamics and not TWISTS[name].dynamics:
        able = ", ".join(n for n, t in TWISTS.items() if t.dynamics)
        raise DataError(
            f"scenario {name!r} changes the features",
            rule="policies can meet changed dynamics, not features that they never saw",
            mend=f"calibrate with it, or take one of {able}",
        )
    return TWISTS[name]


def scenario(name: str, simulator: Simulator | None = None) -> Simulator:
    """Return a world by its name, or `simulator` twisted; DataError for a name that is neither, with the nearest."""
    if simulator is None:
        return world(name)
    return twist(name, simulator)


def _known(name: str) -> str:
    if name not in names():
        close = nearest(name, names())
        raise DataError(
            f"there is no scenario {name!r}",
            mend=f"did you mean {close!r}?" if close else f"one of {', '.join(names())}",
        )
    return name
