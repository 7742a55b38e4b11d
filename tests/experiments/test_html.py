from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from evenhand.experiments.report import Report, render_html, save_html, verdict_sentence

VOID = {"meta", "link", "br", "img", "input", "hr", "line", "circle", "rect", "polyline"}


class Page(HTMLParser):
    """What a page is made of: tags in order with their attributes, text by tag, and errors of nesting."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute stands twice in <{tag}>"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.texts.append((tag, ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.texts:
            tag, text = self.texts[-1]
            self.texts[-1] = (tag, text + data.rstrip("\n"))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def source(report: Report) -> str:
    return render_html(report)


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


def test_the_first_heading_is_the_verdict(report: Report, page: Page) -> None:
    headings = [(tag, text) for tag, text in page.texts if re.fullmatch(r"h\d", tag)]
    assert headings[0] == ("h1", report.verdict)
    assert sum(tag == "h1" for tag, _ in headings) == 1


def test_headings_skip_no_level(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_nothing_is_loaded_from_outside_and_no_script_runs(source: str, page: Page) -> None:
    assert not re.search(r"https?:|//[a-z]|url\(|@import|@font-face|javascript:", source, re.IGNORECASE)
    assert not page.all("script")
    assert not page.all("link")
    assert all("src" not in attributes for _, attributes in page.tags)
    assert all(not name.startswith("on") for _, attributes in page.tags for name in attributes)


def test_links_lead_to_something_on_the_page(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {(link["href"] or "").removeprefix("#") for link in page.all("a")} <= set(ids)


def test_every_policy_is_in_every_evidence_chart_and_in_the_table(report: Report, source: str) -> None:
    evidence = source.split('<section id="evidence">')[1].split("</section>")[0]
    charts = re.findall(r"<svg.*?</svg>", evidence, re.DOTALL)
    table = evidence.split("<table")[1]
    assert len(charts) == 4 + 2
    for policy in report.policies:
        assert all(f">{policy.label}</text>" in chart for chart in charts)
        assert f"{policy.label}</th>" in table
        assert f"{policy.profit.mean:.3f} <small>[{policy.profit.low:.3f}" in table


def test_all_that_a_reviewer_needs_is_on_the_page(report: Report, source: str) -> None:
    for segment in report.today.segments:
        assert segment.sentence in source
    for tweak in report.recommendations:
        assert tweak.sentence in source
        assert tweak.reason in source
        assert f"{tweak.affected_customers} customers affected" in source
    assert report.simulator
    for parameter in report.simulator.parameters:
        assert parameter.source in source
    for notice in report.data.sources[0].notices:
        assert notice in source
    for check in report.data.quality:
        assert check.what in source
    for version in report.versions.values():
        assert f"<dd>{version}</dd>" in source


def test_a_limited_attribute_is_read_by_every_criterion_and_the_others_are_not(source: str) -> None:
    assert re.findall(r"<h3>Other readings of a fair (\w+)</h3>", source) == ["age"]
    table = source.split("Other readings of a fair age</caption>")[1].split("</table>")[0]
    assert re.findall(r'<th scope="col" class="n">(.+?)</th>', table) == [
        "Demographic parity", "Equal opportunity", "Equalized odds"
    ]  # fmt: skip
    assert table.count("0.050 allowed") == 7


def test_every_drawing_has_words_or_is_hidden_from_readers(page: Page) -> None:
    drawings = page.all("svg")
    assert len(drawings) > 12
    for drawing in drawings:
        hidden = drawing.get("aria-hidden") == "true"
        assert hidden or (drawing["role"] == "img" and drawing["aria-label"])
        assert drawing["viewbox"]


def test_tables_have_captions_and_scopes_and_can_be_scrolled_by_keyboard(page: Page) -> None:
    assert len(page.all("table")) == len(page.all("caption"))
    assert all("scope" in head for head in page.all("th"))
    regions = [box for box in page.all("div") if box.get("class") == "scroll"]
    assert len(regions) == len(page.all("table"))
    assert all(box["tabindex"] == "0" and box["role"] == "region" and box["aria-label"] for box in regions)


def test_the_same_report_gives_the_same_page(report: Report, source: str, tmp_path: Path) -> None:
    again = Report.from_json(report.to_json())
    assert save_html(again, tmp_path / "report.html").read_text(encoding="utf-8") == source


def test_words_from_outside_are_escaped(report: Report) -> None:
    odd = report.model_copy(update={"verdict": "<img src=x onerror=alert(1)> & co"})
    source = render_html(odd)
    assert "<img" not in source
    assert "&lt;img src=x" in source


def test_a_page_without_evidence_still_says_what_to_do(report: Report) -> None:
    nothing = {"realism", "simulator", "learned", "learning", "comparison"}
    poor = report.model_copy(
        update=dict.fromkeys(nothing)
        | {"policies": (), "recommendations": (), "verdict": verdict_sentence((), None, customers=63)}
    )
    page = Page(render_html(poor))
    assert page.texts[[tag for tag, _ in page.texts].index("h1")][1].startswith("There is too little")
    assert ("p", "No change is recommended: keep the segmentation that runs.") in page.texts
    ids = {attributes.get("id") for _, attributes in page.tags}
    assert not ids & {"evidence", "learning", "realism", "numbers"}
    assert {(link["href"] or "").removeprefix("#") for link in page.all("a")} <= ids


def test_new_and_changed_segments_are_marked(source: str) -> None:
    assert 'Loyal, much produce <span class="tag">new</span>' in source
    assert 'Big baskets <span class="tag">changed</span>' in source
    assert "<h4>Loyal</h4>" in source
