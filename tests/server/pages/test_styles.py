"""The style sheet: every pair of colours has the contrast that WCAG AA asks, in both themes; campaigns stay apart."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from evenhand.server import pages

CSS = (Path(pages.__file__).parent / "static/evenhand.css").read_text(encoding="utf-8")
PAIRS = dict(re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}, #[0-9a-f]{6})\)", CSS))
THEMES = ("light", "dark")
GROUNDS = ("page", "surface", "sunken")
TONES = [f"tone-{n}" for n in range(7)]
TEXT = [
    *itertools.product(("ink", "muted", "accent", "bad"), GROUNDS),
    *itertools.product(("ink", "muted", "accent"), ("accent-soft", "warn-soft", "bad-soft")),
    ("warn", "warn-soft"), ("bad", "bad-soft"), ("on-accent", "accent"), ("page", "ink"),
    *(("ink", f"tint-{n}") for n in range(7)),
]  # fmt: skip
SHAPES = [
    *itertools.product(("control", "accent", "bad", "ink"), ("page", "surface")),
    *itertools.product(TONES, ("page", "surface")),
]
# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(name: str, theme: str) -> NDArray[np.float64]:
    """Return a token's colour in linear RGB."""
    code = PAIRS[name].split(", ")[THEMES.index(theme)]
    value = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str, theme: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(float(weights @ linear(name, theme)) for name in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return CIE L*a*b* of linear RGB under D65."""
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    )
    x, y, z = to_xyz @ rgb.clip(0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = [t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_is_readable(text: str, ground: str, theme: str) -> None:
    assert contrast(text, ground, theme) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_are_visible(shape: str, ground: str, theme: str) -> None:
    assert contrast(shape, ground, theme) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eye", list(BLINDNESS))
def test_campaigns_stay_apart_for_every_eye(eye: str, theme: str) -> None:
    """A distance of 15 in CIE76 is six times what is just seen; patterns and words tell them apart besides."""
    seen = [lab(np.array(BLINDNESS[eye]) @ linear(tone, theme)) for tone in TONES]
    nearest = min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))
    assert nearest >= 15


def test_every_colour_is_a_token() -> None:
    """So that no colour escapes these checks: outside the tokens, only the print page and a shadow name one."""
    rules = re.sub(r"/\*.*?\*/", "", CSS.split("/* ---", 2)[2], flags=re.S)
    assert set(re.findall(r"#[0-9a-f]{3,6}\b|rgb\([^)]*\)", rules)) <= {"#fff", "rgb(0 0 0 / 18%)"}


def test_every_token_that_is_used_is_defined() -> None:
    defined = set(re.findall(r"--([\w-]+):", CSS))
    assert set(re.findall(r"var\(--([\w-]+)\)", CSS)) <= defined


def test_nothing_comes_from_outside() -> None:
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_motion_print_and_narrow_screens_are_minded() -> None:
    for query in ("prefers-reduced-motion", "@media print", "@media (max-width: 40rem)", ":focus-visible"):
        assert query in CSS
