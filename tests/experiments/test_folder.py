from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch as th
from tests.experiments.shop import quick

from evenhand.agents import GreedyTuning, LearnedPolicy, NetSettings
from evenhand.agents.learning.network import CandidateNet
from evenhand.errors import ArtefactError, DataError
from evenhand.experiments import folder as module
from evenhand.experiments.folder import FILES, StudyFolder
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.steps import fresh_run, link_latest


def a_policy(seed: int) -> LearnedPolicy:
    settings = NetSettings(3, 2, horizon=4, edit=0.01, complexity=0.0, tuning=GreedyTuning())
    th.manual_seed(seed)
    net = CandidateNet(**settings.kwargs())
    return LearnedPolicy(
        settings, {k: v.detach().numpy() for k, v in net.state_dict().items()}, manifest={"seed": seed}
    )


@pytest.mark.parametrize("name", list(module.MADE_BY))
def test_a_missing_file_names_the_command_that_makes_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArtefactError, match=f"there is no {name}.*run `evenhand {module.MADE_BY[name]} .*{tmp_path}"):
        StudyFolder(tmp_path).need(name)


def test_writing_fails_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = StudyFolder(tmp_path)
    folder.write("settings.json", quick())
    before = (tmp_path / "settings.json").read_bytes()
    with pytest.raises(ValueError, match="JSON compliant"):
        folder.write("settings.json", {"seed": float("nan")})

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        folder.write("settings.json", "{}")
    assert (tmp_path / "settings.json").read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["settings.json"]


def test_settings_come_back_and_a_broken_file_is_one_readable_error(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path)
    folder.write("settings.json", quick(seed=9))
    assert folder.settings() == quick(seed=9)
    folder.write("settings.json", {"seed": "nine"})
    with pytest.raises(ArtefactError, match=r"seed: .*valid integer.*run `evenhand train"):
        folder.settings()
    folder.write("evaluation.json", "{")
    with pytest.raises(ArtefactError, match="is no JSON"):
        folder.read_plain("evaluation.json")


def test_the_chosen_policy_stays_first_among_more_than_ten(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path)
    folder.write_policies([a_policy(seed) for seed in range(12)])
    assert [policy.manifest["seed"] for policy in folder.policies()] == list(range(12))
    folder.write_policies([a_policy(40)])
    assert [policy.manifest["seed"] for policy in folder.policies()] == [40]
    assert [item.name for item in tmp_path.iterdir()] == ["policy"]


def test_an_empty_policy_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "policy").mkdir()
    with pytest.raises(ArtefactError, match="holds no policy"):
        StudyFolder(tmp_path).policies()


@pytest.mark.parametrize(
    ("step", "stale"),
    [
        ("ingest", {"calibrate", "search", "train", "evaluate", "recommend", "mitigate"}),
        ("calibrate", {"search", "train", "evaluate", "recommend", "mitigate"}),
        ("train", {"evaluate", "recommend", "mitigate"}),
        ("search", set()),
        ("mitigate", set()),
        ("evaluate", set()),
        ("recommend", set()),
        ("report", set()),
    ],
)
def test_what_stood_on_a_step_goes_when_it_is_made_again(tmp_path: Path, step: str, stale: set[str]) -> None:
    folder = StudyFolder(tmp_path)
    for name in (name for names in FILES.values() for name in names):
        if name in ("customers", "policy"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "x").touch()
        else:
            folder.write(name, "{}")
    folder.write("seconds.json", dict.fromkeys(FILES, 1.0))
    folder.forget_after(step)
    gone = {one for one, names in FILES.items() if not any(folder.has(name) for name in names)}
    assert gone == stale
    assert set(json.loads((tmp_path / "seconds.json").read_text())) == set(FILES) - stale
    assert all(folder.has(name) for one in set(FILES) - stale for name in FILES[one])


def test_a_folder_says_what_is_in_it(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path)
    assert repr(folder).endswith(": empty)")
    folder.write("today.json", "{}")
    assert repr(folder).endswith(": today.json)")


def test_runs_of_one_second_do_not_meet_and_the_link_follows_the_latest(tmp_path: Path) -> None:
    first, second = (fresh_run(tmp_path, now="2026-01-01T00-00-00") for _ in range(2))
    assert (first.path.name, second.path.name) == ("2026-01-01T00-00-00", "2026-01-01T00-00-00-2")
    for run in (first, second, first):
        link = link_latest(run, "demo")
        assert link.resolve() == run.path.resolve()
    (tmp_path / "real").mkdir()
    with pytest.raises(DataError, match="is no link to a run"):
        link_latest(first, "real")
    assert sorted(item.name for item in tmp_path.iterdir())[2:] == ["demo", "real"]


def test_settings_name_what_is_unknown_or_not_valid() -> None:
    assert StudySettings().changed(steps=7).steps == 7
    with pytest.raises(DataError, match=r"there is no setting 'step'.*did you mean 'steps'"):
        StudySettings().changed(step=7)
    with pytest.raises(DataError, match="tolerance = 3"):
        StudySettings().changed(tolerance=3)
    with pytest.raises(DataError, match="seed = -1"):
        StudySettings().changed(seed=-1)
    seeds = 1000 * np.int64(1_000_000) + 999  # the last training seed of the largest seed of a study
    assert StudySettings().changed(seed=1_000_000).seed == 1_000_000
    assert seeds < 2**32


def test_a_registered_plan_beside_a_study_s_files_is_no_step_s(tmp_path: Path) -> None:
    """What `evenhand ab plan --out plan.json` fixed is gone for good where a step takes it for its own."""
    folder = StudyFolder(tmp_path)
    folder.write("plan.json", "{}")
    for step in FILES:
        folder.forget_after(step)
    assert folder.has("plan.json")
    assert "plan.json" not in module.MADE_BY
