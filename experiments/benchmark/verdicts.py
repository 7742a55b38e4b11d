"""What the figures say, in sentences: what disappoints comes first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from evenhand.agents import FEASIBLE_SHARE
from evenhand.experiments.over_seeds import CLAIM_SEEDS

__all__ = ["Verdict", "says", "verdict"]

Json = dict[str, Any]
Verdict = Literal["no fair baseline", "unfair", "behind", "tie", "ahead"]
ORDER: tuple[Verdict, ...] = ("unfair", "behind", "no fair baseline", "tie", "ahead")


def verdict(row: Json) -> Verdict:
    """Return how learning did in a scenario; too few feasible populations come before any profit."""
    if row["feasible_share"] < FEASIBLE_SHARE:
        return "unfair"
    if row["best_baseline"] is None:
        return "no fair baseline"
    if row["gain_high"] < 0:
        return "behind"
    return "ahead" if row["gain_low"] > 0 else "tie"


def says(scenarios: Mapping[str, Json]) -> list[str]:
    """Return a sentence per scenario, disappointments first, all of it simulated."""
    if not scenarios:
        return ["Nothing has been measured yet."]
    found = sorted(scenarios.items(), key=lambda item: ORDER.index(verdict(item[1])))
    return [_sentence(name, row) for name, row in found]


def _sentence(name: str, row: Json) -> str:
    which = verdict(row)
    n = f"{row['seeds']} seed{'s' * (row['seeds'] > 1)} x {row['populations']} populations"
    few = "" if row["seeds"] >= CLAIM_SEEDS else f"; a claim wants {CLAIM_SEEDS} seeds"
    few += "; by earlier code" if row["stale_cells"] else ""
    if which == "no fair baseline":
        return f"{name}: no baseline is feasible, so there is nothing to compare with ({n}{few})."
    share = f"every constraint holds in {row['feasible_share']:.1%} of the populations"
    if row["best_baseline"] is None:
        return f"{name}: learning is NOT FAIR ENOUGH: {share} ({n}{few})."
    money = row["gain_money"]
    base = "" if row["base_clearly_above_zero"] else (
        f", of a base that is not clearly above zero: in money {money['value']:+z.4f} "
        f"({money['low']:+z.4f} to {money['high']:+z.4f}) per customer and week"
    )  # fmt: skip
    figures = f"{row['gain_percent']:+z.1f} % ({row['gain_low']:+z.1f} to {row['gain_high']:+z.1f}){base}"
    said = {
        "unfair": "learning is NOT FAIR ENOUGH beside",
        "behind": "learning is BEHIND",
        "tie": "learning TIES with",
        "ahead": "learning is ahead of",
    }[which]
    return (
        f"{name}: {said} {row['players'][row['best_baseline']]['label']}: {figures}{_beside(row)}; {share} ({n}{few})."
    )


def _beside(row: Json) -> str:
    """Return what is gained over the best that did not learn, where a learned baseline is the best of all."""
    other = row.get("over_who_did_not_learn")
    if not other:
        return ""
    label = row["players"][other["name"]]["label"]
    limits = f"({other['low']:+z.1f} to {other['high']:+z.1f})"
    return f"; over the best that did not learn, {label}: {other['value']:+z.1f} % {limits}"
