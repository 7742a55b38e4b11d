"""The page of one experiment: no script, no outside file; the decision first, then everything that it stands on."""

from __future__ import annotations

from pathlib import Path

import evenhand
from evenhand.experiments.gate.record import gate_code
from evenhand.experiments.report.ab.boundary import boundary_panel, look_rows
from evenhand.experiments.report.ab.effects import effect_panels, effect_rows
from evenhand.experiments.report.ab.groups import pair_rows, rate_panels, within_panels
from evenhand.experiments.report.ab.time_panels import time_panels
from evenhand.experiments.report.ab.told import Told
from evenhand.experiments.report.ab.words import (
    ORIGINS,
    cards,
    headline,
    metric_in_words,
    modest_lines,
    mood,
    plan_facts,
    test_in_words,
)
from evenhand.experiments.report.html import environment
from evenhand.whole import write_whole

__all__ = ["render_ab", "save_ab"]


def render_ab(told: Told) -> str:
    """Return the page as text; the same trial gives the same bytes."""
    judged = [name for name in told.plan.primary if told.result(name) is not None]
    return (
        environment()
        .get_template("ab.html")
        .render(
            told=told,
            headline=headline(told),
            mood=mood(told),
            source=ORIGINS[told.now.origin],
            cards=cards(told),
            facts=plan_facts(told),
            metrics=[(metric.name, metric_in_words(metric)) for metric in told.plan.metrics],
            tests=[(test, test_in_words(test)) for test in told.decision.tests],
            effects=effect_panels(told),
            rows=effect_rows(told),
            modest=modest_lines(told),
            paths=[(name, boundary_panel(told, name), look_rows(told, name)) for name in judged],
            over_time=time_panels(told),
            rates=rate_panels(told),
            pairs=pair_rows(told),
            within=within_panels(told),
            version=evenhand.__version__,
            code=gate_code(),
        )
    )


def save_ab(told: Told, path: str | Path) -> Path:
    """Write the page, whole or not at all, and return its path."""
    return write_whole(Path(path), render_ab(told))
