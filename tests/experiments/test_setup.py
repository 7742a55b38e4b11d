"""What a study's settings say reaches the environment."""

from __future__ import annotations

import pytest
from tests.experiments.shop import quick, shop

from evenhand.customers import rfm_segmentation
from evenhand.envs import REVIEWERS
from evenhand.errors import DataError
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import setup_of
from evenhand.simulator import calibrate


def test_the_named_reviewer_decides_in_the_environment() -> None:
    customers = shop()
    simulator, today = calibrate(customers, replicates=1), rfm_segmentation(customers)
    for name, reviewer in REVIEWERS.items():
        assert setup_of(simulator, today, quick(reviewer=name)).reviewer is reviewer
    assert StudySettings().reviewer == "none"


def test_a_reviewer_that_there_is_not_is_refused() -> None:
    with pytest.raises(DataError, match="reviewer = 'kind'"):
        quick(reviewer="kind")
