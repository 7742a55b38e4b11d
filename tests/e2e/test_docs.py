"""What the pages say is what the code does: priors, settings, names, notices and links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evenhand.customers import (
    CampaignSpec,
    ConsentsSpec,
    ContextSpec,
    FeatureSpec,
    HistorySpec,
    LogSpec,
    ProtectedSpec,
    Schema,
)
from evenhand.customers.demo import NOTICES
from evenhand.customers.specs import Spec
from evenhand.envs.candidates import CANDIDATE_FEATURES
from evenhand.envs.observation import GLOBAL_FEATURES, SEGMENT_FEATURES
from evenhand.experiments.report import Report
from evenhand.experiments.settings import StudySettings
from evenhand.simulator.priors import (
    BEHAVIOUR_PRIORS,
    CAMPAIGN_PRIORS,
    CAMPAIGN_SCALE,
    DELIVERY,
    FALLBACK_PRIORS,
    SWITCHES,
    TIMING,
)

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(text: str) -> dict[str, list[str]]:
    """Return the cells behind every table row that begins with a name in code type."""
    found = re.findall(r"^\| `([^`]+)` \|(.*)\|$", text, re.M)
    return {name: [cell.strip() for cell in cells.split(" | ")] for name, cells in found}


def plain(text: str) -> str:
    """Return text on one line, without the angle brackets of links."""
    return " ".join(text.split())


def test_every_prior_stands_in_the_page_as_in_the_code() -> None:
    written = rows(page("docs/simulator.md"))
    priors = (BEHAVIOUR_PRIORS, FALLBACK_PRIORS, CAMPAIGN_PRIORS, DELIVERY, TIMING)
    for name, prior in ((name, prior) for table in priors for name, prior in table.items()):
        delayed = "yes" if prior.delayed else ""
        assert written.pop(name) == [f"{prior.centre:g}", f"{prior.spread:g}", delayed, prior.source], name
    for campaign, factors in CAMPAIGN_SCALE.items():
        assert written.pop(campaign) == [f"{factors[name]:g}" for name in CAMPAIGN_PRIORS], campaign
    for name, off in SWITCHES.items():
        value, meaning = written.pop(name)
        assert value == f"{off:g}", name
        assert meaning, name
    assert written == {}


def test_every_setting_of_a_study_is_documented_with_its_values() -> None:
    written = rows(page("docs/learning.md"))
    full, tiny = (StudySettings.preset(name).model_dump() for name in ("full", "tiny"))
    assert set(written) == set(StudySettings.model_fields)
    for name, (in_full, in_tiny, meaning) in written.items():
        assert (in_full, in_tiny) == tuple(str(values[name] or "none") for values in (full, tiny)), name
        assert meaning, name


def test_every_part_of_an_observation_is_named() -> None:
    text = page("docs/environment.md")
    for names in (GLOBAL_FEATURES, SEGMENT_FEATURES, CANDIDATE_FEATURES):
        assert ", ".join(f"`{name}`" for name in names) in text


@pytest.mark.parametrize(
    "spec", [Schema, ConsentsSpec, ContextSpec, FeatureSpec, ProtectedSpec, CampaignSpec, LogSpec, HistorySpec]
)
def test_every_key_of_the_schema_is_documented(spec: type[Spec]) -> None:
    text = page("docs/data.md")
    assert [name for name in spec.model_fields if f"`{name}`" not in text and f"[{name}]" not in text] == []


def test_every_key_of_the_report_is_documented() -> None:
    text = page("docs/report.md")
    assert [name for name in Report.model_fields if f"`{name}`" not in text] == []


def test_the_readme_quotes_every_notice() -> None:
    readme = plain(page("README.md"))
    assert [notice for notice in NOTICES if plain(notice) not in readme] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
    inside = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in inside if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(path: Path) -> None:
    named = re.findall(
        r"`((?:src/evenhand|simulator|envs|agents|experiments|customers|examples)/[\w/.-]+)`", path.read_text()
    )
    assert [name for name in named if not (ROOT / name).exists()] == []
