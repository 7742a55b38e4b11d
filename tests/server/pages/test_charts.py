"""The charts' geometry against arithmetic of its own: scales are read back from the tick labels in the picture."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.experiments.svg import round_ticks
from evenhand.server.pages import charts
from evenhand.server.pages.charts.scale import spread
from evenhand.server.pages.charts.tiles import Rect, squarify

UNDER = 4  # pixels that a label stands under the line of its number
NAMED: dict[str, Any] = {"name": "p", "title": "a title", "desc": "what it shows"}


def plain(value: float) -> str:
    return f"{value:.12g}"


def drawn(markup: str) -> ET.Element:
    return ET.fromstring(markup)


def having(picture: ET.Element, class_: str) -> list[ET.Element]:
    return [one for one in picture.iter() if class_ in (one.get("class") or "").split()]


def number(element: ET.Element, name: str) -> float:
    return float(element.attrib[name])


def axis(picture: ET.Element, *, anchor: str, along: str) -> np.poly1d:
    """Return the straight map from pixels to numbers that the ticks of the picture state."""
    ticks = [one for one in having(picture, "tick") if one.get("text-anchor") == anchor and _is_number(one.text)]
    at = [number(one, along) for one in ticks]
    return np.poly1d(np.polyfit(at, [float(one.text or "") for one in ticks], 1))


def _is_number(text: str | None) -> bool:
    return bool(re.fullmatch(r"-?[\d.]+(e-?\d+)?", text or ""))


EFFECTS = [
    charts.Effect("simulated", "simulated", "0.4", 0.4, -0.3, 1.1),
    charts.Effect("logged", "logged", "0.2", 0.2, -0.1, 0.5),
    charts.Effect("live", "live", "0.7", 0.7, 0.45, 0.95),
]


def test_interval_ends_stand_at_their_numbers() -> None:
    picture = drawn(charts.effects(EFFECTS, **NAMED, write=plain, ends=("worse", "better")))
    x = axis(picture, anchor="middle", along="x")
    for effect, interval in zip(EFFECTS, having(picture, "interval"), strict=True):
        assert x(number(interval, "x1")) == pytest.approx(effect.low, abs=2e-3)
        assert x(number(interval, "x2")) == pytest.approx(effect.high, abs=2e-3)
    zero = having(picture, "zero")
    assert x(number(zero[0], "x1")) == pytest.approx(0, abs=2e-3)


def test_kinds_of_evidence_differ_by_shape() -> None:
    picture = drawn(charts.effects(EFFECTS, **NAMED, write=plain, ends=("worse", "better")))
    shapes = [mark.tag.split("}")[-1] for mark in having(picture, "dot")]
    assert shapes == ["circle", "rect", "path"]


def test_ratios_stand_on_a_logarithmic_axis() -> None:
    rows = [
        charts.Ratio("a", "0.9", 0.9, 0.7, 1.2),
        charts.Ratio("b", "1.5", 1.5, 1.1, 1.9),
        charts.Ratio("c", "–", None, None, None),
    ]
    picture = drawn(charts.ratios(rows, **NAMED, write=plain))
    ticks = [one for one in having(picture, "tick") if one.get("text-anchor") == "middle"]
    line = np.poly1d(np.polyfit([number(t, "x") for t in ticks], [math.log(float(t.text or "")) for t in ticks], 1))
    intervals = having(picture, "interval")
    assert len(intervals) == 2
    for row, interval in zip(rows, intervals, strict=False):
        assert row.low is not None
        assert row.high is not None
        assert math.exp(line(number(interval, "x1"))) == pytest.approx(row.low, rel=2e-3)
        assert math.exp(line(number(interval, "x2"))) == pytest.approx(row.high, rel=2e-3)
    band = having(picture, "band")[0]
    assert math.exp(line(number(band, "x"))) == pytest.approx(0.8, rel=2e-3)
    assert math.exp(line(number(band, "x") + number(band, "width"))) == pytest.approx(1.25, rel=2e-3)


def test_a_ratio_far_away_stays_in_the_picture() -> None:
    picture = drawn(charts.ratios([charts.Ratio("a", "", 30.0, 0.001, 900.0)], **NAMED, write=plain))
    width = float(picture.attrib["viewBox"].split()[2])
    assert all(0 <= number(one, name) <= width for one in having(picture, "interval") for name in ("x1", "x2"))


def test_rates_start_at_zero() -> None:
    rows = [charts.Rate("a", "", 0.171, 0.164), charts.Rate("b", "", 0.1, 0.3)]
    picture = drawn(charts.rates(rows, **NAMED, write=plain))
    x = axis(picture, anchor="middle", along="x")
    assert [round(float(x(number(dot, "cx"))), 3) for dot in having(picture, "before")] == [0.171, 0.1]
    assert [round(float(x(number(dot, "cx"))), 3) for dot in having(picture, "after")] == [0.164, 0.3]


@given(st.lists(st.floats(min_value=0.5, max_value=1e6), min_size=1, max_size=40))
def test_tiles_are_in_proportion_fill_the_box_and_do_not_overlap(sizes: list[float]) -> None:
    box = Rect(3.0, 5.0, 720.0, 320.0)
    placed = squarify(sizes, box)
    areas = np.array([rect.width * rect.height for rect in placed])
    assert areas == pytest.approx(np.array(sizes) / sum(sizes) * 720 * 320, rel=1e-6, abs=1e-6)
    for rect in placed:
        assert rect.x >= box.x - 1e-6
        assert rect.y >= box.y - 1e-6
        assert rect.x + rect.width <= box.x + box.width + 1e-5
        assert rect.y + rect.height <= box.y + box.height + 1e-5
    assert _overlap(placed) < 1e-3


def _overlap(placed: list[Rect]) -> float:
    total = 0.0
    for i, a in enumerate(placed):
        for b in placed[:i]:
            wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
            high = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
            total += max(wide, 0) * max(high, 0)
    return total


def test_tiles_of_nobody_are_empty() -> None:
    assert [rect.width * rect.height for rect in squarify([0, 0], Rect(0, 0, 10, 10))] == [0, 0]
    assert squarify([], Rect(0, 0, 10, 10)) == []


def test_squarify_gives_the_paper_s_example() -> None:
    """Bruls, Huizing and van Wijk, section 3: areas 6 6 4 3 2 2 1 in a box of 6 by 4."""
    placed = squarify([6, 6, 4, 3, 2, 2, 1], Rect(0, 0, 6, 4))
    assert [(round(r.width, 2), round(r.height, 2)) for r in placed[:4]] == [(3, 2), (3, 2), (1.71, 2.33), (1.29, 2.33)]


def test_a_tile_whose_name_does_not_fit_keeps_it_for_the_pointer() -> None:
    rows = [charts.Tile("All of the others", "none", 0, 1000, "1,000"), charts.Tile("A very long name", "A", 1, 1, "1")]
    picture = drawn(charts.tiles(rows, **NAMED))
    assert [one.text for one in having(picture, "tile-name")] == ["All of the others"]
    titles = [one.text for one in picture.iter() if one.tag.endswith("title")]
    assert "A very long name: 1, A" in titles


def test_stem_and_branches_are_in_proportion() -> None:
    rows = [charts.Branch(name, "A", 1, size, str(size)) for name, size in (("a", 100), ("b", 300), ("c", 600))]
    picture = drawn(charts.tree(rows, **NAMED))
    parts = having(picture, "stem")
    own = [number(parts[2 * k + 1], "width") for k in range(3)]
    assert np.array(own) / sum(own) == pytest.approx([0.1, 0.3, 0.6], abs=1e-3)
    left = [number(parts[2 * k], "width") + own[k] for k in range(3)]
    assert np.array(left) / left[0] == pytest.approx([1.0, 0.9, 0.6], abs=1e-3)


def test_lines_go_through_their_points_and_break_where_nothing_was_measured() -> None:
    curves = [charts.Curve("a", [0, 1, 2, 3, 4], [0.1, 0.2, None, 0.4, 0.3]), charts.Curve("b", [0, 4], [0.5, 0.0])]
    picture = drawn(
        charts.lines(curves, **NAMED, write=plain, write_x=lambda x: f"t{x:g}", limit=charts.Limit("limit", 0.25))
    )
    y = axis(picture, anchor="end", along="y")
    runs = [
        [float(y(float(p.split(",")[1]) + UNDER)) for p in one.attrib["points"].split()]
        for one in having(picture, "line")
    ]
    assert runs[0] == pytest.approx([0.1, 0.2], abs=0.02)
    assert runs[1] == pytest.approx([0.4, 0.3], abs=0.02)
    assert runs[2] == pytest.approx([0.5, 0.0], abs=0.02)
    assert float(y(number(having(picture, "limit")[0], "y1") + UNDER)) == pytest.approx(0.25, abs=0.02)
    kinds = {one.attrib["class"] for one in having(picture, "curve")}
    assert kinds == {"curve dash-1", "curve dash-2"}


def test_six_lines_end_in_six_marks() -> None:
    curves = [charts.Curve(f"line {k}", [0, 1], [k, k]) for k in range(6)]
    picture = drawn(charts.lines(curves, **NAMED, write=plain, write_x=plain))
    shapes = [(one.tag, re.sub(r"^M[-\d. ]+", "", one.attrib.get("d", ""))) for one in having(picture, "dot")]
    assert len(set(shapes)) == len(shapes) == 6


def test_a_path_stands_between_its_bounds() -> None:
    steps = [
        charts.Step(0.5, 2.1, 2.96, -2.6),
        charts.Step(1.0, None, 2.01, -2.0),
        charts.Step(0.25, 0.9, math.inf, -math.inf),
    ]
    picture = drawn(
        charts.sequential(steps, **NAMED, write=plain, write_x=lambda s: f"{s:.0%}", words=("better", "harm"))
    )
    y = axis(picture, anchor="end", along="y")
    dots = [float(y(number(dot, "cy") + UNDER)) for dot in having(picture, "dot")]
    assert dots == pytest.approx([2.1, 0.9], abs=0.03)
    upper = next(p for p in having(picture, "better") if p.tag.endswith("polyline"))
    heights = [float(y(float(point.split(",")[1]) + UNDER)) for point in upper.attrib["points"].split()]
    assert heights == pytest.approx([2.96, 2.01], abs=0.03)


def test_calibration_has_one_scale_for_both_axes() -> None:
    picture = drawn(
        charts.calibration([charts.Pair("a", (1.0, 0.5, 1.5), (1.0, 0.8, 1.2))], **NAMED, write=plain, words=("x", "y"))
    )
    diagonal, dot = having(picture, "diagonal")[0], having(picture, "dot")[0]
    along = (number(dot, "cx") - number(diagonal, "x1")) / (number(diagonal, "x2") - number(diagonal, "x1"))
    up = (number(dot, "cy") - number(diagonal, "y1")) / (number(diagonal, "y2") - number(diagonal, "y1"))
    assert along == pytest.approx(up, abs=1e-3)


def test_versions_stand_in_time() -> None:
    moments = [
        charts.Moment(1, 0.0, "past", "1"),
        charts.Moment(2, 25.0, "rolled_back", "2"),
        charts.Moment(3, 100.0, "current", "3"),
    ]
    picture = drawn(charts.timeline(moments, **NAMED, ends=("then", "now")))
    at = [number(dot, "cx") for dot in having(picture, "dot")]
    assert (at[1] - at[0]) / (at[2] - at[0]) == pytest.approx(0.25, abs=1e-3)
    assert len(having(picture, "struck")) == 1


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9), max_size=6))
def test_limits_hold_all_values_and_ticks_are_inside(values: list[float]) -> None:
    low, high = spread(values)
    assert low < high
    assert all(low <= value <= high for value in values)
    ticks = round_ticks(low, high)
    assert len(ticks) <= 5
    assert all(low - 1e-6 * (high - low) <= tick <= high + 1e-6 * (high - low) for tick in ticks)


@pytest.mark.parametrize("empty", [
    charts.effects([], **NAMED, write=plain, ends=("", "")),
    charts.rates([], **NAMED, write=plain),
    charts.ratios([], **NAMED, write=plain),
    charts.tiles([], **NAMED),
    charts.tree([], **NAMED),
    charts.lines([], **NAMED, write=plain, write_x=plain),
    charts.sequential([], **NAMED, write=plain, write_x=plain, words=("", "")),
    charts.calibration([], **NAMED, write=plain, words=("", "")),
    charts.timeline([], **NAMED, ends=("", "")),
])  # fmt: skip
def test_a_chart_of_nothing_is_a_picture_still(empty: str) -> None:
    picture = drawn(empty)
    assert picture.get("role") == "img"


def test_texts_are_escaped() -> None:
    markup = charts.effects(
        [EFFECTS[0]._replace(label="<script>")], name="p", title="<b>", desc='"', write=plain, ends=("&", "<")
    )
    assert "<script>" not in markup
    assert "<b>" not in markup
    drawn(markup)


def test_tones_begin_again_after_the_sixth() -> None:
    assert [charts.tone_of(tone) for tone in (0, 1, 6, 7, 12)] == [0, 1, 6, 1, 6]


def test_panels_have_one_scale_or_each_its_own_and_break_where_nothing_is_known() -> None:
    rows = [
        charts.Panel("Loyal", "0.4", [(0.2, 0.1, 0.3), None, (0.4, 0.3, 0.5), (0.4, 0.3, 0.5)], limit=0.25),
        charts.Panel("Lapsed", "0.1", [None, (0.1, None, None), (0.1, 0.05, 0.2), (0.05, -0.1, 0.2)]),
    ]
    heights = []
    for alike in (True, False):
        picture = drawn(charts.panels(rows, **NAMED, write=plain, ends=("first", "last"), alike=alike))
        for panel, row in zip(having(picture, "curve"), rows, strict=True):
            y = axis(panel, anchor="end", along="y")
            known = [point for point in row.points if point is not None]
            dots = [y(number(dot, "cy") + UNDER) for dot in having(panel, "dot")]
            assert dots == pytest.approx([value for value, *_ in known], abs=0.01)
            bars = [(y(number(bar, "y1") + UNDER), y(number(bar, "y2") + UNDER)) for bar in having(panel, "interval")]
            told = [(max(low, 0.0), high) for _, low, high in known if low is not None and high is not None]
            assert [end for bar in bars for end in bar] == pytest.approx([end for one in told for end in one], abs=0.01)
            limits = [y(number(one, "y1") + UNDER) for one in having(panel, "limit")]
            assert limits == pytest.approx([] if row.limit is None else [row.limit], abs=0.01)
            heights.append(abs(1 / y.coeffs[0]))
        assert [len(having(panel, "line")) for panel in having(picture, "curve")] == [1, 1]
    assert heights[0] == pytest.approx(heights[1], rel=0.05)
    assert heights[3] > 2 * heights[2]
