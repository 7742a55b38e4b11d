"""Who advises on which segmentation at this moment: noticed within half a second, changed without a dropped request."""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path
from typing import NamedTuple

from evenhand.agents.export.manifest import Manifest
from evenhand.agents.export.served import OnnxPolicy
from evenhand.envs import REVIEWERS, build_setup
from evenhand.errors import ArtefactError
from evenhand.experiments.advising.advise import Adviser
from evenhand.experiments.advising.beginning import PlanFirst
from evenhand.experiments.advising.standing import standing_of
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import constraints_of
from evenhand.registry import policies, segmentations
from evenhand.registry.database import Database
from evenhand.registry.policies import State, state_of
from evenhand.server.compiling import Compiler
from evenhand.server.serving.business import load_business
from evenhand.server.serving.folders import NO_TABLE, Stamp, stamp_of

__all__ = ["FRESH", "Advising", "Champions"]

FRESH = 0.5  # seconds for which a worker believes what it read: a promotion or a freeze is noticed within this time


class Advising(NamedTuple):
    """A segmentation's state, and who advises where one may: a plan to begin with speaks before the policy does."""

    state: State
    adviser: Adviser | PlanFirst | None
    table: Stamp = NO_TABLE  # of the customer table that it looks at


class Champions:
    """Advisers of one worker, made when they are first needed; used from one event loop."""

    def __init__(self, database: Database, data_dir: Path, compiler: Compiler | None = None) -> None:
        self._database, self._data_dir, self._compiler = database, data_dir, compiler
        self._read: dict[str, tuple[float, State]] = {}
        self._made: dict[str, Advising] = {}
        self._making: dict[tuple[str, State, Stamp], asyncio.Task[Advising]] = {}

    async def of(self, name: str) -> Advising:
        """Return who advises on a segmentation; MissingError when there is no such segmentation.

        A new champion is made ready beside the old one, which answers until then. Requests wait for the adviser where
        another version came into force, and where the customer table was written anew: whoever was erased from it has
        no part in any answer.
        """
        state, table = self._state(name), stamp_of(self._data_dir, name)
        if state.frozen or state.policy is None or state.level == "candidate":
            return Advising(state, None)
        self._forget(name, table)
        made = self._made.get(name)
        if made and _stands(made.state) == _stands(state):
            return made._replace(state=state)
        task = self._task(name, state, table)
        if made and made.state.version == state.version:
            return made
        await asyncio.shield(task)
        return await self.of(name)  # whatever was frozen, put into force or erased in the meantime counts

    async def warm(self) -> None:
        """Make every adviser ready; what fails is said to whoever asks for it."""
        with self._database.reading() as connection:
            names = [record.name for record in segmentations.every(connection)]
        await asyncio.gather(*(self.of(name) for name in names), return_exceptions=True)

    def forget(self) -> None:
        """Let go of every adviser that looks at customers as they were before their table was written anew."""
        for name in list(self._made):
            self._forget(name, stamp_of(self._data_dir, name))

    def _forget(self, name: str, table: Stamp) -> None:
        if name in self._made and self._made[name].table != table:
            del self._made[name]

    def _state(self, name: str) -> State:
        read, now = self._read.get(name), time.monotonic()
        if read is None or now - read[0] >= FRESH:
            with self._database.reading() as connection:
                read = (now, state_of(connection, name))
            self._read[name] = read
        return read[1]

    def _task(self, name: str, state: State, table: Stamp) -> asyncio.Task[Advising]:
        key = (name, state, table)
        if key not in self._making:
            self._making[key] = asyncio.create_task(self._make(*key))
        return self._making[key]

    async def _make(self, name: str, state: State, table: Stamp) -> Advising:
        try:
            adviser = await asyncio.to_thread(self._adviser, name, state)
            self._made[name] = Advising(state, adviser, table)
            return self._made[name]
        finally:
            del self._making[name, state, table]

    def _adviser(self, name: str, state: State) -> Adviser | PlanFirst:
        """Make the adviser of a state, in a thread; ArtefactError where its parts do not belong together."""
        with self._database.reading() as connection:
            version = segmentations.version(connection, name, state.version)
            kept = policies.get(connection, str(state.policy))
            beginning = policies.beginning_of(connection, kept, version)
            graph = policies.graph_of(connection, kept.id)
        manifest = Manifest.model_validate(kept.manifest)
        if hashlib.sha256(graph).hexdigest() != manifest.files["policy.onnx"]:
            raise ArtefactError("its graph was changed", where=f"policy {kept.id!r}", mend="upload it again")
        business = load_business(self._data_dir, name)
        if self._compiler is not None:
            self._compiler.ensure(name)
        if business.simulator.hash != manifest.training.simulator.sha256:
            raise ArtefactError(
                "it learned in another simulator than that of this business", where=f"policy {kept.id!r}",
                rule="a policy advises where it was proven", mend="load the study that it comes from",
            )  # fmt: skip
        today, first = version.content, None if beginning is None or beginning.begun else beginning
        if first is not None and first.others:
            return PlanFirst.unfit(first.others, today)
        settings = StudySettings.model_validate(manifest.training.settings)
        setup = build_setup(
            business.simulator, today, constraints=constraints_of(business.simulator, settings),
            horizon=settings.horizon, reviewer=REVIEWERS[settings.reviewer],
            max_segments=manifest.observation.max_segments,
        )  # fmt: skip
        if first is not None:
            return PlanFirst.of(first.plan, today, business.customers, setup)
        standing = standing_of(business.customers, today, business.simulator, setup)
        policy = OnnxPolicy(manifest, graph)
        policy.logits(standing.world.observation)  # the first run of a session is slow
        return Adviser.of(policy, standing)


def _stands(state: State) -> tuple[int, str | None]:
    return state.version, state.sha256
