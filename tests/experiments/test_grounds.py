"""What stands behind recommended tweaks: the very figures that the policy ranked by, and the one that came next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.experiments.conftest import Business

from evenhand.agents import Layout
from evenhand.agents.policy import Masks, Observations, Rows
from evenhand.envs.candidates import CANDIDATE_FEATURES
from evenhand.experiments.grounds import Looked, look_behind
from evenhand.experiments.recommend import choose, recommend, shown_to
from evenhand.segments import Tweak, tweak_from_json

SEED = 1


@dataclass
class ByGain:
    """Scores a candidate by its gain, as it stands in the observation."""

    layout: Layout
    name: str = "by gain"

    def reset(self, seed: int) -> None:
        """Nothing to forget."""

    def logits(self, observations: Observations) -> NDArray[np.float32]:
        return np.asarray(self.layout.candidate(observations, "gain"), np.float32)

    def choose(self, observations: Observations, masks: Masks) -> Rows:
        return np.asarray(np.where(masks, self.logits(observations), -np.inf).argmax(axis=1), np.int64)


@pytest.fixture(scope="module")
def policy(business: Business) -> ByGain:
    return ByGain(Layout(business.setup.max_segments, len(business.simulator.catalogue.campaigns)))


@pytest.fixture(scope="module")
def tweaks(business: Business, policy: ByGain) -> list[Tweak]:
    found = recommend(
        policy, business.customers, business.today, business.simulator, business.setup, draws=4, count=2, seed=SEED
    )
    assert found
    return [tweak_from_json(one.tweak) for one in found]


def look(business: Business, policy: ByGain, tweaks: list[Tweak]) -> Looked:
    return look_behind(
        policy, business.customers, business.today, business.simulator, business.setup, tweaks, count=2, seed=SEED
    )


def test_each_tweak_has_the_figures_of_its_own_row(business: Business, policy: ByGain, tweaks: list[Tweak]) -> None:
    looked = look(business, policy, tweaks)
    world = shown_to(business.customers, business.today, business.simulator, business.setup, seed=SEED)
    chosen = {one.tweak: one.features for one in choose(policy, world, business.today, 4)}
    on_offer = world.table[0][world.allowed()[0]]
    for tweak, grounds in zip(tweaks, looked.grounds, strict=True):
        assert set(grounds.saw) == set(looked.usual)
        for name, value in grounds.saw.items():
            assert value == pytest.approx(chosen[tweak][name], rel=1e-5)
            column = on_offer[:, CANDIDATE_FEATURES.index(name)]
            assert looked.usual[name] == pytest.approx(float(np.median(column)), rel=1e-5)


def test_the_runner_up_is_none_of_those_recommended_and_fits_today(
    business: Business, policy: ByGain, tweaks: list[Tweak]
) -> None:
    told = [tweak.to_dict() for tweak in tweaks]
    for tweak, grounds in zip(tweaks, look(business, policy, tweaks).grounds, strict=True):
        found = grounds.runner_up
        assert found is not None
        assert found.document not in told
        other = tweak_from_json(found.document)
        other.apply(business.today)
        assert other.touches(business.today) & tweak.touches(business.today)
        assert found.expected.low < found.expected.mean < found.expected.high
        if found.expected.low > 0:
            assert found.why_not == ("ranks lower" if found.behind >= 0 else "meets a better one")
        else:
            assert found.why_not == "nothing clear"


def test_what_was_not_recommended_has_no_grounds(business: Business, policy: ByGain, tweaks: list[Tweak]) -> None:
    world = shown_to(business.customers, business.today, business.simulator, business.setup, seed=SEED)
    last = choose(policy, world, business.today, 100)[-1].tweak
    assert last not in tweaks
    with pytest.raises(ValueError, match="was not recommended"):
        look_behind(
            policy, business.customers, business.today, business.simulator, business.setup, [last], count=0, seed=SEED
        )
