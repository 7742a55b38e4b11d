"""Segmentations that people read and the boxes that learning works on stay the same thing, tweak by tweak."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.envs.example import MakeWorld, features, random_rows

from evenhand.customers import Customers
from evenhand.envs import Setup, World
from evenhand.envs.boxes import Boxes, boxes_of, cuts_of, segmentation_of, tweak_of
from evenhand.envs.candidates import MOVE, SPLIT
from evenhand.errors import RuleError
from evenhand.segments import Condition, MoveThreshold, RuleGroup, Segment, Segmentation, Split


def same(world: World, e: int, segmentation: Segmentation) -> None:
    """Assert that an environment's boxes are a segmentation's, and put the same customers into the same segments."""
    boxes = boxes_of(segmentation, world.setup.grid, max_segments=world.setup.max_segments)
    size = boxes.size
    assert size == world.size[e]
    for mine, theirs in (
        (world.lo, boxes.lo),
        (world.hi, boxes.hi),
        (world.lo_room, boxes.lo_room),
        (world.hi_room, boxes.hi_room),
        (world.campaign, boxes.campaign),
    ):
        assert theirs is not None
        np.testing.assert_array_equal(mine[e, :size], theirs[:size])
    np.testing.assert_array_equal(segmentation.assign(features(world, e)), world.first[e])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("which", ["today", "odd"])
def test_a_walk_of_26_random_tweaks_keeps_boxes_and_rules_together(
    which: str, seed: int, make_world: MakeWorld, request: pytest.FixtureRequest
) -> None:
    setup: Setup = request.getfixturevalue("setup" if which == "today" else "odd_setup")
    start: Segmentation = request.getfixturevalue(which)
    world, rng = make_world(setup, envs=2, seed=seed, twin=False), np.random.default_rng(seed)
    now = [start, start]
    for number in range(26):
        rows = random_rows(world, rng)
        for e in range(2):
            same(world, e, now[e])
            tweak = tweak_of(world.decode[e, rows[e]], now[e], setup.grid, number=number)
            now[e] = tweak.apply(now[e]).segmentation
        world.step(rows)
    for e in range(2):
        same(world, e, now[e])


@pytest.mark.parametrize("which", ["today", "odd"])
def test_every_row_that_the_mask_lets_through_is_a_tweak_that_changes_something(
    which: str, make_world: MakeWorld, request: pytest.FixtureRequest
) -> None:
    setup: Setup = request.getfixturevalue("setup" if which == "today" else "odd_setup")
    now: Segmentation = request.getfixturevalue(which)
    world, rng = make_world(setup, envs=1, twin=False), np.random.default_rng(3)
    for number in range(12):
        for row in np.flatnonzero(world.mask[0])[1:]:
            tweak = tweak_of(world.decode[0, row], now, setup.grid, number=number)
            applied = tweak.apply(now)
            assert applied.segmentation.hash != now.hash
            assert applied.undo.apply(applied.segmentation).segmentation.hash == now.hash
            assert tweak.explain(now)
        rows = random_rows(world, rng)
        now = tweak_of(world.decode[0, rows[0]], now, setup.grid, number=number).apply(now).segmentation
        world.step(rows)


def test_a_part_of_a_part_loosens_up_to_the_looser_bound_and_never_through_it(
    make_world: MakeWorld, setup: Setup, today: Segmentation
) -> None:
    """Without the room, loosening would ask for a condition that is there already, then leave rule and box apart."""
    world = make_world(setup, envs=1, twin=False)
    f = setup.grid.position("trips_per_month")
    now, last = today, len(today.segments)
    for cut in (9, 4):  # the default is cut below the ninth cut, then its part again below the fourth
        decoded = np.array([SPLIT, last, f, cut, 0, 1], np.int16)
        now = tweak_of(decoded, now, setup.grid, number=cut).apply(now).segmentation
        world.decode[0, 0] = decoded
        world.step(np.zeros(1, np.int64))
        same(world, 0, now)
    slot = world.mask.shape[1] - 4 * setup.max_segments + 2 * last + 1  # loosen
    for to in (5, 6, 7, 8):
        world.mask[0, slot], world.decode[0, slot] = 1, (MOVE, last, f, to, 1, 0)
        now = tweak_of(world.decode[0, slot], now, setup.grid, number=0).apply(now).segmentation
        world.step(np.array([slot]))
        same(world, 0, now)
    assert not (world.mask[0, slot] and world.decode[0, slot, 2] == f), "the looser bound would be reached"


def test_a_bound_moves_only_to_cuts_of_its_own_kind(make_world: MakeWorld, odd_setup: Setup, odd: Segmentation) -> None:
    """`<= 7` moved to an open cut would say `<= 14` where the box says `< 14`: recency is a multiple of 7."""
    world, rng = make_world(odd_setup, envs=4, twin=False, steps=1), np.random.default_rng(0)
    moves = 0
    for _ in range(20):
        for e in range(4):
            for op, s, f, k, side, _ in world.decode[e][world.mask[e] != 0]:
                if op == MOVE:
                    old = (world.lo if side == 0 else world.hi)[e, s, f]
                    cuts = odd_setup.grid.cuts[f]
                    assert cuts[old - 1].closed == cuts[k - 1].closed
                    moves += 1
        world.step(random_rows(world, rng))
    assert moves > 50


def test_new_cuts_are_of_todays_kind(odd_setup: Setup) -> None:
    recency = odd_setup.grid.cuts[odd_setup.grid.position("recency_days")]
    assert len(recency) > 2
    assert all(cut.closed for cut in recency)


def test_a_new_segment_never_takes_an_id_that_is_taken(odd: Segmentation, odd_setup: Setup) -> None:
    """`part-2` may stand there from an earlier learning that was approved."""
    f = odd_setup.grid.position("produce_share")
    decoded = np.array([SPLIT, 1, f, 1, 0, 0], np.int16)
    tweak = tweak_of(decoded, odd, odd_setup.grid, number=2)
    assert isinstance(tweak, Split)
    assert tweak.part_id == "part-3"
    again = tweak.apply(odd).segmentation
    second = tweak_of(decoded, again, odd_setup.grid, number=3)
    assert isinstance(second, Split)
    assert (second.part_id, second.part_name) == ("part-4", "Core, part 4")


def test_the_binding_bound_moves(odd: Segmentation, odd_setup: Setup) -> None:
    f = odd_setup.grid.position("trips_per_month")
    at = [cut.value for cut in odd_setup.grid.cuts[f]].index(4) + 1
    tweak = tweak_of(np.array([MOVE, 1, f, at + 1, 0, 0], np.int16), odd, odd_setup.grid, number=1)
    assert isinstance(tweak, MoveThreshold)
    assert (tweak.operator, tweak.from_) == (">", 4.0)


def test_rules_that_are_no_boxes_are_refused(customers: Customers) -> None:
    inside = RuleGroup(rules=(Condition(field="trips_per_month", operator="between", value=(1, 2)),))
    nested = RuleGroup(rules=(inside, Condition(field="recency_days", operator="<", value=7)))
    for rule, what in ((inside, "between"), (nested, "nests")):
        segment = Segment(id="a", name="A", rule=rule, campaign="A")
        default = Segment(id="rest", name="Rest")
        segmentation = Segmentation(catalogue=customers.catalogue, segments=(segment,), default=default)
        with pytest.raises(RuleError, match=what):
            cuts_of(segmentation)


def test_rules_that_the_grid_knows_nothing_of_are_refused(today: Segmentation, setup: Setup) -> None:
    less = setup.grid.names[1:]
    grid = replace(setup.grid, names=less, cuts=setup.grid.cuts[1:])
    assert setup.grid.names[0] in cuts_of(today)
    with pytest.raises(
        RuleError, match=f"rules use '{setup.grid.names[0]}', which the simulator does not model.*{less[0]}"
    ):
        boxes_of(today, grid, max_segments=setup.max_segments)


def test_too_many_segments_are_refused(today: Segmentation, setup: Setup) -> None:
    with pytest.raises(RuleError, match="6 segments are more than the 4"):
        boxes_of(today, setup.grid, max_segments=4)


@pytest.mark.parametrize("seed", range(6))
def test_boxes_and_the_rules_that_they_are_read_as_are_the_same(
    seed: int, setup: Setup, today: Segmentation, make_world: MakeWorld
) -> None:
    """Random boxes, one of them on both sides of each feature; the default takes the rest."""
    rng, bins = np.random.default_rng(seed), setup.n_bins
    n, shape = int(rng.integers(1, setup.max_segments)), setup.start.lo.shape
    lo, hi = np.zeros(shape, np.uint8), np.tile(bins, (shape[0], 1))
    for s in range(n - 1):
        low, high = np.sort(rng.integers(0, bins + 1, size=(2, shape[1])), axis=0)
        lo[s], hi[s] = np.where(low < high, low, 0), np.where((low < high) & (low + high > 0), high, bins)
        lo[s, 0], hi[s, 0] = 1, bins[0]  # a rule has a condition
    boxes = Boxes(lo, hi, rng.integers(0, 3, size=shape[:1]).astype(np.int8), n)
    read = segmentation_of(boxes, today, setup.grid)
    again = boxes_of(read, setup.grid, max_segments=setup.max_segments)
    for name in ("lo", "hi", "campaign"):
        np.testing.assert_array_equal(getattr(again, name)[:n], getattr(boxes, name)[:n])
    assert again.size == n
    assert again.drawn_as(boxes)
    assert again.edits_from(setup.start) == n
    assert segmentation_of(boxes, read, setup.grid).ids == read.ids  # the same rules stay the same segments
    world = make_world(setup.begun_with(read), envs=1, seed=seed, twin=False)
    same(world, 0, read)


def test_todays_segments_with_other_campaigns_keep_their_names(setup: Setup, today: Segmentation) -> None:
    campaign = setup.start.campaign.copy()
    campaign[0] = (campaign[0] + 1) % 3
    read = segmentation_of(replace(setup.start, campaign=campaign), today, setup.grid)
    assert [s.name for s in read.every] == [s.name for s in today.every]
    assert len(today.diff(read)) == 1
    assert setup.begun_with(read).entry_edits == 1
    assert setup.begun_with(today).entry_edits == setup.entry_edits == 0


def test_a_threshold_off_the_grid_is_refused(setup: Setup, today: Segmentation) -> None:
    first = today.segments[0]
    condition = first.rule.rules[0]
    assert isinstance(condition, Condition)
    odd = Segment(
        id=first.id, name=first.name, campaign=first.campaign,
        rule=RuleGroup(rules=(Condition(field=condition.field, operator=condition.operator, value=3.14159),)),
    )  # fmt: skip
    with pytest.raises(RuleError, match=r"3.14159 is no threshold that the simulation counts by"):
        setup.begun_with(today.replaced(odd))
