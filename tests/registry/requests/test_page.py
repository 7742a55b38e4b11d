"""The page on change requests says what the table of states says."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

from evenhand.registry.requests.risk import ReviewRules
from evenhand.registry.requests.states import TABLE, TERMINAL

PAGE = (Path(__file__).parents[3] / "docs/change-requests.md").read_text(encoding="utf-8")
ENDS = {"withdraw", "supersede", "expire"}  # from any open state: said in a sentence, not drawn


def names(cell: str) -> list[str]:
    return re.findall(r"`([a-z_]+)`", cell)


def test_the_table_of_the_page_is_the_table_of_the_code() -> None:
    written: dict[str, dict[str, str]] = defaultdict(dict)
    for action, before, after in re.findall(
        r"^\| `([a-z_]+)` \| ((?:`[a-z_]+` ?)+)\| `([a-z_]+)` \| .+ \|$", PAGE, re.M
    ):
        written[action] |= dict.fromkeys(names(before), after)
    assert written == TABLE


def test_the_picture_draws_the_same_ways() -> None:
    drawn = {
        (before, after, action)
        for before, after, actions in re.findall(r"^    (\w+) --> (\w+): (.+)$", PAGE, re.M)
        for action in actions.split(", ")
    }
    ways = {
        (before, after, action.replace("_", " "))
        for action, row in TABLE.items()
        for before, after in row.items()
        if before != after and action not in ENDS
    }
    assert drawn == ways
    assert {TABLE[action]["draft"] for action in ("withdraw", "supersede", "expire")} <= TERMINAL


def test_every_setting_of_reviews_stands_in_the_page() -> None:
    written = dict(re.findall(r"^\| `(\w+)` \| ([\w. ]+) \| [^|]+ \|$", PAGE, re.M))
    for field in fields(ReviewRules):
        value = field.default
        shown = f"{value.days} days" if isinstance(value, timedelta) else f"{value:g}"
        assert written.pop(field.name) == shown, field.name
    assert written == {}
