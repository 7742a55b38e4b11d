"""The result as files: JSON for machines, a Markdown page and pictures for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evenhand.experiments.benchmark.pictures import draw_pictures
from evenhand.experiments.benchmark.verdicts import says
from evenhand.whole import write_whole

__all__ = ["page", "write_page"]

Json = dict[str, Any]
HEAD = (
    "# What learning brings\n\n*Written by `make bench-learning` from `benchmarks/results/`; do not edit.* "
    "**Everything here is simulated**, in worlds that the same people wrote as the learner."
)
MEASURE = """Profit is expected money per customer and week beyond contacting nobody in the same population with the
same luck. Per cent are of the best feasible baseline's; that is the most profitable one of all without access to the
running simulator that keeps every constraint in 95 % of the very populations of the comparison, which leans against
learning. Intervals are 95 %, over training seeds *and* unseen populations; with few seeds they are wide on purpose."""
MINUTES = """CPU-minutes of training until the first checkpoint that is feasible and beats the best feasible baseline on
the validation populations: the median over seeds, "never" where half of them or more do not. The tuning of the greedy
that learning starts from is not in it; it stands in `learning.json` for every opponent."""


def write_page(found: Json, result: Path, docs: Path) -> None:
    """Write `result`, and the page with its pictures under `docs`."""
    write_whole(result, json.dumps(found, indent=1, allow_nan=False) + "\n")
    pictures = draw_pictures(found, docs / "pictures")
    write_whole(docs / "learning-results.md", page(found, pictures))


def page(found: Json, pictures: dict[str, str]) -> str:
    """Return the Markdown page; `pictures` are captions by file name."""
    return "\n\n".join([*_parts(found, pictures)]) + "\n"


def _parts(found: Json, pictures: dict[str, str]) -> Iterator[str]:
    yield f"{HEAD}"
    yield "\n".join(f"- {line}" for line in says(found["scenarios"]))
    if not found["scenarios"]:
        return
    yield f"## Learned less the best feasible baseline\n\n{MEASURE}"
    yield _gains(found["scenarios"])
    yield MINUTES
    for name, caption in pictures.items():
        yield f"![{caption}](pictures/{name})"
    if found["strengths"]:
        yield "## At other strengths of the delayed effects"
        yield _strengths(found["strengths"])
    yield "## Beside those who know more, and with parts taken away"
    yield from _yardsticks(found["scenarios"])
    yield from _lifts(found["scenarios"])
    yield "## Is the measure right?"
    yield _checks(found["scenarios"])


def _gains(scenarios: Json) -> str:
    head = ("scenario", "begins with", "seeds x populations", "best feasible baseline", "its profit", "gain, %",
            "gain, money", "feasible", "minutes to beat")  # fmt: skip
    return _table(head, [[name, _beginning(row), *_gain(row)] for name, row in scenarios.items()])


def _beginning(row: Json) -> str:
    """Return what trainings begin with, and whether earlier code ran them."""
    return (row["begins_with"] or "today's segmentation") + (" (by earlier code)" if row["stale_cells"] else "")


def _gain(row: Json) -> list[str]:
    n = f"{row['seeds']} x {row['populations']}"
    best = row["best_baseline"]
    if best is None:
        return [n, "none", "", "", "", f"{row['feasible_share']:.1%}", ""]
    player, minutes = row["players"][best], row["minutes_to_beat"]
    unsure = "" if row["base_clearly_above_zero"] else " (not clearly above 0)"
    return [
        n,
        player["label"],
        f"{_within(player['profit'])}{unsure}",
        f"{row['gain_percent']:+z.1f} ({row['gain_low']:+z.1f} to {row['gain_high']:+z.1f})",
        _within(row["gain_money"]),
        f"{row['feasible_share']:.1%}",
        "; ".join([*([_minutes(minutes)] if row["minutes_to_beat_by_seed"] else []), *_others_minutes(row)]),
    ]


def _minutes(minutes: float | None) -> str:
    return "never" if minutes is None else f"{minutes:.1f}"


def _others_minutes(row: Json) -> list[str]:
    other = row.get("over_who_did_not_learn")
    return [f"{_minutes(other['minutes_to_beat'])} for the best that did not learn"] if other else []


def _strengths(strengths: Json) -> str:
    rows = [[name, delayed, *_gain(row)[:-1]] for name, by in strengths.items() for delayed, row in by.items()]
    head = ("scenario", "strength", "seeds x populations", "best feasible baseline", "its profit", "gain, %",
            "gain, money", "feasible")  # fmt: skip
    return _table(head, rows)


def _yardsticks(scenarios: Json) -> Iterator[str]:
    planners = [
        [name, str(p["populations"]), _within(p["profit"]), _within(p["learned_less_planner"]),
         _within(p["planner_less_best_baseline"]) if "planner_less_best_baseline" in p else ""]
        for name, row in scenarios.items()
        if (p := row.get("planner"))
    ]  # fmt: skip
    if planners:
        yield "The planner tries tweaks in the running simulator, true effects included: no fair opponent, a yardstick."
        head = ("scenario", "populations", "planner's profit", "learned less planner", "planner less best baseline")
        yield _table(head, planners)
    ablations = [
        [name, part, _within(gain)] for name, row in scenarios.items() for part, gain in row["ablations"].items()
    ]
    if ablations:
        yield "One training without a part, or by another algorithm, less the mean of the full trainings; money."
        yield _table(("scenario", "without, or with", "difference"), ablations)


def _lifts(scenarios: Json) -> Iterator[str]:
    rows = [
        [name, one["claimed"]["label"], _claim(one["claimed"]["percent"]), _lift(one.get("over_blast")),
         _lift(one["over_best_baseline"])]
        for name, row in scenarios.items()
        for one in row.get("lifts", {}).values()
        if "claimed" in one
    ]  # fmt: skip
    if rows:
        yield (
            "## Simulated lifts beside what case studies claim\n\nOf the learned policy, under its constraints. "
            "The blast sends everyone one campaign every week, the one that simulates best; it is a straw man, so the "
            "right column is what may be claimed."
        )
        yield _table(("scenario", "measure", "claimed, %", "over the blast, %", "over the best baseline, %"), rows)


def _claim(percent: float | None) -> str:
    return "up" if percent is None else f"{percent:+.0f}"


def _lift(found: Json | None) -> str:
    return (
        "over nothing" if found is None else f"{found['percent']:+z.1f} ({found['low']:+z.1f} to {found['high']:+z.1f})"
    )


def _checks(scenarios: Json) -> str:
    rows = [
        [name, player, _within(gap)]
        for name, row in scenarios.items()
        for player, gap in row["expected_less_realised"].items()
    ]
    text = (
        "Expected less realised profit in the same populations; money. Where the interval leaves zero out, the reward "
        "values this policy by so much differently from what happens."
    )
    return f"{text}\n\n{_table(('scenario', 'player', 'difference'), rows)}"


def _within(found: Json) -> str:
    return f"{found['value']:z.4f} ({found['low']:z.4f} to {found['high']:z.4f})"


def _table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
