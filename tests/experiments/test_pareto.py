"""The frontier, and that the picture says what it shows."""

from __future__ import annotations

import re

import numpy as np
import pytest

from evenhand.experiments.report import Report, render_html
from evenhand.experiments.report.pareto import frontier
from evenhand.experiments.report.tradeoff import tradeoff_panels


@pytest.mark.parametrize("seed", range(5))
def test_the_frontier_is_who_nobody_beats_on_both(seed: int) -> None:
    points = [(float(g), float(p)) for g, p in np.random.default_rng(seed).integers(0, 6, size=(12, 2))]

    def beaten(k: int) -> bool:
        """By one that is as good on both and better on one, or by an equal that stands earlier."""
        gap, profit = points[k]
        return any(
            g <= gap and p >= profit and ((g, p) != (gap, profit) or j < k) for j, (g, p) in enumerate(points) if j != k
        )

    assert sorted(frontier(points)) == [k for k in range(len(points)) if not beaten(k)]
    assert [points[k] for k in frontier(points)] == sorted(points[k] for k in frontier(points))


def test_every_policy_stands_in_the_plane_and_who_broke_a_limit_is_hollow(report: Report) -> None:
    (panel,) = tradeoff_panels(report)  # age has a limit, income has none
    dots = re.findall(r"<circle[^>]*>", panel.chart)
    assert len(dots) == len(report.policies)
    assert sum("hollow" in dot for dot in dots) == sum(not policy.feasible for policy in report.policies) > 0
    for policy in report.policies:
        assert f">{policy.label}</text>" in panel.chart
    assert "0.05 allowed" in panel.chart
    assert "Nobody beats on both: do nothing, today (RFM), learned" in panel.chart
    assert "256 populations" in panel.note


def test_names_stay_inside_the_picture(report: Report) -> None:
    (panel,) = tradeoff_panels(report)
    names = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="label[^"]*" text-anchor="(\w+)">([^<]*)<', panel.chart)
    assert len(names) == len(report.policies)
    for x, y, anchor, name in names:
        left = float(x) - (6 * len(name) if anchor == "end" else 0)
        assert 0 <= left <= 680 - 6 * len(name), name
        assert 0 < float(y) < 380


def test_without_a_limit_there_is_nothing_to_trade_off(report: Report) -> None:
    free = tuple(policy.model_copy(update={"gap": {"income": policy.gap["income"]}}) for policy in report.policies)
    assert tradeoff_panels(report.model_copy(update={"policies": free})) == []


def test_the_page_shows_trainings_shifts_and_customers(report: Report) -> None:
    page = render_html(report)
    assert report.over_seeds is not None
    assert report.over_seeds.claim in page
    for row in report.elsewhere:
        assert row.scenario in page
    assert "worst-off group" in page
    assert "Where the cut is fine" in page
    one = report.over_seeds.model_copy(
        update=dict.fromkeys(("percent", "iqm", "improvement", "held"))
        | {"claim": "one seed: no claim about the training procedure"}
    )
    page = render_html(report.model_copy(update={"over_seeds": one, "elsewhere": ()}))
    assert "one seed: no claim about the training procedure" in page
    assert "On dynamics that training never saw" not in page
