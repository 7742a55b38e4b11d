"""What a study is to do: the constraint, the seed and how much may be spent, in counts, never in seconds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evenhand.errors import DataError, nearest

__all__ = ["StudySettings"]


class StudySettings(BaseModel):
    """The settings of one study; every default is what `make demo` uses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(1, ge=0, le=1_000_000)  # training seeds, thousands apart, must fit 32 bits
    attribute: str | None = None  # protected attribute to constrain; None takes the first that can be
    tolerance: float = Field(0.05, gt=0, le=1)
    horizon: int = Field(26, ge=2, le=520)  # periods of an episode
    max_segments: int | None = Field(None, ge=2, le=40)  # that learning may use; None: 10, or two more than today's
    whole_plans: bool = True  # may learning begin with a whole plan, where one is ahead of today's segmentation
    replicates: int = Field(20, ge=1)  # bootstrap refits of the simulator
    algorithm: Literal["maskable-ppo", "ppo", "dqn"] = "maskable-ppo"
    steps: int = Field(200_000, ge=1)  # of learning, per training seed
    training_seeds: int = Field(2, ge=1, le=1000)
    n_envs: int = Field(64, ge=1)
    training_customers: int = Field(1000, ge=50)  # per simulated population while learning
    training_populations: int = Field(512, ge=1)
    validation_populations: int = Field(32, ge=1)
    confirmation_populations: int = Field(1024, ge=2)  # on which the best checkpoint has to beat the start
    checkpoints: int = Field(10, ge=1)
    patience: int | None = Field(None, ge=1)  # looks without a better checkpoint that end a training
    tail: float = Field(0.25, gt=0, le=1)  # share of episodes, the worst ones, whose mean must keep the constraint
    opponents: str = "random, rfm, kmeans, uplift-tree, linucb, greedy, greedy-shielded"  # see experiments.opponents
    tuning_populations: int = Field(128, ge=1)  # to tune each opponent on
    populations: int = Field(256, ge=2, le=100_000)  # unseen ones, in the evidence
    customers: int = Field(2500, ge=50)  # per population in the evidence, at most as many as there are
    shifted_populations: int = Field(32, ge=0, le=100_000)  # with each shift of the dynamics; 0 leaves them out
    effect_draws: int = Field(64, ge=2, le=10_000)  # simulated futures behind each recommendation
    recommendations: int = Field(3, ge=1)
    reviewer: Literal["none", "usual", "strict"] = "none"  # who decides on tweaks while learning and in the evidence

    def changed(self, **changes: Any) -> StudySettings:
        """Return these settings with others in places; DataError names a setting that is unknown or not valid."""
        if strange := [name for name in changes if name not in type(self).model_fields]:
            close = nearest(strange[0], type(self).model_fields)
            raise DataError(f"there is no setting {strange[0]!r}", mend=f"did you mean {close!r}?" if close else None)
        try:
            return StudySettings(**{**self.model_dump(), **changes})
        except ValidationError as error:
            first = error.errors()[0]
            raise DataError(f"{first['loc'][0]} = {first['input']!r}", rule=first["msg"]) from None

    @classmethod
    def preset(cls, name: Literal["full", "tiny"]) -> StudySettings:
        """Return the defaults, or settings that try the machinery in seconds and prove nothing."""
        if name == "full":
            return cls()
        return cls(
            replicates=3, steps=1664, training_seeds=1, n_envs=16, training_customers=200,
            training_populations=16, validation_populations=4, confirmation_populations=8, checkpoints=2,
            tuning_populations=4, populations=8, customers=300, shifted_populations=2, effect_draws=8,
        )  # fmt: skip
