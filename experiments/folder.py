"""A study's folder: each step reads the files of the step before and writes its own, whole or not at all."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from evenhand.agents import LearnedPolicy
from evenhand.customers import Customers
from evenhand.errors import ArtefactError
from evenhand.experiments.settings import StudySettings
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator
from evenhand.whole import whole_folder, write_whole

__all__ = ["StudyFolder"]

M = TypeVar("M", bound=BaseModel)

FILES = {  # step -> what it leaves; `evenhand <step>` makes it ("half-done" and "mitigating" only when it was stopped)
    "ingest": ("customers", "today.json"),
    "calibrate": ("simulator.json", "realism.json"),
    "search": ("search.json", "search.sqlite"),
    "train": ("settings.json", "opponents.json", "learning.json", "policy", "logs", "half-done"),
    "evaluate": ("evaluation.json",),
    "recommend": ("recommendations.json", "learned.json", "beginning.json"),
    "mitigate": ("mitigation.json", "mitigating"),
    "report": ("report.json", "report.html"),
}
MADE_BY = {name: step for step, names in FILES.items() for name in names}
STANDS_ON = {  # step -> whose files stand on its own; a report is a record, so it stays until the next one
    "ingest": ("calibrate", "search", "train", "evaluate", "recommend", "mitigate"),
    "calibrate": ("search", "train", "evaluate", "recommend", "mitigate"),
    "train": ("evaluate", "recommend", "mitigate"),
}


class StudyFolder:
    """Typed reading and writing of `customers/ today.json simulator.json ... report.html` under one path."""

    def __init__(self, path: str | Path) -> None:
        """Stand for `path`; nothing is made yet."""
        self.path = Path(path)

    def __repr__(self) -> str:
        there = [name for name in MADE_BY if self.has(name)]
        return f"StudyFolder({str(self.path)!r}: {', '.join(there) or 'empty'})"

    def has(self, name: str) -> bool:
        """Say whether a step's file is there."""
        return (self.path / name).exists()

    def need(self, name: str) -> Path:
        """Return a file of an earlier step; ArtefactError names the step that makes it."""
        if not self.has(name):
            raise ArtefactError(f"there is no {name}", where=str(self.path), mend=f"run {self._command(name)} first")
        return self.path / name

    def _command(self, name: str) -> str:
        step = MADE_BY[name]
        return f"`evenhand ingest ... --out {self.path}`" if step == "ingest" else f"`evenhand {step} {self.path}`"

    def customers(self) -> Customers:
        """Read the customers."""
        return Customers.load(self.need("customers"))

    def today(self) -> Segmentation:
        """Read the segmentation that runs now."""
        return Segmentation.from_json(self.need("today.json").read_text(encoding="utf-8"))

    def simulator(self) -> Simulator:
        """Read the calibrated simulator."""
        return Simulator.load(self.need("simulator.json"))

    def settings(self) -> StudySettings:
        """Read the settings that training used."""
        return self.read("settings.json", StudySettings)

    def policies(self) -> list[LearnedPolicy]:
        """Read the learned policies, the chosen one first."""
        place = self.need("policy")
        found = [one for one in place.iterdir() if one.is_dir()]
        if not found:
            raise ArtefactError("holds no policy", where=str(place), mend=f"run {self._command('policy')} again")
        return [LearnedPolicy.load(one) for one in sorted(found, key=_rank)]

    def write_policies(self, policies: Sequence[LearnedPolicy]) -> Path:
        """Write the learned policies, the chosen one first, in place of all earlier ones."""
        place = self.path / "policy"
        with whole_folder(place) as fresh:
            for k, policy in enumerate(policies, start=1):
                policy.save(fresh / f"{k}-seed-{policy.manifest.get('seed')}")
        return place

    def forget_after(self, step: str) -> None:
        """Remove what later steps made of the files that `step` is about to replace, so that nothing stale is shown."""
        later = STANDS_ON.get(step, ())
        for name in (name for one in later for name in FILES[one]):
            self.forget(name)
        if self.has("seconds.json"):
            seconds = self.read_plain("seconds.json")
            self.write("seconds.json", {name: value for name, value in seconds.items() if name not in later})

    def forget(self, name: str) -> None:
        """Remove a file or a folder, if it is there."""
        if (self.path / name).is_dir():
            shutil.rmtree(self.path / name)
        else:
            (self.path / name).unlink(missing_ok=True)

    def read(self, name: str, model: type[M]) -> M:
        """Read a JSON file as `model`."""
        try:
            return model.model_validate_json(self.need(name).read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            raise ArtefactError(
                f"{'.'.join(str(x) for x in first['loc'])}: {first['msg']}",
                where=str(self.path / name),
                mend=f"run {self._command(name)} again",
            ) from None

    def read_plain(self, name: str) -> Any:
        """Read a JSON file as plain data."""
        try:
            return json.loads((self.need(name) if name in MADE_BY else self.path / name).read_bytes())
        except ValueError as error:
            raise ArtefactError(f"is no JSON: {error}", where=str(self.path / name)) from None

    def write(self, name: str, content: BaseModel | str | dict[str, Any] | list[Any]) -> Path:
        """Write text, a model or plain data, through a partial file so that a fault leaves the old one."""
        if isinstance(content, BaseModel):
            text = content.model_dump_json(indent=2) + "\n"
        elif isinstance(content, str):
            text = content
        else:
            text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"
        return write_whole(self.path / name, text)


def _rank(policy: Path) -> tuple[int, str]:
    """Return the number that a policy's folder begins with: the tenth comes after the second."""
    number = policy.name.partition("-")[0]
    return (int(number) if number.isdecimal() else sys.maxsize, policy.name)
