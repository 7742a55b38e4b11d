"""Episodes as pictures: what they show, that they are the same every time, and a window where there is a display."""

from __future__ import annotations

import time

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot
from matplotlib.colors import to_rgb

from evenhand.envs import Reviewer, SegmentationEnv, SegmentationVectorEnv, Setup
from evenhand.envs.picture import HEIGHT, INK, NOBODY, OKABE_ITO, WIDTH, Scene, Tile, draw, layout, rule_of, scene_of
from evenhand.errors import DataError
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

ID = "evenhand:Segmentation-v0"
N = 120
WHOLE = (0.0, 0.0, 1.0, 1.0)


def scene(*tiles: Tile) -> Scene:
    return Scene(tiles, ("no contact", "A", "B"), 3, 26, (0.0, 0.1, -0.2, 0.3), (0.1, -0.1, -0.2, -0.1), True, "Held")


def share_of(colour: str, picture: np.ndarray) -> float:
    """Return the share of the picture's pixels that have a colour."""
    wanted = np.round(255 * np.array(to_rgb(colour)))
    return float((np.abs(picture - wanted) <= 1).all(axis=2).mean())


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=12))
def test_tiles_fill_the_box_in_proportion_to_their_customers(weights: list[int]) -> None:
    boxes = layout(weights, WHOLE)
    areas = np.array([width * height for _, _, width, height in boxes])
    np.testing.assert_allclose(areas, np.array(weights) / sum(weights), atol=1e-9)
    for left, bottom, width, height in boxes:
        assert min(left, bottom) > -1e-9
        assert max(left + width, bottom + height) < 1 + 1e-9
    for k, (left, bottom, width, height) in enumerate(boxes):  # no two overlap
        for x, y, w, h in boxes[:k]:
            assert min(left + width, x + w) - max(left, x) < 1e-9 or min(bottom + height, y + h) - max(bottom, y) < 1e-9


def test_a_tile_is_as_large_as_its_customers_in_the_colour_of_its_campaign() -> None:
    picture = draw(scene(Tile("", "x", 0, 500, False), Tile("", "y", 1, 250, False), Tile("", "z", 2, 250, False)))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture.dtype == np.uint8
    area = 0.96 * 0.555
    shares = (0.5, 0.25, 0.25)
    for colour, share in zip((NOBODY, *OKABE_ITO[:2]), shares, strict=True):
        assert share_of(colour, picture) == pytest.approx(share * area, rel=0.1)


def test_what_was_just_changed_is_marked() -> None:
    plain, marked = (draw(scene(Tile("", "x", 0, 5, False), Tile("", "y", 1, 5, mark))) for mark in (False, True))
    ink = [share_of(INK, picture[60:325, 350:]) for picture in (plain, marked)]
    assert ink[1] > ink[0] + 0.01


def test_a_segment_without_customers_has_no_tile() -> None:
    one = draw(scene(Tile("", "x", 1, 10, False), Tile("", "nobody", 2, 0, False)))
    other = draw(scene(Tile("", "x", 1, 10, False)))
    np.testing.assert_array_equal(one, other)


def test_the_same_scene_gives_the_same_bytes_and_soon() -> None:
    """Processor time: 0.06 s where this was written; five times as much leaves room for slower machines."""
    tiles = [Tile(f"Segment {k}", "trips per month > 4, recency days <= 21", k % 3, 10 + k, k == 2) for k in range(10)]
    first = draw(scene(*tiles))
    start = time.process_time()
    again = [draw(scene(*tiles)) for _ in range(3)]
    assert (time.process_time() - start) / 3 < 0.3
    assert {picture.tobytes() for picture in again} == {first.tobytes()}


def test_text_that_looks_like_a_formula_is_text() -> None:
    draw(scene(Tile("$ spenders $ ^ {", "x", 1, 10, False)))


def test_a_rule_in_short(odd_setup: Setup) -> None:
    said = [rule_of(odd_setup.start.lo[s], odd_setup.start.hi[s], odd_setup.grid) for s in range(odd_setup.start.size)]
    plain = [text.replace("\N{NO-BREAK SPACE}", " ") for text in said]
    assert plain == [
        "recency days > 21",
        "trips per month > 4, spend per trip ≤ 40",
        "trips per month ≤ 5, produce share ≥ 0.07",
        "recency days ≤ 7",
        "everyone else",
    ]


