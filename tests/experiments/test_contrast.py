"""Contrast by WCAG 2.2 (relative luminance): 4.5 for text and 3 for what charts show, light and dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

TEXT = [
    ("ink", "page surface sunken learned-soft"),
    ("muted", "page surface sunken"),
    ("learned", "surface learned-soft"),
    ("bad", "surface bad-soft"),
    ("warn", "surface warn-soft"),
    ("link", "page surface"),
]
SHAPES = ["learned", "today", "baseline", "bad", "muted", "c-0", "c-1", "c-2", "c-3", "c-4", "c-5"]


def themes() -> dict[str, dict[str, str]]:
    css = (files("evenhand.experiments.report") / "templates" / "report.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks)
    return {"light": light, "dark": light | dark}


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_gives_the_known_ends() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable(theme: str) -> None:
    colours = themes()[theme]
    for name, grounds in TEXT:
        for ground in grounds.split():
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_in_charts_can_be_seen(theme: str) -> None:
    colours = themes()[theme]
    for name in SHAPES:
        assert contrast(colours[name], colours["surface"]) >= 3, name


def test_both_themes_define_the_same_colours() -> None:
    css = (files("evenhand.experiments.report") / "templates" / "report.css").read_text(encoding="utf-8")
    light, dark = (set(re.findall(r"--([\w-]+):", block)) for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL))
    assert light == dark
    used = set(re.findall(r"var\(--([\w-]+)", css)) - {"tone", "campaign"}
    assert used <= light
