"""One part of the learner taken away at a time, as data that one function runs."""

from __future__ import annotations

import numpy as np
import pytest
from tests.experiments.shop import quick

from evenhand.agents import Budget
from evenhand.errors import DataError
from evenhand.experiments.ablations import ABLATIONS, ablation_named, changed, run_cell
from evenhand.experiments.evaluation import Evaluation
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.opponents import Opponents
from evenhand.experiments.setup import setup_of

BUDGET = Budget(
    steps=48, n_envs=4, n_customers=60, train_populations=4, validation_populations=2, confirmation_populations=4,
    checkpoints=1,
)  # fmt: skip


def cell(study: StudyFolder, name: str, seed: int = 5) -> Evaluation:
    simulator, today, settings = study.simulator(), study.today(), quick(populations=2)
    setup = setup_of(simulator, today, settings)
    opponents = Opponents.from_dict(study.read_plain("opponents.json"), setup)
    return run_cell(
        name, seed=seed, simulator=simulator, today=today, setup=setup, opponents=opponents, settings=settings,
        budget=BUDGET,
    )  # fmt: skip


@pytest.fixture(scope="module")
def full(shop_study: StudyFolder) -> Evaluation:
    return cell(shop_study, "full")


def test_a_cell_is_the_evidence_of_one_ablation_and_one_seed(shop_study: StudyFolder, full: Evaluation) -> None:
    myopic = cell(shop_study, "myopic")
    assert [policy.label for policy in myopic.policies if policy.kind == "learned"] == ["myopic"]
    np.testing.assert_array_equal(full.profits["greedy-shadow"], myopic.profits["greedy-shadow"])
    again = cell(shop_study, "full")
    np.testing.assert_array_equal(full.profits["learned"], again.profits["learned"])


@pytest.mark.parametrize("name", ["ppo", "no-constraint", "fixed-granularity"])
def test_what_is_taken_away_in_learning_leaves_the_others_and_their_limits_alone(
    shop_study: StudyFolder, full: Evaluation, name: str
) -> None:
    found = cell(shop_study, name)
    assert found.policies[:-1] == full.policies[:-1]
    assert found.policies[-1].gap["age"].tolerance == full.policies[-1].gap["age"].tolerance is not None


def test_every_ablation_takes_one_thing_away() -> None:
    assert next(iter(ABLATIONS)) == "full"
    for name, ablation in ABLATIONS.items():
        parts = (ablation.net, ablation.hyper, ablation.setup, ablation.learning, ablation.budget)
        taken = sum(len(part) for part in parts) + (ablation.algorithm is not None)
        assert (taken or int(not ablation.whole_plan)) == (name != "full"), name


def test_changes_are_of_fields_that_there_are() -> None:
    assert changed(BUDGET, ABLATIONS["one-population"].budget).train_populations == 1
    with pytest.raises(DataError, match="Budget has no 'populations'"):
        changed(BUDGET, {"populations": 1})
    with pytest.raises(DataError, match="did you mean 'myopic'"):
        ablation_named("myopc")
