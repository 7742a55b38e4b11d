"""The Gymnasium environments, single and natively vectorised, over one engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from evenhand.envs.boxes import segmentation_of, tweak_of
from evenhand.envs.candidates import CANDIDATE_FEATURES, count_candidates
from evenhand.envs.compiling import Asked
from evenhand.envs.observation import GLOBAL_FEATURES, SEGMENT_FEATURES
from evenhand.envs.reel import Reel
from evenhand.envs.reviewing import Reviewer
from evenhand.envs.setup import Setup, build_setup
from evenhand.envs.world import World
from evenhand.errors import DataError, nearest
from evenhand.segments import Segmentation, Tweak
from evenhand.simulator import Population, Simulator

if TYPE_CHECKING:
    from evenhand.envs.window import Window

__all__ = ["SegmentationEnv", "SegmentationVectorEnv", "observation_length"]

OBSERVATION_BOUND = 50.0
FPS = 2  # periods a second: time to read what changed

Draw = Callable[[int], Population]  # a population from a seed


def observation_length(setup: Setup, n_campaigns: int) -> int:
    """Return the length of a flat observation."""
    rows = count_candidates(setup.max_segments, n_campaigns)
    segments = setup.max_segments * len(SEGMENT_FEATURES)
    return len(GLOBAL_FEATURES) + segments + rows * len(CANDIDATE_FEATURES)


def _window() -> Window:
    from evenhand.envs.window import Window  # matplotlib is slow to load, and most never draw

    return Window()


def _spaces(setup: Setup, n_campaigns: int) -> tuple[gym.Space[NDArray[np.float32]], spaces.Discrete[np.int64]]:
    length = observation_length(setup, n_campaigns)
    box = spaces.Box(-OBSERVATION_BOUND, OBSERVATION_BOUND, (length,), np.float32)
    return cast("gym.Space[NDArray[np.float32]]", box), spaces.Discrete(
        count_candidates(setup.max_segments, n_campaigns)
    )


def _given(simulator: Simulator | None, segmentation: Segmentation | None) -> tuple[Simulator, Segmentation]:
    """Return both, or say what `gymnasium.make` was not given."""
    if simulator is None or segmentation is None:
        missing = [n for n, v in (("simulator", simulator), ("segmentation", segmentation)) if v is None]
        raise DataError(
            f"the environment was made without {' and '.join(missing)}",
            rule="it simulates a business's own customers, starting from today's segmentation",
            mend='gymnasium.make("evenhand:Segmentation-v0", simulator=calibrate(customers), '
            "segmentation=rfm_segmentation(customers))",
        )
    return simulator, segmentation


def _render_mode(mode: str | None, modes: Sequence[str]) -> str | None:
    """Return a way to render that there is, or none."""
    if mode is not None and mode not in modes:
        close = nearest(mode, modes)
        raise DataError(
            f"render_mode = {mode!r}",
            mend=f"did you mean {close!r}?" if close else f"choose among {', '.join(modes)}, or None",
        )
    return mode


def _campaign_names(segmentation: Segmentation) -> list[str]:
    return [campaign.name for campaign in segmentation.catalogue.campaigns]


class SegmentationVectorEnv(VectorEnv[Any, Any, Any]):
    """Many segmentations learned side by side; all environments end together and reset in the same step.

    `info` holds `action_mask` (E, M) of the observation that comes with it, `cost` (E, J) of the period, named by
    `setup.cost_names`, and `review` (E,), what became of what was proposed, see `evenhand.envs.reviewing`. At the end
    also what Gymnasium's SAME_STEP promises, `final_obs` (E,) of arrays and `final_info`, and `totals` of the episode.
    As in Gymnasium each `key` stands beside a `_key` (E,) that says whose value is meant: everyone's here.
    """

    metadata = {  # noqa: RUF012  Gymnasium types it as an instance's
        "autoreset_mode": AutoresetMode.SAME_STEP,
        "render_modes": ["rgb_array"],
        "render_fps": FPS,
    }

    def __init__(
        self,
        *,
        simulator: Simulator | None = None,
        segmentation: Segmentation | None = None,
        num_envs: int = 1,
        constraints: Sequence[Asked] = (),
        n_customers: int = 1000,
        setup: Setup | None = None,
        pool: Draw | None = None,
        reviewer: Reviewer | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Prepare `num_envs` environments of `n_customers` each; `pool` may replace fresh draws of populations.

        `simulator` and `segmentation` must be given; DataError says so. A `setup` brings its own constraints and
        reviewer.
        """
        simulator, segmentation = _given(simulator, segmentation)
        self.setup = setup or build_setup(simulator, segmentation, constraints=constraints, reviewer=reviewer)
        self.render_mode = _render_mode(render_mode, self.metadata["render_modes"])
        self.simulator, self.segmentation = simulator, segmentation
        self.num_envs, self.n_customers = num_envs, n_customers
        self._draw: Draw = pool or (lambda seed: simulator.population(seed=seed, n=n_customers))
        n_campaigns = len(segmentation.catalogue.campaigns)
        self.single_observation_space, self.single_action_space = _spaces(self.setup, n_campaigns)
        self.observation_space = gym.vector.utils.batch_space(self.single_observation_space, num_envs)
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, num_envs)
        self.world = World(self.setup)
        self._reel = Reel(self.world, _campaign_names(segmentation))

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start new episodes; `seed` makes everything that follows reproducible.

        As in Gymnasium an integer seeds environment i with `seed + i`, so each equals a `SegmentationEnv` of that seed.
        """
        if isinstance(seed, list) and len(seed) != self.num_envs:
            raise DataError(f"{len(seed)} seeds were given", rule=f"one for each of {self.num_envs} environments")
        if isinstance(seed, int | np.integer):
            super().reset(seed=int(seed))
            seed = [int(seed) + e for e in range(self.num_envs)]
        self._reseed(seed or [None] * self.num_envs)
        self._begin()
        self._reel.begin()
        return self._observation(), self._info({})

    def _reseed(self, seeds: Sequence[int | None]) -> None:
        """Give each environment its own stream of draws; without a seed it goes on with the one that it has."""
        streams = getattr(self, "_streams", [None] * self.num_envs)
        self._streams = [
            seeding.np_random(seed)[0] if seed is not None or stream is None else stream
            for seed, stream in zip(seeds, streams, strict=True)
        ]

    def _info(self, values: dict[str, Any]) -> dict[str, Any]:
        values["action_mask"] = self.world.allowed()
        return values | {f"_{key}": np.ones(self.num_envs, bool) for key in values}

    def _begin(self) -> None:
        draws = np.array([stream.integers(0, 2**31 - 1, size=2) for stream in self._streams])
        self.world.reset([self._draw(int(d)) for d in draws[:, 0]], draws[:, 1].astype(np.uint64))

    def _observation(self) -> NDArray[np.float32]:
        return np.clip(self.world.observation, -OBSERVATION_BOUND, OBSERVATION_BOUND)

    def step(
        self, actions: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Propose one tweak per environment; a masked action holds."""
        rows = np.asarray(actions, np.int64)
        rows = np.where(self.world.mask[np.arange(self.num_envs), rows] != 0, rows, 0)
        reward, cost, done = self.world.step(rows)
        self._reel.after(reward)
        values: dict[str, Any] = {"cost": cost, "review": self.world.desk.verdicts}
        if done:
            values |= self._final(values)
            self._begin()
            self._reel.begin()
        flags = np.full(self.num_envs, done)
        none = np.zeros(self.num_envs, bool)
        return self._observation(), reward * self.setup.reward_scale, flags, none, self._info(values)

    def _final(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the last observation and info of the episodes that end, and their totals."""
        last = np.empty(self.num_envs, object)  # of arrays, as Gymnasium documents it
        for e, observation in enumerate(self._observation()):
            last[e] = observation
        return {"final_obs": last, "final_info": self._info({**values}), "totals": self.world.totals}

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """Return a picture of every environment, as Gymnasium's vector environments do."""
        if self.render_mode is None:
            return None
        return tuple(self._reel.picture(e) for e in range(self.num_envs))


class SegmentationEnv(gym.Env[NDArray[np.float32], np.int64]):
    """One segmentation changed tweak by tweak, a period each, while simulated customers respond.

    Observation: a flat vector named by `evenhand.envs.observation.names`. Action: a row of the candidate table, see
    `evenhand.envs.candidates`. Reward: profit per customer beyond a twin that never changes, times
    `setup.reward_scale`.
    `info`: `action_mask`; `tweak` that was carried out; `review`, what became of the one that was proposed, see
    `evenhand.envs.reviewing`; `cost` (J,), the signed slack that the period added to each of `setup.cost_names`.
    """

    metadata = {"render_modes": ["ansi", "rgb_array", "human"], "render_fps": FPS}  # noqa: RUF012  as above

    def __init__(
        self,
        *,
        simulator: Simulator | None = None,
        segmentation: Segmentation | None = None,
        constraints: Sequence[Asked] = (),
        n_customers: int = 1000,
        setup: Setup | None = None,
        reviewer: Reviewer | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Prepare an environment of `n_customers` drawn from `simulator`, starting from `segmentation`.

        Both must be given; DataError says so, and where a window is asked for and there is no display. A `setup`
        brings its own constraints and reviewer.
        """
        simulator, segmentation = _given(simulator, segmentation)
        self.setup = setup or build_setup(simulator, segmentation, constraints=constraints, reviewer=reviewer)
        self.simulator, self.n_customers = simulator, n_customers
        entry = self.setup.entry
        self.start = segmentation if entry is None else segmentation_of(entry, segmentation, self.setup.grid)
        self.render_mode = _render_mode(render_mode, self.metadata["render_modes"])
        self._window = _window() if render_mode == "human" else None
        self.observation_space, self.action_space = _spaces(self.setup, len(segmentation.catalogue.campaigns))
        self.world = World(self.setup)
        self._reel = Reel(self.world, _campaign_names(segmentation))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start an episode with a fresh population and fresh luck."""
        super().reset(seed=seed)
        draw, luck = self.np_random.integers(0, 2**31 - 1, size=2)
        population = self.simulator.population(seed=int(draw), n=self.n_customers)
        self.world.reset([population], np.array([luck], np.uint64))
        self.segmentation, self.tweaks, self._said = self.start, list[Tweak](), ""
        self._reel.begin()
        self._show()
        return self._observation(), {"action_mask": self.action_masks()}

    def _observation(self) -> NDArray[np.float32]:
        return np.asarray(np.clip(self.world.observation[0], -OBSERVATION_BOUND, OBSERVATION_BOUND))

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions are valid now, (M,), as sb3-contrib's MaskablePPO asks for it."""
        return np.asarray(self.world.allowed()[0])

    def tweak(self, action: int) -> Tweak:
        """Return the tweak that an action proposes now."""
        return self._meaning(self.world.decode[0, action])

    def _meaning(self, decoded: NDArray[np.int16]) -> Tweak:
        return tweak_of(decoded, self.segmentation, self.setup.grid, number=len(self.tweaks) + 1)

    def step(self, action: np.int64) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Propose one tweak and let a period pass; an action that is not valid holds."""
        if self.world.period >= self.setup.horizon:
            raise DataError(f"the episode ended after {self.setup.horizon} periods", mend="call reset()")
        row = int(action) if self.world.mask[0, int(action)] else 0
        reward, cost, done = self.world.step(np.array([row]))
        tweak = self._meaning(self.world.carried[0])
        self._said = tweak.explain(self.segmentation)
        self.segmentation = tweak.apply(self.segmentation).segmentation
        self.tweaks.append(tweak)
        self._reel.after(reward)
        self._show()
        info = {
            "action_mask": self.action_masks(),
            "tweak": tweak,
            "cost": cost[0],
            "review": self.world.desk.verdicts[0],
        }
        return self._observation(), float(reward[0] * self.setup.reward_scale), done, False, info

    def render(self) -> str | NDArray[np.uint8] | None:
        """Return today's segments as sentences (`ansi`) or as a picture (`rgb_array`); a window shows itself."""
        if self.render_mode == "ansi":
            return "\n".join(self.segmentation.explain())
        return self._picture() if self.render_mode == "rgb_array" else None

    def _picture(self) -> NDArray[np.uint8]:
        return self._reel.picture(said=self._said, names=[segment.name for segment in self.segmentation.every])

    def _show(self) -> None:
        if self._window is not None:
            self._window.show(self._picture(), 1 / FPS)

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            self._window.close()
