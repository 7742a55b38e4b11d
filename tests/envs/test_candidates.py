"""The candidate table against a slow oracle that applies every tweak and assigns every customer anew."""

from __future__ import annotations

import numpy as np
import pytest
from tests.envs.example import MakeWorld, begin
from tests.envs.oracle import Oracle

from evenhand.envs import Setup, World
from evenhand.envs.candidates import CANDIDATE_FEATURES, HOLD, MOVE, SPLIT

F = {name: k for k, name in enumerate(CANDIDATE_FEATURES)}


@pytest.fixture(scope="module", params=[("setup", 0, 0), ("setup", 5, 1), ("odd_setup", 1, 2), ("odd_setup", 9, 3)])
def world(request: pytest.FixtureRequest) -> World:
    which, steps, seed = request.param
    setup: Setup = request.getfixturevalue(which)
    return begin(setup, request.getfixturevalue("populations")[:2], steps=steps, seed=seed)


def test_every_row_foretells_what_applying_its_tweak_would_do(world: World) -> None:
    rows = 0
    for e in range(2):
        oracle = Oracle(world, e)
        for m in np.flatnonzero(world.mask[e])[1:]:
            row, told = world.table[e, m], oracle.foretell(world.decode[e, m])
            expected = {
                "gain": told.gain,
                "lasting": told.lasting,
                "gain_sd": np.sqrt(told.variance),
                "share": told.share,
                "contact_change": told.contact,
                "weight_change": told.weight,
                "value_weight_change": told.worth,
                "new_weight": told.new_weight,
                "slack": told.gap / 0.05 - 1,
                "slack_change": (told.gap - oracle.gap(oracle.now)) / 0.05,
                "segments_change": told.segments,
            }
            for name, value in expected.items():
                assert row[F[name]] == pytest.approx(value, rel=2e-4, abs=2e-6), (name, world.decode[e, m])
            rows += 1
    assert rows > 40


def test_habits_of_a_row_are_means_over_the_customers_that_it_touches(world: World) -> None:
    state = world.sim.state
    for e in range(2):
        oracle = Oracle(world, e)
        for m in np.flatnonzero(world.mask[e])[1:]:
            row, touched = world.table[e, m], oracle.foretell(world.decode[e, m]).touched
            if not touched.any():
                continue
            s = world.decode[e, m, 1]
            expected = {
                "fatigue": world.pressure[e][touched].mean(),
                "organic": oracle.organic[touched].mean() / oracle.organic.mean(),
                "recency": state.recency[e][touched].mean(),
                "engagement": world.engagement()[e][touched].mean(),
                "age": (world.period - world.changed_at[e, s]) / world.setup.horizon,
            }
            for name, value in expected.items():
                assert row[F[name]] == pytest.approx(value, rel=2e-4, abs=1e-5), name


def test_what_keeping_a_tweak_brings_net_is_its_lasting_gain_over_the_periods_left_less_its_cost(world: World) -> None:
    left, charges = world.setup.horizon - world.period, world.setup.charges
    for e in range(2):
        for row in world.table[e][world.mask[e] != 0][1:]:
            net = left * (row[F["lasting"]] - charges.complexity * row[F["segments_change"]]) - charges.edit
            assert row[F["net_if_kept"]] == pytest.approx(net, abs=1e-5)


def test_the_mask_is_exact_for_holding_assigning_and_retiring(world: World) -> None:
    n_campaigns, most = world.population.effects.beneficial.size, world.setup.max_segments
    for e in range(2):
        size, mask = int(world.size[e]), world.mask[e] != 0
        assert mask[0]
        assert (world.decode[e, 0] == HOLD).all()
        assign = mask[1 : 1 + most * n_campaigns].reshape(most, n_campaigns)
        expected = np.arange(n_campaigns)[None] != world.campaign[e][:, None]
        expected[size:] = False
        np.testing.assert_array_equal(assign, expected)
        merge = mask[1 + most * n_campaigns : 1 + most * (n_campaigns + 1)]
        np.testing.assert_array_equal(merge, np.arange(most) < size - 1)


def test_moves_and_splits_are_offered_when_one_is_possible_and_are_the_best_of_them(world: World) -> None:
    n_campaigns, most = world.population.effects.beneficial.size, world.setup.max_segments
    oracle = Oracle(world, 0)
    mask, decode, gain = world.mask[0] != 0, world.decode[0], world.table[0, :, F["lasting"]]
    for s in range(most):
        moves = oracle.possible(MOVE, s) if s < world.size[0] - 1 else []
        for way in range(2):
            slot = 1 + most * (n_campaigns + 1) + 2 * s + way
            these = [d for d in moves if _outward(world, d) == (way == 1)]
            _best_of(these, mask[slot], decode[slot], gain[slot], oracle)
        splits = oracle.possible(SPLIT, s) if s < world.size[0] < most else []
        slot = 1 + most * (n_campaigns + 3) + 2 * s
        _best_of(splits, mask[slot], decode[slot], gain[slot], oracle)
        others = [d for d in splits if d[2] != decode[slot, 2]]
        _best_of(others, mask[slot + 1], decode[slot + 1], gain[slot + 1], oracle)


def _outward(world: World, d: np.ndarray) -> bool:
    old = (world.lo if d[4] == 0 else world.hi)[0, d[1], d[2]]
    return bool((d[3] < old) == (d[4] == 0))


def _best_of(possible: list[np.ndarray], offered: bool, decoded: np.ndarray, gain: float, oracle: Oracle) -> None:
    assert offered == bool(possible)
    if possible:
        assert any((decoded == d).all() for d in possible)
        assert gain == pytest.approx(max(oracle.foretell(d).lasting for d in possible), rel=2e-4, abs=2e-6)


def test_rows_that_are_masked_say_nothing(world: World) -> None:
    assert (world.table[world.mask == 0] == 0).all()


def test_holding_changes_nothing(make_world: MakeWorld, setup: Setup) -> None:
    world = make_world(setup, envs=1, steps=3, twin=False)
    before = [a.copy() for a in (world.lo, world.hi, world.campaign, world.size)]
    world.step(np.zeros(1, np.int64))
    for old, new in zip(before, (world.lo, world.hi, world.campaign, world.size), strict=True):
        np.testing.assert_array_equal(old, new)
