from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from markupsafe import Markup

from evenhand.experiments.report.charts import WIDTH, Line, Mark, Row, effect_plot, row_plot
from evenhand.experiments.report.curves import Curve, curve_plot, size_bar
from evenhand.experiments.svg import Scale, round_ticks, tag


def parse(chart: Markup) -> ET.Element:
    return ET.fromstring(str(chart))


def dots(chart: Markup) -> list[float]:
    return [float(dot.attrib["cx"]) for dot in parse(chart).iter("circle")]


def plain(value: float) -> str:
    return f"{value:g}"


def test_dots_stand_where_the_axis_says() -> None:
    rows = [Row(str(value), "", (Mark(value),)) for value in (0.0, 0.25, 1.0)]
    left, quarter, right = dots(row_plot(rows, label="x", write=plain, domain=(0.0, 1.0)))
    assert left < quarter < right < WIDTH
    assert (quarter - left) / (right - left) == pytest.approx(0.25)


def test_bars_reach_from_limit_to_limit_and_stay_inside() -> None:
    rows = [Row("a", "", (Mark(0.5, 0.2, 9.0),))]
    chart = parse(row_plot(rows, label="x", write=plain, domain=(0.0, 1.0)))
    (bar,) = [line for line in chart.iter("line") if line.get("class") == "bar"]
    scale = Scale(0.0, 1.0, 8.0, WIDTH - 8.0)
    assert float(bar.attrib["x1"]) == pytest.approx(scale(0.2), abs=0.01)
    assert float(bar.attrib["x2"]) == pytest.approx(scale(1.0), abs=0.01)


def test_a_limit_crosses_every_row_at_its_value() -> None:
    rows = [Row("a", "", (Mark(0.01),)), Row("b", "", (Mark(0.07),))]
    chart = parse(row_plot(rows, label="x", write=plain, lines=[Line(0.05, "allowed")], domain=(0.0, 0.1)))
    limits = [line for line in chart.iter("line") if line.get("class") == "limit"]
    assert len(limits) == 2
    assert {line.attrib["x1"] for line in limits} == {"160"}


def test_no_change_is_in_the_middle_of_every_row() -> None:
    rows = [
        Row("a", "", (Mark(3.0, 1.0, 5.0),)),
        Row("b", "", (Mark(-0.001, -0.002, 0.0),)),
        Row("c", "", (Mark(0.0),)),
    ]
    first, second, third = dots(effect_plot(rows, label="x"))
    assert first > WIDTH / 2 > second
    assert third == WIDTH / 2


def test_a_chart_says_everything_in_words() -> None:
    chart = parse(row_plot([Row("learned", "0.488", (Mark(0.488),))], label="Profit", write=plain))
    assert chart.attrib["role"] == "img"
    assert chart.attrib["aria-label"] == "Profit. learned 0.488."


def test_a_long_label_is_cut_and_kept_in_full_for_the_pointer() -> None:
    long = "uplift tree with a very long and telling name"
    chart = parse(row_plot([Row(long, "0.412 [0.406, 0.418]", (Mark(0.4),))], label="x", write=plain))
    labels = [text.text or "" for text in chart.iter("text") if text.get("class") == "label"]
    assert labels[0].endswith("…")
    assert any(long in (title.text or "") for title in chart.iter("title"))


def test_words_from_outside_are_escaped() -> None:
    chart = row_plot([Row("<script>&", '"', (Mark(1.0),))], label='a "b" <c>', write=plain)
    assert "<script" not in chart
    assert parse(chart).attrib["aria-label"].startswith('a "b" <c>')
    assert tag("text", "a<b", data_x='"') == '<text data-x="&#34;">a&lt;b</text>'


@pytest.mark.parametrize("rows", [[], [Row("a", "–", ())], [Row("a", "0", (Mark(0.0),))]])
def test_a_chart_with_nothing_to_show_is_still_a_chart(rows: list[Row]) -> None:
    assert parse(row_plot(rows, label="x", write=plain)).tag == "svg"
    assert parse(effect_plot(rows, label="x")).tag == "svg"


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.28, 0.351), (-3, 17), (0.0001, 0.00037), (99_000, 201_000)])
def test_ticks_are_few_round_and_inside(low: float, high: float) -> None:
    ticks = round_ticks(low, high)
    assert 2 <= len(ticks) <= 5
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)
    steps = {round((b - a) / (high - low), 9) for a, b in pairwise(ticks)}
    assert len(steps) == 1
    assert all(len(f"{tick:.12g}".replace("-", "").replace(".", "").strip("0")) <= 3 for tick in ticks)


def test_a_curve_rises_when_its_values_do_and_marks_what_was_kept() -> None:
    curve = Curve("seed 1", ((0.0, 0.0), (10.0, 1.0), (20.0, 3.0)), chosen=10.0)
    chart = parse(curve_plot([curve], label="Gain", write=plain, level=(2.0, "greedy")))
    (line,) = chart.iter("polyline")
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)
    (dot,) = chart.iter("circle")
    assert (float(dot.attrib["cx"]), float(dot.attrib["cy"])) == pytest.approx(points[1], abs=0.06)
    assert chart.attrib["aria-label"] == "Gain. seed 1 ends at 3; greedy 2."


def test_boxes_are_as_wide_as_segments_are_large() -> None:
    chart = size_bar([("a", 0.25, "c-0"), ("b", 0.75, "c-1")], label="Sizes")
    widths = [float(box.attrib["width"]) + 3 for box in parse(chart).iter("rect")]
    assert widths == pytest.approx([250, 750])
    assert re.search(r'aria-label="Sizes: a 25 %, b 75 %\."', chart)
