"""The next tweaks for real customers: whom they touch, that they are expected to pay, and that they repeat."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from tests.experiments.conftest import Business

from evenhand.agents.policy import Masks, Observations, Rows
from evenhand.envs import Reviewer, World
from evenhand.experiments import recommend as module
from evenhand.experiments.now import Now, change_of, first_part
from evenhand.experiments.reasons import reason_of
from evenhand.experiments.recommend import learned_segmentation, recommend
from evenhand.experiments.report import Recommendation
from evenhand.experiments.setup import setup_of
from evenhand.segments import AssignCampaign, Condition, Segmentation, Split, tweak_from_json

DRAWS = 6


def recommended(
    business: Business, *, today: Segmentation | None = None, count: int = 3, seed: int = 0
) -> list[Recommendation]:
    return recommend(
        business.greedy, business.customers, today or business.today, business.simulator, business.setup,
        draws=DRAWS, count=count, seed=seed,
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(business: Business) -> list[Recommendation]:
    tweaks = recommended(business)
    assert tweaks, "greedy has something to say about this business"
    return tweaks


@dataclass
class Reversed:
    """Likes best what greedy likes least: a policy whose advice is bad."""

    business: Business
    name: str = "reversed"

    def reset(self, seed: int) -> None:
        """Nothing to forget."""

    def choose(self, observations: Observations, masks: Masks) -> Rows:
        gain = self.business.greedy.layout.candidate(observations, "gain")
        return np.asarray(np.where(masks, gain, np.inf).argmin(axis=1), np.int64)


def test_the_affected_are_those_whose_segment_or_campaign_changes(
    business: Business, found: list[Recommendation]
) -> None:
    """Recounted customer by customer."""
    customers, today = business.customers, business.today
    for row in found:
        after = tweak_from_json(row.tweak).apply(today).segmentation
        touched = []
        for before_at, after_at in zip(today.assign(customers.frame), after.assign(customers.frame), strict=True):
            one, other = today.every[before_at], after.every[after_at]
            touched.append((one.id, one.campaign) != (other.id, other.campaign))
        assert row.affected_customers == sum(touched) > 0
        for group in row.affected_groups:
            members = (customers.frame[group.attribute] == group.group).to_numpy()
            assert group.n == members.sum()
            assert group.affected == (members & touched).sum()
        for attribute in ("age", "region"):
            groups = [group for group in row.affected_groups if group.attribute == attribute]
            assert sum(group.n for group in groups) == customers.n  # the unknown are shown too
            assert sum(group.affected for group in groups) == row.affected_customers


def test_rates_of_benefit_are_chances_to_be_sent_one_exploration_included(
    business: Business, found: list[Recommendation]
) -> None:
    customers, setup = business.customers, business.setup
    for row in found:
        after = tweak_from_json(row.tweak).apply(business.today).segmentation
        for segmentation, when in ((business.today, "before"), (after, "after")):
            letters = np.array([s.campaign == "letter" for s in segmentation.every])[
                segmentation.assign(customers.frame)
            ]
            chance = customers.consent * ((1 - setup.explore) * letters + setup.explore / 3)
            rates = {}
            for group in (group for group in row.affected_groups if group.attribute == "age"):
                rates[group.group] = chance[(customers.frame["age"] == group.group).to_numpy()].mean()
                assert getattr(group, when) == pytest.approx(rates[group.group])
            gap = abs(rates["under 45"] - rates["45 up"])
            assert getattr(row.fairness["age"], when) == pytest.approx(gap)
        assert row.fairness["age"].tolerance == 0.05
        assert "region" not in row.fairness  # its smaller group is too small to speak about


def test_tweaks_touch_different_segments_and_speak_about_today(business: Business, found: list[Recommendation]) -> None:
    touched = [tweak_from_json(row.tweak).touches(business.today) for row in found]
    assert sum(len(one) for one in touched) == len(frozenset().union(*touched))
    assert all(row.sentence == tweak_from_json(row.tweak).explain(business.today) for row in found)
    assert all(row.policy == "greedy" and row.reason.endswith(".") for row in found)


def test_what_is_expected_to_lose_is_never_recommended(business: Business, found: list[Recommendation]) -> None:
    """A policy that likes the worst names tweaks that lose; exactly those are left out."""
    assert all(row.expected["profit"].mean > 0 for row in found)
    policy, today = Reversed(business), business.today
    futures = business.simulator.populations_of(business.customers, [module.FUTURE_SEED + k for k in range(DRAWS)])
    now = Now.of(business.setup, business.customers, today)
    named = module.choose(policy, now.shown(futures[0]), today, 2 * module.SPARE * 3)
    effects = [np.mean([change_of(now, future, choice.row) for future in futures]) for choice in named]
    kept = recommend(policy, business.customers, today, business.simulator, business.setup, draws=DRAWS, count=6)
    assert min(effects) < 0 < max(effects)
    gaining = [choice.tweak for choice, effect in zip(named, effects, strict=True) if effect > 0]
    assert [tweak_from_json(row.tweak) for row in kept] == gaining


def test_the_expected_effect_is_that_of_the_tweak_against_holding(
    business: Business, found: list[Recommendation]
) -> None:
    """Simulated once more, holding beside it with the same luck."""
    now = Now.of(business.setup, business.customers, business.today)
    futures = business.simulator.populations_of(business.customers, [module.FUTURE_SEED + k for k in range(DRAWS)])
    world = now.world(futures[0])
    row = int(business.greedy.choose(world.observation, world.allowed())[0])
    totals = {}
    for action in (row, 0):
        per_draw = []
        for future in futures:
            world, done, reward, first = now.world(future), False, 0.0, action
            while not done:
                gained, _, done = world.step(np.array([first]))
                reward, first = reward + float(gained[0]), 0
            per_draw.append(reward / business.setup.horizon)
        totals[action] = np.array(per_draw)
    assert not totals[0].any()
    assert found[0].expected["profit"].mean == pytest.approx(float(totals[row].mean()))
    assert found[0].expected["profit"].low <= float(np.median(totals[row])) <= found[0].expected["profit"].high


def test_the_world_begins_where_the_customers_are(business: Business) -> None:
    """In the same segments too: 6 orders a month are 6 again after they were counted in trips per period."""
    now = Now.of(business.setup, business.customers, business.today)
    world: World = now.world(business.simulator.population_of(business.customers, 1))
    frame, state = business.customers.frame, world.sim.state
    np.testing.assert_allclose(state.recency[0] * 7, frame["recency_days"], rtol=1e-5)
    np.testing.assert_allclose(state.trips[0] * 30 / 7, frame["orders"], rtol=1e-5)
    np.testing.assert_allclose(state.spend[0], frame["basket"], rtol=1e-5)
    np.testing.assert_array_equal(world.first[0], business.today.assign(frame))
    assert not state.fatigue[0][~business.customers.consent].any()
    assert world.period == 0


def test_the_same_seed_recommends_the_same(business: Business, found: list[Recommendation]) -> None:
    assert recommended(business) == found
    other = recommended(business, seed=1)
    assert [row.expected for row in other] != [row.expected for row in found]


def test_what_is_recommended_waits_for_a_person_not_for_a_simulated_reviewer(
    business: Business, found: list[Recommendation]
) -> None:
    never = replace(business.setup, reviewer=Reviewer(reject=1.0))
    assert recommended(business._replace(setup=never)) == found


def test_no_more_than_asked_for(business: Business, found: list[Recommendation]) -> None:
    assert recommended(business, count=1) == found[:1]


def parted(business: Business) -> Segmentation:
    """Return today after an earlier recommendation was approved: its new part is called part-1."""
    part = Condition(field="green_share", operator=">=", value=0.2)
    default = business.today.default
    other = "mail" if default.campaign != "mail" else "letter"
    split = Split(segment=default.id, condition=part, part_id="part-1", part_name="Green", campaign=other)
    return split.apply(business.today).segmentation


def test_parts_of_earlier_recommendations_are_no_obstacle(business: Business) -> None:
    """New ids begin behind the highest there is."""
    today = parted(business)
    later = business._replace(today=today, setup=setup_of(business.simulator, today, business.settings))
    for row in recommended(later):
        tweak_from_json(row.tweak).apply(today)
    learned = learned_segmentation(later.greedy, later.customers, today, later.simulator, later.setup, seed=1)
    assert len(set(learned.ids)) == len(learned.ids)
    assert first_part(today) == 2
    assert first_part(business.today) == 1


def test_the_learned_segmentation_is_one_path_of_the_policy(business: Business) -> None:
    arguments = (business.greedy, business.customers, business.today, business.simulator, business.setup)
    one = learned_segmentation(*arguments, seed=1)
    assert one.hash == learned_segmentation(*arguments, seed=1).hash
    assert one.hash != business.today.hash
    assert set(one.assign(business.customers.frame)) <= set(range(len(one.every)))


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ({"gain": 0.012}, "The estimate for the next week alone is +0.012 per customer."),
        ({"contact_change": -0.1, "fatigue": 0.8}, "These customers are tired: their contact pressure is 80%"),
        ({"weight_change": -0.1}, "It spares customers contact that brings little."),
        ({"organic": 2.0}, "They spend 2.0 times the average, so losing their attention is dear."),
        ({"organic": 0.4}, "They spend 0.4 times the average, which does not pay for the mailing."),
        ({"slack_change": -0.4}, "It leaves more room under the tightest limit, by 40% of it."),
        ({}, "Over the whole horizon the policy expects more from it than from holding."),
    ],
)
def test_the_reason_is_what_speaks_for_it(features: dict[str, float], words: str) -> None:
    names = ("gain", "contact_change", "weight_change", "fatigue", "slack_change")
    assert reason_of({**dict.fromkeys(names, 0.0), "organic": 1.0, **features}).startswith(words)


def test_undoing_a_recommendation_gives_today_back(business: Business, found: list[Recommendation]) -> None:
    for row in found:
        applied = tweak_from_json(row.tweak).apply(business.today)
        assert applied.undo.apply(applied.segmentation).segmentation.hash == business.today.hash
    same = AssignCampaign(segment=business.today.default.id, campaign="mail")
    assert tweak_from_json(same.to_json()) == same
