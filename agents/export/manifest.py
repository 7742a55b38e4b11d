"""What a policy says of itself: what it sees, what it was made from, how it fared; strict, and plain JSON."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from evenhand.agents.policy import Layout
from evenhand.envs.candidates import CANDIDATE_FEATURES
from evenhand.envs.grid import Grid
from evenhand.envs.observation import CANDIDATE_SCALE, names

__all__ = ["FORMAT", "SEALED", "VERSION", "GridCut", "GridFeature", "Manifest", "ObservationSchema", "SimulatorRecord",
           "TrainingRecord"]  # fmt: skip

FORMAT, VERSION = "evenhand policy", 1
SEALED = ("policy.onnx", "card.md", "card.html", "public_key.pem")  # the files whose hashes the manifest holds

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ObservationSchema(_Part):
    """What stands where in an observation, and by what candidate features were multiplied.

    There is no other normaliser: scales are constants, and everything else comes in units near one.
    """

    campaigns: tuple[str, ...]
    max_segments: int
    names: tuple[str, ...]  # (L,) of every entry, in order
    candidate_features: tuple[str, ...]  # (D,)
    candidate_scale: tuple[float, ...]  # (D,)

    @classmethod
    def of(cls, campaigns: tuple[str, ...], max_segments: int) -> Self:
        """Return what this release shows a policy of so many segments and these campaigns."""
        return cls(
            campaigns=campaigns,
            max_segments=max_segments,
            names=tuple(names(max_segments, campaigns)),
            candidate_features=tuple(CANDIDATE_FEATURES),
            candidate_scale=tuple(CANDIDATE_SCALE.astype(float).tolist()),
        )

    @property
    def layout(self) -> Layout:
        """Where things stand in an observation."""
        return Layout(self.max_segments, len(self.campaigns))


class GridCut(_Part):
    """A threshold that a tweak may use: `x < value` lies below it, or `x <= value` when closed."""

    value: float
    closed: bool


class GridFeature(_Part):
    """A feature that rules may use, with its cuts in ascending order."""

    name: str
    cuts: tuple[GridCut, ...]

    @classmethod
    def all_of(cls, grid: Grid) -> tuple[Self, ...]:
        """Return every feature of a grid."""
        return tuple(
            cls(name=name, cuts=tuple(GridCut(value=cut.value, closed=cut.closed) for cut in cuts))
            for name, cuts in zip(grid.names, grid.cuts, strict=True)
        )


class SimulatorRecord(_Part):
    """The simulator that a policy learned in."""

    sha256: str
    parameters: dict[str, int]  # origin (calibrated, prior, scenario) -> how many numbers come from there
    notes: tuple[str, ...]


class TrainingRecord(_Part):
    """What a policy was made from: enough to make it again."""

    business: str
    customers: int
    customers_sha256: Sha256
    simulator: SimulatorRecord
    segmentation_sha256: str
    seed: int
    seeds: tuple[int, ...]  # of all trainings of the study, best on validation first
    checkpoint: int  # steps at which it was kept
    settings: dict[str, JsonValue]  # of the study: budgets and constraint
    network: dict[str, JsonValue]  # what the network was built with, tuned greedy included
    hyperparameters: dict[str, JsonValue]
    record: dict[str, JsonValue]  # what training itself wrote down
    curve: tuple[dict[str, JsonValue], ...]  # checkpoints on validation populations
    versions: dict[str, str]


class Manifest(_Part):
    """Everything that is signed of an exported policy."""

    format: Literal["evenhand policy"] = "evenhand policy"
    version: Literal[1] = 1
    name: str
    evidence: Literal["candidate"] = "candidate"  # an export is a birth certificate; promotions are recorded elsewhere
    observation: ObservationSchema
    grid: tuple[GridFeature, ...]
    constraints: tuple[dict[str, JsonValue], ...]
    beginning: dict[str, JsonValue] | None = None  # the plan that it begins with; none: the segmentation that runs
    training: TrainingRecord
    metrics: dict[str, JsonValue]  # its row of the simulated evidence, and the comparison if it is the chosen policy
    parity: float  # largest difference of the graph's logits from the network's, as a share of the largest logit
    files: dict[str, Sha256]  # SEALED

    @model_validator(mode="after")
    def _names_every_file(self) -> Self:
        if sorted(self.files) != sorted(SEALED):
            raise ValueError(f"files must be {', '.join(SEALED)}")
        return self
