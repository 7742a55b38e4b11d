"""The page of an experiment: what a reader sees, for every verdict, with little and with much behind it."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

import pytest
from tests.experiments.gate.evidences import EVEN, GOOD, effect, evidence, registered

from evenhand.errors import DataError
from evenhand.experiments.gate import Evidence
from evenhand.experiments.report.ab import Told, render_ab, told
from evenhand.experiments.report.ab.boundary import boundary_panel, crossed_before, look_rows
from evenhand.experiments.report.ab.effects import effect_panels, effect_rows
from evenhand.experiments.report.ab.words import cards, headline
from evenhand.experiments.trial.looks import AnyTimeLooks

PLAN = registered()


def look(share: int, z: float = 2.0, **changes: Any) -> Evidence:
    """Return the evidence of one of four looks, orders z standard errors from no effect."""
    se = 0.006 / math.sqrt(share)
    values = {"looks": [0.25 * (k + 1) for k in range(share)], "until": f"2026-03-{1 + 7 * share:02d}"}
    return evidence(PLAN, **{**values, **effect("orders", z * se, se), **changes})


def page(*looks: Evidence, analysis: dict[str, Any] | None = None) -> str:
    return render_ab(told(PLAN, looks, analysis))


HARM = evidence(PLAN, **effect("orders", -0.03, 0.003))
BROKEN = evidence(PLAN, integrity=[{"name": "sample ratio", "status": "failed", "what": "Units are lost.",
                                    "mend": "find them"}])  # fmt: skip
NOT_YET = look(2, until="2026-03-15")
GOOD_ONE = evidence(PLAN)


@pytest.mark.parametrize(
    ("found", "verdict", "said"),
    [(GOOD_ONE, "SHIP", "Ship finer"), (HARM, "STOP", "Stop finer"), (BROKEN, "INVALID", "Invalid"),
     (NOT_YET, "HOLD", "Hold")],
)  # fmt: skip
def test_the_decision_comes_first_and_every_reason_is_there(found: Evidence, verdict: str, said: str) -> None:
    text = page(found)
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", text, re.S)
    assert heading is not None
    assert heading[1].startswith(said)
    assert f"<title>{verdict} · spring" in text
    it = told(PLAN, [found])
    assert all(reason.replace("'", "&#39;") in text for reason in (*it.decision.reasons, *it.decision.remarks))


def test_the_page_stands_alone_is_well_formed_and_the_same_for_the_same_trial() -> None:
    text = page(look(1), look(2), look(3), GOOD_ONE)
    assert text == page(look(1), look(2), look(3), GOOD_ONE)
    assert not re.search(r"<script|<link|<img|https?://|url\(", text)
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    for drawing in re.findall(r"<svg(?=[^>]*role).*?</svg>", text, re.S):
        svg = ET.fromstring(drawing)
        assert svg.attrib["role"] == "img"
        assert len(svg.attrib["aria-label"]) > 20
    levels = [int(level) for level in re.findall(r"<h([1-6])", text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert text.count("<table>") == text.count("<caption")
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)


@pytest.mark.parametrize("origin", ["simulated", "logged", "live"])
def test_every_section_and_row_of_numbers_says_where_they_come_from(origin: str) -> None:
    text = page(evidence(PLAN, origin=origin))
    sections = re.findall(r'<section id="(\w+)">(.*?)</section>', text, re.S)
    for name, section in sections:
        if name not in ("plan", "record"):
            assert f'<span class="tag {origin}">{origin}</span>' in section, name
    assert all(
        panel.note.endswith(f"· {origin}") for panel in effect_panels(told(PLAN, [evidence(PLAN, origin=origin)]))
    )
    others = {"simulated", "logged", "live"} - {origin}
    assert not any(f"<td>{other}</td>" in text or f">{other}</span>" in text for other in others)
    assert ("Nothing here proves" in text) == (origin != "live")


def test_words_of_users_are_never_markup() -> None:
    plan = registered(hypothesis="<script>alert(1)</script>")
    text = render_ab(told(plan, [evidence(plan)]))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_intervals_are_those_that_hold_at_this_look_and_wider_than_of_a_single_one() -> None:
    """At half of the information an O'Brien-Fleming bound of 5 % is 2.963 (Lan and DeMets 1983)."""
    row = effect_rows(told(PLAN, [look(2)]))[0]
    se = 0.006 / math.sqrt(2)
    assert row.limits == f"[{2 * se - 2.963 * se:.2g}, {2 * se + 2.963 * se:.2g}]".replace("-", "\u2212")
    assert row.single == f"[{(2 - 1.96) * se:.2g}, {(2 + 1.96) * se:.2g}]"
    early = evidence(PLAN, looks=[1e-6])
    assert effect_rows(told(PLAN, [early]))[0].limits == "this look may not tell"


