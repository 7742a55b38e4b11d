"""A search as a step of a study: workers share a journal, and training uses what was found when asked."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from tests.experiments.conftest import Business
from tests.experiments.shop import quick, shop

from evenhand.agents import Hyperparameters
from evenhand.errors import ArtefactError
from evenhand.experiments import steps
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.searching import hyper_from, search
from evenhand.experiments.training import hyper_of


@pytest.mark.slow
def test_two_workers_run_as_many_trials_as_were_asked_for(business: Business, tmp_path: Path) -> None:
    journal = tmp_path / "s.sqlite"
    found = search(business.simulator, business.today, trials=5, journal=journal, settings=business.settings, workers=2)
    assert len(found.trials) == 5
    assert {t.state for t in found.trials} <= {"complete", "pruned"}
    assert len({tuple(t.parameters.values()) for t in found.trials}) == 5


def test_training_uses_the_best_of_a_search_when_asked(tmp_path: Path) -> None:
    folder, settings = StudyFolder(tmp_path / "study"), quick(training_seeds=1)
    steps.ingest_step(folder, shop())
    steps.calibrate_step(folder, settings)
    with pytest.raises(ArtefactError, match=r"no search.json.*evenhand search"):
        steps.train_step(folder, settings, searched=True)
    found = steps.search_step(folder, settings, trials=2)
    written = folder.read_plain("search.json")
    assert [t["number"] for t in written["trials"]] == [0, 1]
    assert written["best"]["number"] == found.best.number
    assert hyper_from(written["best"]["hyper"]) == found.hyper != hyper_of(settings)
    assert found.best.value == max(t.value for t in found.trials if t.value is not None and t.state == "complete")
    steps.train_step(folder, settings, searched=True)
    assert hyper_from(folder.read_plain("learning.json")["hyper"]) == found.hyper
    assert steps.search_step(folder, settings, trials=2).trials == found.trials  # nothing is left to do
    with pytest.raises(ArtefactError, match=r"another steps: 96, not 120"):
        steps.search_step(folder, quick(training_seeds=1, steps=120), trials=2)
    steps.calibrate_step(folder, settings)
    assert not folder.has("search.json")
    assert not folder.has("search.sqlite")


def test_hyperparameters_come_back_from_plain_data() -> None:
    hyper = Hyperparameters(epochs=3)
    assert hyper_from(asdict(hyper)) == hyper
