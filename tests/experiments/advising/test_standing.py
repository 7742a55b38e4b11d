"""What a policy is shown for statistics that come from outside."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from tests.experiments.advising.conftest import Tell
from tests.experiments.conftest import Business

from evenhand.envs.estimates import OPEN_PRIOR, REDEEM_PRIOR
from evenhand.experiments import recommend
from evenhand.experiments.advising.standing import STANDING_SEED, Standing, standing_of
from evenhand.experiments.now import Now


def test_before_anything_was_sent_the_view_is_that_of_offline_recommendations(
    business: Business, standing: Standing, tell: Tell
) -> None:
    assert STANDING_SEED == recommend.FUTURE_SEED
    future = business.simulator.population_of(business.customers, STANDING_SEED)
    world = Now.of(business.setup, business.customers, business.today).shown(future)
    on_a_cut = world.bins[0] != standing.world.bins[0]
    assert on_a_cut.mean() < 0.02
    world.bins[0] = standing.world.bins[0]
    world._assign()
    world.look()
    view = standing.look(tell(sends=0))
    near = partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-6)  # customers are added up in another order
    near(view.observation, world.observation)
    np.testing.assert_array_equal(view.allowed, world.allowed())
    near(view.table, world.table[0])
    np.testing.assert_array_equal(view.decode, world.decode[0])


def test_everyone_stands_in_the_segment_that_the_segmentation_assigns(business: Business, standing: Standing) -> None:
    np.testing.assert_array_equal(standing.world.first[0], business.today.assign(business.customers.frame))
    assert standing.members.sum() == business.customers.n


def test_rates_are_gamma_posterior_means_of_what_was_told(business: Business, standing: Standing, tell: Tell) -> None:
    told = tell(sends=7, times=1.5)
    standing.look(told)
    world = standing.world
    for s, id_ in enumerate(business.today.ids):
        funnel = told[id_].campaigns
        places = {campaign.id: c for c, campaign in enumerate(business.today.catalogue.campaigns)}
        hoped = sum(one.sends * standing.open_rate[s, places[c]] for c, one in funnel.items())
        seen = sum(one.opens for one in funnel.values())
        assert world.open_ratio[0, s] == pytest.approx((OPEN_PRIOR + seen) / (OPEN_PRIOR + hoped), rel=1e-5)
        for campaign, counts in funnel.items():
            c = places[campaign]
            if c > 0:
                total = REDEEM_PRIOR + counts.opens * standing.redeem_rate[s, c]
                ratio = (REDEEM_PRIOR + counts.redemptions) / total
                assert world.redeem_ratio[0, s, c] == pytest.approx(ratio, rel=1e-5)
                assert world.redeem_sd[0, s, c] == pytest.approx(np.sqrt(ratio / total), rel=1e-5)


def test_expected_rates_are_means_over_who_may_get_a_campaign(business: Business, standing: Standing) -> None:
    world = standing.world
    for s in range(len(business.today.ids)):
        for c, campaign in enumerate(business.today.catalogue.campaigns):
            if not campaign.channel:
                continue
            who = (world.first[0] == s) & business.customers.reachable[:, c]
            opening = world.open_part[0, who].astype(float)
            assert standing.open_rate[s, c] == pytest.approx(opening.mean())
            redeem = (opening * world.expected_redeem[0, who, c]).sum() / opening.sum()
            assert standing.redeem_rate[s, c] == pytest.approx(redeem)


def test_more_redemptions_than_expected_raise_the_gain_of_that_campaign(standing: Standing, tell: Tell) -> None:
    low, high = (standing.look(tell(times=times)).table[1, 5] for times in (0.5, 2.0))  # give the first segment nothing
    assert low != high


def test_a_view_is_not_changed_by_the_next_one(standing: Standing, tell: Tell) -> None:
    view = standing.look(tell(times=0.5))
    kept = [part.copy() for part in view]
    standing.look(tell(times=2.0))
    for before, after in zip(kept, view, strict=True):
        np.testing.assert_array_equal(before, after)


def test_of_many_customers_a_sample_is_looked_at(business: Business) -> None:
    small = standing_of(business.customers, business.today, business.simulator, business.setup, most=400)
    again = standing_of(business.customers, business.today, business.simulator, business.setup, most=400)
    assert (small.n, small.customers.n, small.members.sum()) == (business.customers.n, 400, 400)
    assert list(small.customers.frame.index) == list(again.customers.frame.index)
