"""The small business as it stands, statistics of its segments, and a policy that likes what its own estimate likes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.experiments.conftest import Business

from evenhand.agents.policy import Observations
from evenhand.envs.candidates import CANDIDATE_FEATURES
from evenhand.experiments.advising.advise import Adviser
from evenhand.experiments.advising.standing import Standing, standing_of
from evenhand.experiments.advising.statistics import CampaignCounts, SegmentCounts, Statistics

Tell = Callable[..., Statistics]


@dataclass
class Frank:
    """Scores every candidate by one of its features, as the policy sees them."""

    business: Business
    feature: str = "net_if_kept"
    sign: float = 1.0
    name: str = "frank"

    def logits(self, observations: Observations) -> NDArray[np.float32]:
        assert self.feature in CANDIDATE_FEATURES
        found = self.sign * self.business.greedy.layout.candidate(observations, self.feature)
        return np.asarray(found, np.float32)


@pytest.fixture(scope="session")
def standing(business: Business) -> Standing:
    return standing_of(business.customers, business.today, business.simulator, business.setup)


@pytest.fixture
def adviser(business: Business, standing: Standing) -> Adviser:
    return Adviser.of(Frank(business), standing)


@pytest.fixture
def tell(business: Business, standing: Standing) -> Tell:
    """Return a maker of statistics: so many sends a customer, opened and redeemed `times` as often as expected."""

    def made(sends: int = 50, times: float = 1.0) -> Statistics:
        found = {}
        for s, segment in enumerate(business.today.every):
            n, funnel = int(standing.members[s]), {}
            for c, campaign in enumerate(business.today.catalogue.campaigns):
                if not campaign.channel:
                    continue
                sent = n * sends if campaign.id == segment.campaign else n * sends // 10
                opened = min(sent, round(times * sent * standing.open_rate[s, c]))
                redeemed = min(opened, round(times * opened * standing.redeem_rate[s, c]))
                funnel[campaign.id] = CampaignCounts(sent, opened, redeemed)
            found[segment.id] = SegmentCounts(n, funnel)
        return found

    return made
