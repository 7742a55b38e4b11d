"""What all panels share: a chart with a heading and a line that says how to read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from markupsafe import Markup

from evenhand.experiments.report.charts import Tone
from evenhand.experiments.report.evidence import PolicyEvidence
from evenhand.experiments.report.figures import THIN, Figure, fixed
from evenhand.experiments.report.model import Report

__all__ = ["Panel", "attribute_labels", "axis", "lower_first", "tone"]


class Panel(NamedTuple):
    """A chart with its heading and one line that says how to read it."""

    title: str
    note: str
    chart: Markup


def attribute_labels(report: Report) -> dict[str, str]:
    """Return the words for every protected attribute that was audited or that a policy was measured on."""
    named = {one.attribute: one.label for one in report.today.audit}
    return named | {name: named.get(name, name) for policy in report.policies for name in policy.gap}


def tone(policy: PolicyEvidence) -> Tone:
    """Return the colour of a policy: the learned one stands out, one that broke its limits warns."""
    return policy.kind if policy.feasible else "unfair"


def axis(figure: Figure) -> Callable[[float], str]:
    """Return how ticks are written: no more decimals than round numbers need."""

    def write(value: float) -> str:
        percent = figure.kind == "share"
        text = fixed(100 * value if percent else value, figure.decimals + 1)
        return text.rstrip("0").rstrip(".") + (THIN + "%" if percent else "")

    return write


def lower_first(text: str) -> str:
    """Return `text` as it stands inside a sentence."""
    return text[:1].lower() + text[1:]
