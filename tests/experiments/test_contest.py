"""Any mix of policies and baselines on any simulator, and words that say what does not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.experiments.shop import quick

from evenhand.agents import LearnedPolicy
from evenhand.errors import ArtefactError, DataError, EvenhandError
from evenhand.experiments.contest import (
    BASELINES,
    Ring,
    contest,
    horizon_of,
    named_policies,
    open_simulator,
    ring_of,
    today_of,
)
from evenhand.experiments.evaluation import Evaluation
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.opponents import Opponents, entrants
from evenhand.experiments.setup import setup_of
from evenhand.fairness import DemographicParity
from evenhand.segments import Condition, RuleGroup, Segment, Segmentation


@pytest.fixture(scope="module")
def ring(shop_study: StudyFolder) -> Ring:
    simulator = shop_study.simulator()
    return ring_of(simulator, today_of(str(shop_study.path / "simulator.json"), simulator), quick())


def test_every_opponent_of_a_study_can_be_named(shop_study: StudyFolder) -> None:
    setup = setup_of(shop_study.simulator(), shop_study.today(), quick())
    opponents = Opponents.from_dict(shop_study.read_plain("opponents.json"), setup)
    rows = [row.name for row in entrants(setup, shop_study.policies()[0].settings.layout, opponents)]
    assert rows == [name for name in BASELINES if name in rows]
    assert named_policies(rows) == ({}, rows)


def test_a_studys_own_contest_gives_the_studys_own_numbers(shop_study: StudyFolder, ring: Ring) -> None:
    """Same simulator, segmentation, limits and seed: what the study's evidence says is found again."""
    policies, baselines = named_policies([str(shop_study.path), "greedy-shadow"])
    found = contest(policies, baselines, ring)
    kept = Evaluation.from_dict(shop_study.read_plain("evaluation.json"))
    chosen = next(iter(policies))
    np.testing.assert_array_equal(found.profits[chosen], kept.profits["learned"])
    np.testing.assert_array_equal(found.profits["greedy-shadow"], kept.profits["greedy-shadow"])
    np.testing.assert_array_equal(found.profits["today"], kept.profits["today"])
    assert found.over_seeds is None or found.over_seeds.seeds == 2


def test_names_are_folders_studies_and_baselines(shop_study: StudyFolder) -> None:
    one = str(next((shop_study.path / "policy").iterdir()))
    policies, baselines = named_policies([one, "rfm", str(shop_study.path)])
    assert baselines == ["rfm"]
    assert len(policies) == 3
    assert next(iter(policies)) == one


def test_only_the_baselines_named_are_tuned(ring: Ring) -> None:
    told: list[str] = []
    found = contest({}, ["greedy", "random"], ring, on_progress=lambda name, _: told.append(name))
    assert [policy.name for policy in found.policies] == ["today", "random", "greedy"]
    assert set(told) == {"today", "random", "greedy"}
    assert [name for name in told if told.count(name) > 1] == ["greedy"] * told.count("greedy")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("gredy", "did you mean 'greedy'?"),
        ("whatever", "the baselines are today, random, rfm"),
    ],
)
def test_an_unknown_name_is_told_the_nearest(given: str, said: str) -> None:
    with pytest.raises(DataError, match="neither a policy nor a baseline") as caught:
        named_policies([given])
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("cofee_tea", "did you mean 'coffee_tea'?"),
        ("shifted", "--scenario shifted"),
        ("nowhere.json", "give a simulator.json, or one of beauty_box"),
    ],
)
def test_an_unknown_simulator_is_told_the_nearest(on: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        open_simulator(on)
    assert said in str(caught.value)


def test_a_world_needs_no_file(ring: Ring) -> None:
    simulator = open_simulator("coffee_tea")
    assert today_of("coffee_tea", simulator).catalogue.campaigns == simulator.catalogue.campaigns


def test_a_policy_of_another_business_is_refused(shop_study: StudyFolder, ring: Ring) -> None:
    policy = shop_study.policies()[0]
    other = replace(policy.settings, n_campaigns=policy.settings.n_campaigns + 1)
    with pytest.raises(ArtefactError, match="was trained for 4 campaigns and 10 segments at most, here are 3 and 10"):
        contest({"stranger": LearnedPolicy(other, policy.weights)}, [], ring)
    longer = LearnedPolicy(replace(policy.settings, horizon=52), policy.weights)
    with pytest.raises(DataError, match=r"horizons \[6, 52\]"):
        horizon_of({"one": policy, "two": longer}, otherwise=26)
    assert horizon_of({"one": policy}, otherwise=26) == 6
    assert horizon_of({}, otherwise=26) == 26


def test_a_plan_of_another_simulator_is_refused(shop_study: StudyFolder, ring: Ring) -> None:
    """Campaigns go by their place: those of another business would be taken for others without a word."""
    policy, today = shop_study.policies()[0], ring.today
    catalogue = replace(today.catalogue, campaigns=today.catalogue.campaigns[::-1])
    turned = Segmentation(catalogue=catalogue, segments=(), default=today.default)
    rules = [Condition(field=name, operator="<", value=value) for name, value in (("orders", 2.123456), ("age", 3.0))]
    features = (*today.catalogue.features, replace(today.catalogue.features[0], name="age"))
    unseen = replace(today.catalogue, features=features, protected=())
    odd, strange = (
        Segmentation(
            catalogue=catalogue, default=today.default,
            segments=(Segment(id="plan-1", name="Plan", rule=RuleGroup(rules=(rule,)), campaign="letter"),),
        )
        for catalogue, rule in zip((today.catalogue, unseen), rules, strict=True)
    )  # fmt: skip
    for plan, said in ((turned, "campaigns"), (odd, "'orders' < 2.12346"), (strange, "rules use 'age'")):
        begun = LearnedPolicy(policy.settings, policy.weights, manifest={"beginning": plan.to_dict()})
        with pytest.raises(ArtefactError, match=f"begins with does not fit: {said}") as caught:
            contest({"stranger": begun}, [], ring)
        assert caught.value.where == "stranger"


def test_limits_are_what_was_asked_for(ring: Ring) -> None:
    free = ring_of(ring.simulator, ring.today, quick(), constraints=[])
    found = contest({}, ["random"], free)
    assert all(policy.feasible_share == 1.0 for policy in found.policies)
    assert found.comparison is None
    tight = ring_of(ring.simulator, ring.today, quick(), constraints=[DemographicParity("age", 0.001)])
    assert contest({}, [], tight).policies[0].gap["age"].tolerance == 0.001


def test_a_segmentation_file_cannot_make_a_protected_attribute_a_feature(
    shop_study: StudyFolder, tmp_path: Path
) -> None:
    text = (shop_study.path / "today.json").read_text(encoding="utf-8")
    path, simulator = tmp_path / "mine.json", shop_study.simulator()
    path.write_text(text.replace('"recency_days"', '"age"'), encoding="utf-8")
    with pytest.raises(EvenhandError, match=r"mine\.json"):
        today_of("coffee_tea", simulator, path)
    path.write_text(text, encoding="utf-8")
    assert today_of("coffee_tea", simulator, path).hash == shop_study.today().hash
    with pytest.raises(DataError, match="cannot be read"):
        today_of("coffee_tea", simulator, tmp_path / "none.json")
