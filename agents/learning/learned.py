"""A learned policy: the network with its settings, chosen deterministically, saved without pickles."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch as th
from numpy.typing import NDArray

from evenhand.agents.baselines.greedy import GreedyTuning
from evenhand.agents.learning.network import CandidateNet
from evenhand.agents.policy import Layout, Masks, Observations, Rows
from evenhand.errors import ArtefactError
from evenhand.segments import Segmentation

__all__ = ["LearnedPolicy", "NetSettings"]

FORMAT = "evenhand-policy-1"


@dataclass(frozen=True)
class NetSettings:
    """What a network must be built with to be the same again."""

    max_segments: int
    n_campaigns: int
    horizon: int
    edit: float
    complexity: float
    tuning: GreedyTuning
    residual: bool = True  # on top of greedy's score
    uncertainty: bool = True  # sees the standard error of each gain

    @property
    def layout(self) -> Layout:
        """Where things stand in an observation."""
        return Layout(self.max_segments, self.n_campaigns)

    def kwargs(self) -> dict[str, Any]:
        """Return the keyword arguments of a CandidateNet."""
        return {
            "layout": self.layout,
            "horizon": self.horizon,
            "edit": self.edit,
            "complexity": self.complexity,
            "tuning": self.tuning,
            "residual": self.residual,
            "uncertainty": self.uncertainty,
        }


class LearnedPolicy:
    """Takes the candidate with the highest logit."""

    def __init__(
        self, settings: NetSettings, weights: dict[str, NDArray[np.float32]], *, name: str = "learned",
        manifest: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Build the network from arrays; `manifest` says what it was trained on."""
        self.settings, self.weights, self.name = settings, weights, name
        self.manifest = manifest or {}
        self.net = CandidateNet(**settings.kwargs())
        self.net.load_state_dict({k: th.from_numpy(v.copy()) for k, v in weights.items()})
        self.net.eval()

    def __repr__(self) -> str:
        trained = self.manifest.get("steps")
        return f"LearnedPolicy({self.name!r}, {trained:,} steps)" if trained else f"LearnedPolicy({self.name!r})"

    @property
    def beginning(self) -> Segmentation | None:
        """The plan that it begins with; None: the segmentation that runs."""
        plan = self.manifest.get("beginning")
        return Segmentation.from_json(plan) if plan else None

    def reset(self, seed: int) -> None:
        """Nothing to forget."""

    def logits(self, observations: Observations) -> NDArray[np.float32]:
        """Return the score of every candidate, (E, M)."""
        with th.no_grad():
            return np.asarray(self.net.forward_actor(th.from_numpy(observations)).numpy())

    def choose(self, observations: Observations, masks: Masks) -> Rows:
        """Return the best valid row."""
        return np.asarray(np.where(masks, self.logits(observations), -np.inf).argmax(axis=1), np.int64)

    def save(self, folder: str | Path) -> Path:
        """Write `policy.json` (settings, manifest, hash of it all) and `weights.npz` into `folder`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / "weights.npz", **self.weights)  # type: ignore[arg-type]
        head = {
            "format": FORMAT,
            "name": self.name,
            "settings": asdict(self.settings),
            "manifest": self.manifest,
        }
        head["sha256"] = _hash(head, self.weights)
        (folder / "policy.json").write_text(json.dumps(head, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> LearnedPolicy:
        """Read a saved policy; ArtefactError when it is missing, of another version or changed."""
        folder = Path(folder)
        head, weights = _read(folder)
        sha256 = head.pop("sha256", None)
        if head.get("format") != FORMAT or sha256 != _hash(head, weights):
            raise ArtefactError(
                "the policy was changed or is of another version", where=str(folder), mend="train it again"
            )
        settings = {**head["settings"], "tuning": GreedyTuning(**head["settings"]["tuning"])}
        return cls(NetSettings(**settings), weights, name=head["name"], manifest=head["manifest"])


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """Return both files of a policy as plain data; nothing in them is ever unpickled."""
    try:
        head = json.loads((folder / "policy.json").read_text(encoding="utf-8"))
        with (folder / "weights.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            weights = {name: arrays[name] for name in arrays.files}
    except (OSError, EOFError, ValueError, AttributeError, TypeError, BadZipFile, zlib.error) as error:
        raise ArtefactError(f"no policy can be read: {error}", where=str(folder), mend="train one") from error
    return (head if isinstance(head, dict) else {}), weights


def _hash(head: dict[str, Any], weights: dict[str, NDArray[np.float32]]) -> str:
    digest = hashlib.sha256(json.dumps(head, sort_keys=True, separators=(",", ":")).encode())
    for name in sorted(weights):
        digest.update(f"{name} {weights[name].dtype} {weights[name].shape}".encode())
        digest.update(np.ascontiguousarray(weights[name]).tobytes())
    return digest.hexdigest()
