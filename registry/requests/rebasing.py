"""Whether a request survives that another change came into force before it. Pure."""

from __future__ import annotations

from collections.abc import Set

from evenhand.errors import RuleError
from evenhand.registry.requests.change import Change, GoBack
from evenhand.segments import Segmentation

__all__ = ["reason_against"]


def reason_against(change: Change, *, old: Segmentation, new: Segmentation, meanwhile: Set[str]) -> str | None:
    """Say why a change written for one version may not just act on the next one; None when it may.

    It may when it is a tweak, what came into force `meanwhile` (ids of segments) touched none of its segments, and it
    is the same tweak on the new version: it reaches the same segments, and finds each of them as it was.
    """
    if isinstance(change, GoBack | Segmentation):
        return "it replaces the whole segmentation, the new change with it"
    mine = change.touches(old)
    if shared := sorted(mine & meanwhile):
        return f"both touch {', '.join(repr(id) for id in shared)}"
    try:
        change.apply(new)
        reached = change.touches(new)
    except RuleError as error:
        return f"it does not fit the new version: {error.what}"
    if reached != mine:
        return "it would reach other segments than before"
    if old.catalogue != new.catalogue or any(old.segment(id) != new.segment(id) for id in mine):
        return "it would find its segments changed"
    return None
