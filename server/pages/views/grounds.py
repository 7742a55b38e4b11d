"""What a policy looked at before it proposed a change, and the runner-up, in the reader's words."""

from __future__ import annotations

from sqlalchemy import Connection

from evenhand.errors import EvenhandError
from evenhand.registry import requests
from evenhand.registry.requests import Grounds, Request
from evenhand.segments import Segmentation, tweak_from_json
from evenhand.segments.sentences import tweak_sentence
from evenhand.server.pages.models.request import RunnerUp, Saw
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.words import WORDS

__all__ = ["grounds_of", "runner_up_of", "saw_of"]

MONEY = {"gain", "gain_sd", "net_if_kept", "lasting"}  # 4 decimals: effects are small beside what a customer spends
SHARES = {"share", "contact_change", "fatigue", "age"}
SIGNED = {"gain", "net_if_kept", "lasting", "contact_change", "weight_change", "value_weight_change", "slack_change"}


def grounds_of(connection: Connection, request: Request) -> Grounds | None:
    """Return what is kept of why a policy proposed a request; None of what people wrote, or wrote anew."""
    return requests.grounds_of(connection, request) if request.author_kind == "policy" else None


def saw_of(grounds: Grounds | None, say: Speech) -> tuple[Saw, ...]:
    """Return each figure that the policy looked at, beside what is usual among the changes that were possible."""
    if grounds is None:
        return ()
    return tuple(
        Saw(
            name=say.word("seen", name), value=_written(name, grounds.saw[name], say),
            typical=_written(name, grounds.usual[name], say),
        )
        for name in WORDS["seen"]
        if name in grounds.saw and name in grounds.usual
    )  # fmt: skip


def _written(name: str, value: float, say: Speech) -> str:
    signed = name in SIGNED
    if name in MONEY:
        return say.money(value, 4, signed=signed)
    return say.share(value, 1, signed=signed) if name in SHARES else say.number(value, 2, signed=signed)


def runner_up_of(grounds: Grounds | None, base: Segmentation) -> RunnerUp | None:
    """Return the next best change; None where nothing but leaving things as they are came next, or none is kept."""
    if grounds is None or grounds.runner_up is None:
        return None
    found = grounds.runner_up
    try:
        sentence = tweak_sentence(tweak_from_json(found["tweak"]), base)
    except EvenhandError:  # it was of a version that this request was rebased from
        return None
    expected = found["expected"]
    limits = expected["mean"], expected["low"], expected["high"]
    return RunnerUp(sentence=sentence, expected=limits, why_not=found["why_not"])
