"""One self-contained page of a report: no script, no outside file, light and dark, narrow and wide."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from evenhand.experiments.report.cards import key_cards
from evenhand.experiments.report.curves import size_bar
from evenhand.experiments.report.customers import granularity_table, welfare_tables
from evenhand.experiments.report.evidence_panels import evidence_panels, group_panels
from evenhand.experiments.report.figures import METRICS, Figure, count, fixed, per_cent, significant, words_of
from evenhand.experiments.report.glossary import GLOSSARY
from evenhand.experiments.report.mitigation_table import COLUMNS, mitigation_rows
from evenhand.experiments.report.panel import attribute_labels, lower_first, tone
from evenhand.experiments.report.tradeoff import tradeoff_panels
from evenhand.experiments.report.training_panels import learning_panels, realism_panels
from evenhand.experiments.report.tweak_panels import effect_chart, fairness_chart
from evenhand.experiments.report.verdict import outcome, standing

if TYPE_CHECKING:
    from evenhand.experiments.report.evidence import PolicyEvidence
    from evenhand.experiments.report.model import Report
    from evenhand.experiments.report.parts import SegmentationPart

__all__ = ["environment", "render_html", "save_html"]

_STATUS = {
    "helped": "Learning helped",
    "unclear": "No proof that learning helps",
    "harmed": "Learning did worse",
    "unfair": "Not fair enough",
    "no rival": "Nothing fair to compare with",
    "not yet": "Nothing learned yet",
    "too little": "Too little data",
}
_CRITERIA = {"gap": "Demographic parity", "opportunity": "Equal opportunity", "odds": "Equalized odds"}
_LEVELS = {
    "candidate": "simulated only, no live trial yet",
    "validated": "passed a simulated trial, no live trial yet",
    "proven": "passed a live experiment",
}


def render_html(report: Report) -> str:
    """Return the page of `report` as text; the same report gives the same bytes."""
    colours = _campaign_colours(report)
    return (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            outcome=outcome(report),
            status=_STATUS[outcome(report)],
            cards=key_cards(report),
            labels=attribute_labels(report),
            metrics=METRICS,
            criteria=_CRITERIA,
            compared=_compared(report),
            figures=_figures(report),
            evidence=evidence_panels(report),
            groups=group_panels(report),
            tradeoff=tradeoff_panels(report),
            welfare=welfare_tables(report),
            granularity=granularity_table(report),
            mitigation=mitigation_rows(report.mitigation) if report.mitigation else None,
            realism=realism_panels(report.realism) if report.realism else [],
            learning=learning_panels(report.learning) if report.learning else [],
            colours=colours,
            today_bar=_bar(report.today, colours, "Today's segments by size"),
            learned_bar=_bar(report.learned, colours, "Learned segments by size") if report.learned else "",
            marks=_marks(report),
            glossary=GLOSSARY,
        )
    )


def save_html(report: Report, path: str | Path) -> Path:
    """Write the page of `report` and return its path."""
    target = Path(path)
    target.write_text(render_html(report), encoding="utf-8")
    return target


@cache
def environment() -> Environment:
    """Return the templates of the report's pages, with the filters that write figures."""
    environment = Environment(
        loader=PackageLoader("evenhand.experiments.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        fixed=fixed,
        per_cent=per_cent,
        count=count,
        significant=significant,
        words=words_of,
        lower_first=lower_first,
        pretty=_pretty,
    )
    environment.globals.update(
        effect_chart=effect_chart,
        fairness_chart=fairness_chart,
        tone=tone,
        standing=standing,
        levels=_LEVELS,
        mitigation_columns=COLUMNS,
    )
    return environment


def _figures(report: Report) -> dict[str, Figure]:
    def column(key: str) -> Figure:
        kind = next(metric.kind for metric in METRICS if metric.key == key)
        return Figure.fitting(kind, [getattr(policy, key) for policy in report.policies])

    gain = Figure.fitting("money", [report.comparison] if report.comparison else [])
    return {metric.key: column(metric.key) for metric in METRICS} | {"gap": Figure("points", 3), "gain": gain}


def _compared(report: Report) -> list[str]:
    """Return the attributes whose gap is shown by every criterion: those with a limit, else the first one measured."""
    measured = [name for name in attribute_labels(report) if any(name in p.opportunity for p in report.policies)]
    limited = [name for name in measured if any(_limited(p, name) for p in report.policies)]
    return limited or measured[:1]


def _limited(policy: PolicyEvidence, name: str) -> bool:
    return any(
        name in gaps and gaps[name].tolerance is not None for gaps in (policy.gap, policy.opportunity, policy.odds)
    )


def _campaign_colours(report: Report) -> dict[str, str]:
    """Give each campaign a colour class by its first appearance; no contact is always the quiet one."""
    parts = [report.today, *([report.learned] if report.learned else [])]
    seen = dict.fromkeys(segment.campaign for part in parts for segment in part.segments)
    names = [name for name in seen if name != "none"]
    return {"none": "c-none"} | {name: f"c-{index % 6}" for index, name in enumerate(names)}


def _bar(part: SegmentationPart, colours: Mapping[str, str], label: str) -> str:
    return size_bar([(s.name, s.share, colours[s.campaign]) for s in part.segments], label=label)


def _marks(report: Report) -> dict[str, str]:
    """Say which learned segments are new and which have changed, by id."""
    if report.learned is None:
        return {}
    before = {segment.id: (segment.sentence, segment.campaign) for segment in report.today.segments}
    return {
        segment.id: "new" if segment.id not in before else "changed"
        for segment in report.learned.segments
        if before.get(segment.id) != (segment.sentence, segment.campaign)
    }


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