def test_the_path_goes_through_the_looks_and_the_bounds_that_gate_and_plan_have() -> None:
    it = told(PLAN, [look(1, 1.0), look(2, 2.0), look(3, 2.5)])
    rows = look_rows(it, "orders")
    assert [row.z for row in rows] == ["+1.00", "+2.00", "+2.50"]
    assert [row.needed for row in rows] == ["4.33", "2.96", "2.36"]
    superior = next(test for test in it.decision.tests if test.question == "superior")
    assert superior.needed == pytest.approx(2.36, abs=0.005)
    chart = ET.fromstring(str(boundary_panel(it, "orders").chart))
    assert len(list(chart.iter("circle"))) == 3
    bound = next(line for line in chart.iter("polyline") if line.attrib["class"] == "step")
    heights = [float(point.split(",")[1]) for point in bound.attrib["points"].split()]
    assert heights == sorted(heights)  # downwards on the page: the bounds fall
    assert len(heights) == 4  # the look to come too
    assert crossed_before(it, "orders") is False
    assert crossed_before(told(PLAN, [look(1, 5.0), look(2, 2.0)]), "orders") is True


def test_for_a_metric_that_should_fall_up_on_the_path_is_better() -> None:
    plan = registered(primary=["unsubscribed"], guardrails=[], expected={
        "units": 40_000, "metrics": [{"metric": "unsubscribed", "mean": 0.02, "effect": 0.005}]})  # fmt: skip
    found = evidence(plan, **effect("unsubscribed", -0.004, 0.001))
    assert look_rows(told(plan, [found]), "unsubscribed")[0].z == "+4.00"


def test_looks_at_any_time_have_bounds_too() -> None:
    plan = registered(looks={"kind": "any-time", "expected": 5})
    assert isinstance(plan.plan.looks, AnyTimeLooks)
    it = told(plan, [evidence(plan, looks=[0.4])])
    assert "Needed: at 40" in boundary_panel(it, "orders").chart
    assert render_ab(it)


def test_a_metric_without_a_result_is_said_to_be_missing() -> None:
    found = evidence(PLAN, metrics=GOOD["metrics"][1:])
    text = page(found, analysis={"unjudged": {"orders": "nobody ordered"}, "effects": [], "groups": [], "courses": []})
    assert "nobody ordered" in text
    assert "No primary metric has a result." in text
    assert cards(told(PLAN, [found]))[0].number == "–"


def test_groups_that_one_arm_lacks_and_trials_without_fairness_have_a_page() -> None:
    lacking = [{"attribute": "income", "criterion": "benefit", "control": EVEN, "treatment": {"low": EVEN["low"]}}]
    text = page(evidence(PLAN, fairness=lacking))
    assert "Invalid" in text
    assert re.search(r"middle · 10,000</text><text[^>]*>30.0\u202f% → –<", text)
    plan = registered(fairness=[])
    assert "watches no protected attribute" in render_ab(told(plan, [evidence(plan, fairness=[])]))


def test_looks_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(DataError, match="does not lie on the way"):
        told(PLAN, [look(3), look(2)])
    with pytest.raises(DataError, match="look 1 is of 'finer', simulated"):
        told(PLAN, [look(1, origin="simulated"), look(2)])
    with pytest.raises(DataError, match="no evidence"):
        told(PLAN, [])


def test_the_headline_is_the_gate_s_answer() -> None:
    it: Told = told(PLAN, [GOOD_ONE])
    assert headline(it) == "Ship finer: better than today, with every margin kept."
