"""The reviewer in the loop: what is proposed may wait, be refused or be carried out as another tweak."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from tests.envs.example import MakeWorld, begin, random_rows
from tests.envs.oracle import Oracle

from evenhand.envs import REVIEWERS, Reviewer, SegmentationEnv, SegmentationVectorEnv, Setup, World
from evenhand.envs.candidates import ASSIGN, HOLD, MERGE, MOVE, SPLIT
from evenhand.envs.fork import Fork
from evenhand.envs.observation import GLOBAL_FEATURES
from evenhand.envs.reviewing import VERDICTS, alternatives, reviewer_named
from evenhand.errors import DataError
from evenhand.segments import Hold, Segmentation
from evenhand.simulator import Population, Simulator

STRICT = Reviewer(reject=0.3, edit=0.3, delay=0.5)


def reviewed(setup: Setup, **chances: float) -> Setup:
    return replace(setup, reviewer=Reviewer(**chances))


def shape_of(world: World) -> list[np.ndarray]:
    return [a.copy() for a in (world.lo, world.hi, world.campaign, world.size)]


def test_without_a_reviewer_every_tweak_is_carried_out_at_once(make_world: MakeWorld, setup: Setup) -> None:
    """A reviewer who agrees with everything at once is no reviewer, to the last bit."""
    worlds = [make_world(setup), make_world(reviewed(setup))]
    rng = np.random.default_rng(0)
    for _ in range(5):
        rows = random_rows(worlds[0], rng)
        for world in worlds:
            proposed = world.decode[np.arange(2), rows].copy()
            world.step(rows)
            np.testing.assert_array_equal(world.carried, proposed)
            expected = np.where(proposed[:, 0] == HOLD, "nothing", "approved")
            np.testing.assert_array_equal(world.desk.verdicts, expected)
        np.testing.assert_array_equal(worlds[0].observation, worlds[1].observation)


def test_a_rejected_tweak_changes_nothing_and_costs_nothing(make_world: MakeWorld, setup: Setup) -> None:
    world, held = make_world(reviewed(setup, reject=1.0)), make_world(setup)
    rng = np.random.default_rng(0)
    for _ in range(4):
        before = shape_of(world)
        reward, costs, _ = world.step(np.maximum(random_rows(world, rng), 1))
        nothing, same, _ = held.step(np.zeros(2, np.int64))
        for old, new in zip(before, shape_of(world), strict=True):
            np.testing.assert_array_equal(old, new)
        np.testing.assert_array_equal(reward, nothing)
        np.testing.assert_array_equal(costs, same)
        assert set(world.desk.verdicts) == {"rejected"}
    assert (world.totals.edits == 0).all()


def test_while_a_tweak_is_in_review_only_hold_is_on_offer_and_then_it_is_carried_out(
    make_world: MakeWorld, setup: Setup
) -> None:
    world, rng = make_world(reviewed(setup, delay=0.6), envs=4), np.random.default_rng(1)
    where, waited = GLOBAL_FEATURES.index("in_review"), 0
    for _ in range(setup.horizon - 1):
        waiting = world.desk.waiting
        proposed = world.desk.proposed.copy()
        np.testing.assert_array_equal(world.observation[:, where], waiting)
        assert (world.mask[waiting].sum(axis=1) == 1).all()
        assert world.mask[:, 0].all()
        assert (world.table[waiting][:, 1:] == 0).all()
        edits = world.totals.edits.copy()
        world.step(random_rows(world, rng))
        decided = waiting & (world.desk.verdicts == "approved")
        np.testing.assert_array_equal(world.carried[decided], proposed[decided])
        assert (world.carried[world.desk.waiting] == 0).all()
        np.testing.assert_array_equal(world.totals.edits - edits, world.carried[:, 0] != HOLD)
        waited += int(decided.sum())
    assert waited > 4


def test_an_edit_is_one_of_the_alternatives(make_world: MakeWorld, odd_setup: Setup) -> None:
    world, rng = make_world(reviewed(odd_setup, edit=1.0), envs=4), np.random.default_rng(2)
    seen: Counter[int] = Counter()
    for _ in range(20):
        rows = random_rows(world, rng)
        proposed = world.decode[np.arange(4), rows].copy()
        able = [alternatives(world, e, proposed[e]) for e in range(4)]
        world.step(rows)
        for e in range(4):
            if able[e]:
                assert world.desk.verdicts[e] == "edited"
                assert any((world.carried[e] == other).all() for other in able[e])
                assert (world.carried[e] != proposed[e]).any()
                assert (world.carried[e][:3] == proposed[e][:3]).all(), "the same operation, segment and feature"
                seen[int(proposed[e, 0])] += 1
            else:
                np.testing.assert_array_equal(world.carried[e], proposed[e])
    assert seen[ASSIGN]
    assert seen[SPLIT]
    assert seen[MOVE]
    assert not seen[MERGE], "a segment is retired or it is not"


@pytest.mark.parametrize("which", ["setup", "odd_setup"])
def test_alternatives_keep_the_rules_of_the_candidate_table(
    which: str, request: pytest.FixtureRequest, populations: list[Population]
) -> None:
    """The oracle knows every split that is allowed; of moves it says how large what stays would be."""
    setup: Setup = request.getfixturevalue(which)
    world = begin(setup, populations[:2], steps=4, seed=1)
    checked = 0
    for e in range(2):
        oracle = Oracle(world, e)
        splits = cache(lambda s, oracle=oracle: oracle.possible(SPLIT, s))
        for row in world.decode[e][world.mask[e] != 0][1:]:
            op, s, f, k, side, _ = (int(x) for x in row)
            for other in alternatives(world, e, row):
                checked += 1
                if op == SPLIT:
                    assert any((other == d).all() for d in splits(s))
                if op == MOVE:
                    old = int((world.lo if side == 0 else world.hi)[e, s, f])
                    assert int(other[3]) - k == k - old, "one cut further"
                    assert abs(k - old) == 1
                    inward = (k > old) == (side == 0)
                    assert not inward or oracle.foretell(other).smallest >= world.least_part
                if op == ASSIGN:
                    assert other[5] not in (row[5], world.campaign[e, s])
    assert checked > 20


def test_policies_that_propose_in_the_same_period_meet_the_same_reviewer(make_world: MakeWorld, setup: Setup) -> None:
    """Luck is keyed by seed and period: what was proposed before does not shift it."""
    chances = {"reject": 0.5, "edit": 0.2}
    busy, idle = (make_world(reviewed(setup, **chances), envs=4) for _ in range(2))
    rng = np.random.default_rng(0)
    for t in range(8):
        rows = np.maximum(random_rows(busy, rng), 1)
        busy.step(rows)
        idle.step(random_rows(idle, rng) if t == 7 else np.zeros(4, np.int64))
    same = (busy.desk.verdicts == "rejected") == (idle.desk.verdicts == "rejected")
    assert same.all()
    assert len(set(busy.desk.verdicts)) > 1


def test_chances_are_what_they_say(make_world: MakeWorld, setup: Setup, simulator: Simulator) -> None:
    """400 decisions; each count within four standard errors of its mean, which fails once in 5,000 by luck."""
    chances = {"reject": 0.3, "edit": 0.2, "delay": 0.4}
    one = simulator.population(seed=1, n=60)
    world = World(replace(reviewed(setup, **chances), warmup=0, constraints=()), twin=False)
    world.reset([one] * 40, np.arange(40, dtype=np.uint64))
    counts: Counter[str] = Counter()
    for _ in range(25):
        rows = np.where(world.desk.waiting, 0, world.mask[:, 1:5].argmax(axis=1) + 1)  # always another campaign
        world.step(rows)
        counts.update(world.desk.verdicts)
    n = counts.total()
    decided = n - counts["in review"]
    expected = {"in review": (0.4, n), "rejected": (0.3, decided), "edited": (0.2, decided)}
    for name, (p, of) in expected.items():
        assert abs(counts[name] - p * of) < 4 * np.sqrt(p * (1 - p) * of), (name, counts)
    assert n == 1000


def test_side_by_side_equals_one_by_one(simulator: Simulator, today: Segmentation, setup: Setup) -> None:
    strict = replace(setup, reviewer=STRICT)
    rng = np.random.default_rng(0)
    many = SegmentationVectorEnv(simulator=simulator, segmentation=today, setup=strict, n_customers=120, num_envs=2)
    singles = [SegmentationEnv(simulator=simulator, segmentation=today, setup=strict, n_customers=120) for _ in "ab"]
    _, info = many.reset(seed=5)
    now = []
    for e, single in enumerate(singles):
        single.reset(seed=5 + e)
        now.append(today)
    met: set[str] = set()
    for _ in range(setup.horizon):
        mask = info["action_mask"]
        actions = np.where(mask, rng.random(mask.shape), -1.0).argmax(axis=1)
        observations, rewards, ended, _, info = many.step(actions)
        said = info["final_info"] if ended[0] else info
        for e, single in enumerate(singles):
            alone, reward, _, _, its = single.step(actions[e])
            assert rewards[e] == reward
            assert said["review"][e] == its["review"]
            np.testing.assert_array_equal(info["final_obs"][e] if ended[0] else observations[e], alone)
            now[e] = its["tweak"].apply(now[e]).segmentation
            assert single.segmentation.hash == now[e].hash
            if its["review"] in ("rejected", "in review", "nothing"):
                assert its["tweak"] == Hold()
            met.add(its["review"])
    assert met == set(VERDICTS)


def test_a_fork_goes_on_with_what_is_in_review(make_world: MakeWorld, setup: Setup) -> None:
    world = make_world(replace(setup, reviewer=Reviewer(edit=0.5, delay=0.8)), envs=2, twin=False)
    rng = np.random.default_rng(3)
    while not world.desk.waiting[1]:
        world.step(random_rows(world, rng))
    fork, blind = (Fork(world, 1, world.seeds[[1]], watched=watched) for watched in (True, False))
    for _ in range(6):
        hold = np.zeros(2, np.int64)
        world.step(hold)
        fork.step(hold[:1])
        blind.live(hold[:1])
        for copy in (fork, blind):
            np.testing.assert_array_equal(copy.carried[0], world.carried[1])
            np.testing.assert_array_equal(copy.campaign[0], world.campaign[1])
            np.testing.assert_array_equal(copy.sim.state.recency[0], world.sim.state.recency[1])
        np.testing.assert_array_equal(fork.observation[0], world.observation[1])


def test_a_new_episode_finds_an_empty_desk(make_world: MakeWorld, setup: Setup, populations: list[Population]) -> None:
    world = make_world(reviewed(setup, delay=0.99), steps=3)
    assert world.desk.waiting.all()
    world.reset(populations[:2], np.arange(2, dtype=np.uint64))
    assert not world.desk.waiting.any()
    assert world.mask.sum() > 2


def test_chances_that_are_none_are_refused() -> None:
    with pytest.raises(DataError, match=r"reject = 1\.2.*between 0 and 1"):
        Reviewer(reject=1.2)
    with pytest.raises(DataError, match="add up to at most 1"):
        Reviewer(reject=0.6, edit=0.6)
    with pytest.raises(DataError, match="never decides"):
        Reviewer(delay=1.0)


def test_reviewers_by_name() -> None:
    assert reviewer_named("strict") is REVIEWERS["strict"]
    with pytest.raises(DataError, match=r"no reviewer 'stirct'.*did you mean 'strict'"):
        reviewer_named("stirct")
