"""The card says candidate and simulated, shows every gap, and lets nothing that users wrote become markup."""

from __future__ import annotations

import re

import pytest
from tests.experiments.conftest import policies

from evenhand.agents.export.manifest import SEALED, Manifest, ObservationSchema, SimulatorRecord, TrainingRecord
from evenhand.experiments.report import Comparison
from evenhand.experiments.report.model_card import NOT_CHOSEN, Card, card_markdown, card_of, card_page, constraint_words

LABELS = {"age": "Age", "income": "Income"}
COMPARISON = Comparison(baseline="greedy-shielded", mean=0.041, low=0.035, high=0.047, n=256, percent=9.2)


def manifest(business: str = "Café", *, seed: int = 1000, checkpoint: int = 60_000) -> Manifest:
    return Manifest(
        name="learned",
        observation=ObservationSchema.of(("none", "A"), 3),
        grid=(),
        constraints=({"kind": "DemographicParity", "attribute": "age", "tolerance": 0.05, "groups": ["old", "young"]},),
        training=TrainingRecord(
            business=business, customers=2469, customers_sha256="a" * 64,
            simulator=SimulatorRecord(sha256="b" * 64, parameters={"calibrated": 15, "prior": 31}, notes=("Mind.",)),
            segmentation_sha256="c" * 64, seed=seed, seeds=(1000, 1001), checkpoint=checkpoint, settings={"steps": 1},
            network={}, hyperparameters={}, record={}, curve=({"steps": 0}, {"steps": 60_000}),
            versions={"evenhand": "0.1.0"},
        ),
        metrics={},
        parity=1e-7,
        files=dict.fromkeys(SEALED, "d" * 64),
    )  # fmt: skip


def card(made: Manifest, name: str = "learned", scenario: str = "") -> Card:
    return card_of(made, policies(), COMPARISON, name=name, labels=LABELS, scenario=scenario)


def test_both_forms_say_first_that_it_is_a_simulated_candidate() -> None:
    made = card(manifest())
    for text in (card_markdown(made), card_page(made)):
        said = text.index("Candidate: learned and compared in simulation only.")
        assert said < text.index("What it is for")
        assert not re.search(r"\b(proven|validated|live evidence)\b", text)


def test_both_forms_hold_the_same_cells() -> None:
    made = card(manifest())
    page = card_page(made)
    for chapter in made.chapters:
        if chapter.table:
            for cell in (cell for row in chapter.table.rows for cell in row):
                assert f">{cell.replace(chr(39), '&#39;')}<" in page, cell


def test_every_attribute_has_its_gap_with_interval_and_limit() -> None:
    text = card_markdown(card(manifest()))
    assert "| Age | 0.038 | \\[0.036, 0.040\\] | at most 0.050 |" in text
    assert "| Income | 0.052 | \\[0.049, 0.055\\] | none: measured only |" in text
    assert "demographic parity, attribute age, tolerance 0.05, groups old / young." in text


def test_the_gain_has_its_interval_and_names_its_rival() -> None:
    text = card_markdown(card(manifest()))
    assert "best fair alternative (greedy, shielded), population by population: +0.041 \\[0.035, 0.047\\]" in text


def test_a_policy_that_was_not_chosen_gets_no_verdict() -> None:
    made = card_of(manifest(seed=1001), (*policies(), policies()[-1].model_copy(update={"name": "learned-seed-2"})),
                   COMPARISON, name="learned-seed-2", labels=LABELS)  # fmt: skip
    assert made.verdict == NOT_CHOSEN
    assert "population by population" not in card_markdown(made)


def test_the_start_of_learning_is_called_the_start() -> None:
    assert "That is the start, tuned greedy: no checkpoint beat it" in card_markdown(card(manifest(checkpoint=0)))
    assert "That is the start" not in card_markdown(card(manifest()))


def test_other_dynamics_are_named() -> None:
    text = card_markdown(card(manifest(), scenario="shifted"))
    assert "On the dynamics of scenario shifted: learning helped" in text
    assert "256 unseen populations on the dynamics of scenario shifted" in text


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "[a](http://x.org)", "a | b", "# top\n\n# title", "`x`"])
def test_what_users_wrote_is_text(name: str) -> None:
    made = card(manifest(name))
    page, text = card_page(made), card_markdown(made)
    assert "<script>" not in page + text.replace("\\<", "")
    assert not re.search(r"(?<!\\)\]\(|^# top\s*$|^# title", text, re.M)
    assert "`x" not in re.sub(r"\\`", "", text)
    assert len({line.count(" | ") for line in text.splitlines() if line.startswith("| Age")}) == 1


def test_the_page_needs_nothing_from_outside() -> None:
    page = card_page(card(manifest()))
    assert not re.search(r"(src|href)=\"(?!#)|@import|url\(", page)


def test_a_constraint_of_any_kind_has_words() -> None:
    assert constraint_words({"kind": "ContactCap", "most": 0.3}) == "contact cap, most 0.3"
