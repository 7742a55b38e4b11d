from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.experiments.trial.plans import draft

from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.trial.needs import with_groups
from evenhand.experiments.trial.register import REGISTER, RegisteredPlan, load_registered, register

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)


def test_a_registered_plan_reads_back_with_its_hash_time_and_testable_groups(tmp_path: Path) -> None:
    made = register(draft(), tmp_path / "plan.json", now=NOW)
    assert load_registered(tmp_path / "plan.json") == made
    assert (made.registered, made.sha256) == (NOW, made.plan.sha256)
    assert made.plan.fairness[0].testable == ("low", "middle")


def test_registering_again_changes_nothing_and_another_plan_needs_another_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    made = register(draft(), path, now=NOW)
    before = [file.read_bytes() for file in sorted(tmp_path.iterdir())]
    assert register(draft(), path, now=LATER) == made
    assert [file.read_bytes() for file in sorted(tmp_path.iterdir())] == before
    with pytest.raises(ArtefactError, match=r"holds another plan.*give the new plan a file of its own"):
        register(draft(weeks=8), path, now=LATER)
    register(draft(weeks=8), tmp_path / "plan2.json", now=LATER)
    assert load_registered(path) == made


@pytest.mark.parametrize("edit", ["weeks", "hash too", "time"])
def test_an_edit_after_registration_is_found(tmp_path: Path, edit: str) -> None:
    path = tmp_path / "plan.json"
    made = register(draft(), path, now=NOW)
    content = json.loads(path.read_text())
    if edit == "time":
        content["registered"] = LATER.isoformat()
    else:
        content["plan"]["weeks"] = 2
        content["sha256"] = made.plan.changed(weeks=2).sha256 if edit == "hash too" else content["sha256"]
    path.write_text(json.dumps(content))
    with pytest.raises(ArtefactError, match="was edited after registration"):
        load_registered(path)


def test_a_register_that_was_rewritten_or_is_gone_is_found(tmp_path: Path) -> None:
    for k in range(3):
        register(draft(weeks=4 + k), tmp_path / f"plan{k}.json", now=NOW)
    lines = (tmp_path / REGISTER).read_text().splitlines()
    (tmp_path / REGISTER).write_text("\n".join([lines[0], lines[2]]) + "\n")
    with pytest.raises(ArtefactError, match=rf"{REGISTER}, line 2: the register of plans was edited"):
        load_registered(tmp_path / "plan2.json")
    (tmp_path / REGISTER).write_text("nonsense\n")
    with pytest.raises(ArtefactError, match="line 1"):
        load_registered(tmp_path / "plan0.json")
    (tmp_path / REGISTER).unlink()
    with pytest.raises(ArtefactError, match="has no plan with this hash"):
        load_registered(tmp_path / "plan0.json")


def test_what_is_no_registered_plan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="there is no such plan"):
        load_registered(tmp_path / "gone.json")
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(ArtefactError, match="not JSON"):
        load_registered(tmp_path / "x.json")
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(ArtefactError, match="is no registered plan"):
        load_registered(tmp_path / "x.json")
    with pytest.raises(DataError, match="time zone"):
        register(draft(), tmp_path / "y.json", now=NOW.replace(tzinfo=None))


def test_a_plan_stands_for_its_own_hash_and_names_its_testable_groups() -> None:
    """Else evidence of one plan would be judged by the rules of another, or no group would be tested at all."""
    whole, now = with_groups(draft()), datetime(2026, 3, 1, tzinfo=UTC)
    assert RegisteredPlan(whole, whole.sha256, now).plan == whole
    with pytest.raises(ArtefactError, match="was edited after registration"):
        RegisteredPlan(whole.changed(alpha=0.5), whole.sha256, now)
    with pytest.raises(ArtefactError, match="does not name its testable groups"):
        RegisteredPlan(draft(), draft().sha256, now)
    with pytest.raises(DataError, match="time zone"):
        RegisteredPlan(whole, whole.sha256, now.replace(tzinfo=None))


def test_a_name_with_a_line_separator_does_not_break_the_register(tmp_path: Path) -> None:
    made = register(draft(name="one\u2028two\x85three"), tmp_path / "plan.json", now=NOW)
    register(draft(name="next"), tmp_path / "next.json", now=LATER)
    assert load_registered(tmp_path / "plan.json") == made


def test_a_register_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / REGISTER).write_bytes(b"\xff\xfe")
    with pytest.raises(ArtefactError, match="the register of plans was edited"):
        register(draft(), tmp_path / "plan.json", now=NOW)


def test_plans_registered_at_once_are_all_in_the_register(tmp_path: Path) -> None:
    paths = [tmp_path / f"plan{k}.json" for k in range(8)]
    with ThreadPoolExecutor(len(paths)) as together:
        made = list(together.map(lambda k: register(draft(weeks=k + 1), paths[k], now=NOW), range(len(paths))))
    assert [load_registered(path) for path in paths] == made
    assert len((tmp_path / REGISTER).read_text().splitlines()) == len(paths)
