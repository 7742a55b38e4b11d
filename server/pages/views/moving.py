"""The editor's buttons: add and remove conditions, move, split and retire segments, all on a draft. Pure."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from evenhand.errors import DataError
from evenhand.server.pages.views.rules import Draft

__all__ = ["moved"]


def moved(draft: Draft, button: str, *, feature: str) -> Draft:
    """Return a draft after a button was pressed, such as `condition:0.rule`; DataError for an unknown one.

    A new condition stands on `feature` until somebody chooses another.
    """
    verb, _, path = button.partition(":")
    draft = deepcopy(draft)
    try:
        if verb in ("up", "split", "retire"):
            _segment(draft, verb, int(path))
        else:
            _rule(draft, verb, path, feature)
    except (ValueError, IndexError, KeyError, TypeError):
        raise DataError(f"there is no button {button[:60]!r}", where="do", mend="load the page again") from None
    return draft


def _segment(draft: Draft, verb: str, k: int) -> None:
    if not 0 <= k < len(draft) - 1:  # the default stays where it is
        raise IndexError(k)
    if verb == "retire":
        del draft[k]
    elif verb == "split":
        draft.insert(k, _twin(draft, k))
    elif k > 0:
        draft[k - 1], draft[k] = draft[k], draft[k - 1]


def _twin(draft: Draft, k: int) -> dict[str, Any]:
    taken, n = {one["id"] for one in draft}, 2
    while f"{draft[k]['id']}-{n}" in taken:
        n += 1
    twin = deepcopy(draft[k])
    return {**twin, "id": f"{draft[k]['id']}-{n}", "name": f"{draft[k]['name']} {n}"}


def _rule(draft: Draft, verb: str, path: str, feature: str) -> None:
    segment, rule, *places = path.split(".")
    if rule != "rule":
        raise KeyError(path)
    found = draft[int(segment)]["rule"]
    new = {"field": feature, "operator": ">=", "value": ""}
    if verb == "remove":
        *to, last = places
        del _at(found, to)["rules"][int(last)]
    elif verb == "condition":
        _at(found, places)["rules"].append(new)
    elif verb == "group":
        _at(found, places)["rules"].append({"combinator": "and", "not": False, "rules": [new]})
    else:
        raise KeyError(verb)


def _at(group: dict[str, Any], places: list[str]) -> dict[str, Any]:
    for place in places:
        group = group["rules"][int(place)]
    return group
