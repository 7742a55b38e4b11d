"""A study's folder: each step reads the files of the step before and writes its own, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from evenhand.agents import LearnedPolicy
from evenhand.customers import Customers
from evenhand.errors import ArtefactError
from evenhand.experiments.settings import StudySettings
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["StudyFolder"]

M = TypeVar("M", bound=BaseModel)

MADE_BY = {
    "customers": "evenhand ingest",
    "today.json": "evenhand ingest",
    "simulator.json": "evenhand calibrate",
    "realism.json": "evenhand calibrate",
    "settings.json": "evenhand train",
    "opponents.json": "evenhand train",
    "learning.json": "evenhand train",
    "policy": "evenhand train",
    "evaluation.json": "evenhand evaluate",
    "recommendations.json": "evenhand recommend",
    "report.json": "evenhand report",
}


class StudyFolder:
    """Typed reading and writing of `customers/ today.json simulator.json ... report.html` under one path."""

    def __init__(self, path: str | Path) -> None:
        """Stand for `path`; nothing is made yet."""
        self.path = Path(path)

    def __repr__(self) -> str:
        there = [name for name in MADE_BY if (self.path / name).exists()]
        return f"StudyFolder({str(self.path)!r}: {', '.join(there) or 'empty'})"

    def has(self, name: str) -> bool:
        """Say whether a step's file is there."""
        return (self.path / name).exists()

    def need(self, name: str) -> Path:
        """Return a file of an earlier step; ArtefactError names the step that makes it."""
        if not self.has(name):
            raise ArtefactError(
                f"there is no {name}", where=str(self.path), mend=f"run `{MADE_BY[name]} {self.path}` first"
            )
        return self.path / name

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
        folder = self.need("policy")
        return [LearnedPolicy.load(one) for one in sorted(folder.iterdir()) if one.is_dir()]

    def read(self, name: str, model: type[M]) -> M:
        """Read a JSON file as `model`."""
        try:
            return model.model_validate_json(self.need(name).read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            raise ArtefactError(
                f"{'.'.join(str(x) for x in first['loc'])}: {first['msg']}",
                where=str(self.path / name),
                mend=f"run `{MADE_BY[name]}` again",
            ) from None

    def read_plain(self, name: str) -> Any:
        """Read a JSON file as plain data."""
        try:
            return json.loads(self.need(name).read_bytes())
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
        self.path.mkdir(parents=True, exist_ok=True)
        partial = self.path / f".{name}.partial"
        partial.write_text(text, encoding="utf-8")
        return partial.replace(self.path / name)