def test_an_episode_is_a_list_of_frames(simulator: Simulator, today: Segmentation, setup: Setup) -> None:
    """As `gymnasium.wrappers.RenderCollection` collects them, which recording wrappers build on."""
    env = gym.make(
        ID, simulator=simulator, segmentation=today, setup=setup, n_customers=N, render_mode="rgb_array_list"
    )
    _, info = env.reset(seed=1)
    for _ in range(3):
        _, _, _, _, info = env.step(np.flatnonzero(info["action_mask"])[-1])
    frames = env.render()
    assert isinstance(frames, list)
    pictures = np.array(frames)
    assert pictures.shape == (4, HEIGHT, WIDTH, 3)
    assert len(np.unique(pictures, axis=0)) == 4
    assert env.metadata["render_fps"] > 0


def test_a_picture_shows_the_segments_as_they_are(simulator: Simulator, today: Segmentation, setup: Setup) -> None:
    env = SegmentationEnv(simulator=simulator, segmentation=today, setup=setup, n_customers=N)
    _, info = env.reset(seed=1)
    split = int(np.flatnonzero(info["action_mask"] & (env.world.decode[0, :, 0] == 4))[0])
    *_, info = env.step(np.int64(split))
    names = [segment.name for segment in env.segmentation.every]
    shown = scene_of(env.world, 0, campaigns=["-"], profit=[0.0], slack=[0.0], caption="", names=names)
    assert [tile.name for tile in shown.tiles] == names
    assert sum(tile.customers for tile in shown.tiles) == N
    assert [tile.name for tile in shown.tiles if tile.changed] == [info["tweak"].part_name]


def test_vector_environments_give_a_picture_each(simulator: Simulator, today: Segmentation, setup: Setup) -> None:
    made = gym.make_vec(
        ID, num_envs=2, vectorization_mode="vector_entry_point", render_mode="rgb_array",
        simulator=simulator, segmentation=today, setup=setup, n_customers=N,
    )  # fmt: skip
    made.reset(seed=1)
    for _ in range(setup.horizon + 1):  # past an end: the pictures start over with the episode
        made.step(np.zeros(2, np.int64))
    frames = made.render()
    assert isinstance(frames, tuple)
    assert [frame.shape for frame in frames] == [(HEIGHT, WIDTH, 3)] * 2  # type: ignore[union-attr]
    unseen = SegmentationVectorEnv(simulator=simulator, segmentation=today, setup=setup, n_customers=N)
    unseen.reset(seed=1)
    assert unseen.render() is None


def test_a_window_shows_every_period(
    simulator: Simulator, today: Segmentation, setup: Setup, windows: list[np.ndarray]
) -> None:
    envs = [
        SegmentationEnv(simulator=simulator, segmentation=today, setup=setup, n_customers=N, render_mode=mode)
        for mode in ("human", "rgb_array")
    ]
    for env in envs:
        env.reset(seed=1)
        env.step(np.int64(0))
    assert len(windows) == 2
    np.testing.assert_array_equal(windows[-1], envs[1].render())
    assert envs[0].render() is None
    envs[0].close()
    assert not pyplot.get_fignums()


def test_without_a_display_a_window_is_refused_with_the_mend(
    simulator: Simulator, today: Segmentation, setup: Setup
) -> None:
    before = pyplot.get_backend()
    pyplot.switch_backend("agg")
    with pytest.raises(DataError, match=r"no display.*mend: use render_mode=.rgb_array."):
        SegmentationEnv(simulator=simulator, segmentation=today, setup=setup, render_mode="human")
    pyplot.switch_backend(before)


def test_a_way_to_render_that_there_is_not_is_named(simulator: Simulator, today: Segmentation, setup: Setup) -> None:
    with pytest.raises(DataError, match="did you mean 'rgb_array'"):
        SegmentationEnv(simulator=simulator, segmentation=today, setup=setup, render_mode="rgbarray")


def test_what_the_reviewer_did_is_said(simulator: Simulator, today: Segmentation) -> None:
    env = SegmentationEnv(
        simulator=simulator, segmentation=today, n_customers=N, reviewer=Reviewer(reject=1.0), render_mode="rgb_array"
    )
    _, info = env.reset(seed=1)
    env.step(np.flatnonzero(info["action_mask"])[1])
    assert env._reel._caption(0, "") == "The reviewer rejected the tweak"
