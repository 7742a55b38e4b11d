"""The report of a run: `report.json` as a strict model; every picture and table is drawn from it alone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Self

from pydantic import ValidationError, model_validator

from evenhand.errors import ArtefactError
from evenhand.experiments.report.base import Part
from evenhand.experiments.report.evidence import (
    Comparison,
    Elsewhere,
    OverSeeds,
    PolicyEvidence,
    Recommendation,
    RecommendedPlan,
)
from evenhand.experiments.report.mitigation import Mitigation
from evenhand.experiments.report.parts import Learning, SegmentationPart, Settings
from evenhand.experiments.report.sources import Data, Realism, SimulatorPart

__all__ = ["Report"]


class Report(Part):
    """One run from customers to recommendations; a part is null when there was too little data for it."""

    verdict: str
    scenario: str = ""  # whose dynamics the policies met in the evidence; empty: those of the simulator
    data: Data
    realism: Realism | None
    simulator: SimulatorPart | None
    today: SegmentationPart
    learned: SegmentationPart | None
    learning: Learning | None
    policies: tuple[PolicyEvidence, ...]
    comparison: Comparison | None
    over_seeds: OverSeeds | None = None  # all trainings, not the chosen one
    elsewhere: tuple[Elsewhere, ...] = ()  # on dynamics that training never saw
    mitigation: Mitigation | None = None  # fairness before, inside and after learning, where they were compared
    plan: RecommendedPlan | None = None  # that the policy begins with; null: with today's segmentation
    recommendations: tuple[Recommendation, ...]  # tweaks of the plan where there is one, else of today's segmentation
    settings: Settings
    seed: int
    versions: dict[str, str]
    seconds: dict[str, float]  # step -> duration; the only part that differs between two runs of one seed

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [policy.name for policy in self.policies]
        if len(set(names)) < len(names):
            raise ValueError(f"two policies share a name: {', '.join(names)}")
        if self.comparison and self.comparison.baseline not in names:
            raise ValueError(f"the comparison names '{self.comparison.baseline}', policies are {names}")
        return self

    def to_json(self) -> str:
        """Return the text of `report.json`: full precision, fixed order of keys, a line end at the end."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Report:
        """Read what `to_json` wrote; raises `ArtefactError` with the first offending field."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"]) or "report"
            raise ArtefactError(first["msg"], where=where, mend="write the report again") from error

    def save(self, path: str | Path) -> Path:
        """Write `report.json` and return its path."""
        target = Path(path)
        target.write_text(self.to_json(), encoding="utf-8")
        return target

    @classmethod
    def load(cls, path: str | Path) -> Report:
        """Read a `report.json` from disk."""
        return cls.from_json(Path(path).read_bytes())

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON without `seconds`: equal for two runs of the same seed."""
        content = self.model_dump(mode="json", exclude={"seconds"})
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def same_as(self, other: Report) -> bool:
        """Whether two reports say the same, durations aside."""
        return self.hash == other.hash

    def policy(self, name: str) -> PolicyEvidence:
        """Return the evidence of the policy called `name`; raises `KeyError`."""
        for policy in self.policies:
            if policy.name == name:
                return policy
        raise KeyError(name)

    @property
    def learned_policy(self) -> PolicyEvidence | None:
        """The learned policy's evidence, if there is one."""
        return next((policy for policy in self.policies if policy.kind == "learned"), None)

    @property
    def today_policy(self) -> PolicyEvidence | None:
        """Evidence of what runs now, if there is any."""
        return next((policy for policy in self.policies if policy.kind == "today"), None)
