"""A policy as it is served: an exported folder, verified, run by ONNX Runtime; no torch, nothing unpickled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from numpy.typing import NDArray

from evenhand.agents.export.manifest import Manifest, ObservationSchema
from evenhand.agents.export.seal import open_sealed
from evenhand.agents.policy import Masks, Observations, Rows
from evenhand.errors import ArtefactError
from evenhand.registry.keys import trusted_key
from evenhand.segments import Segmentation

__all__ = ["OnnxPolicy"]


class OnnxPolicy:
    """Takes the candidate with the highest logit, as the learned policy that it was exported from."""

    def __init__(self, manifest: Manifest, graph: bytes) -> None:
        """Run `graph`; ArtefactError where the policy was trained to see other things than this release shows."""
        seen = manifest.observation
        if seen != ObservationSchema.of(seen.campaigns, seen.max_segments):
            raise ArtefactError(
                "the policy sees other things than this release shows",
                where=manifest.name,
                rule="names and scales of the observation are those of the manifest",
                mend=f"use Evenhand {manifest.training.versions.get('evenhand', 'as it was')}, or train again",
            )
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # one small batch at a time: threads would only wait for each other
        self.manifest, self.name = manifest, manifest.name
        self._session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    @classmethod
    def load(cls, folder: str | Path, *, key: Path | Ed25519PublicKey | None = None) -> OnnxPolicy:
        """Verify an exported folder with `key` (without one: your own) and serve it; else ArtefactError."""
        opened = open_sealed(folder, key if isinstance(key, Ed25519PublicKey) else trusted_key(key))
        return cls(opened.manifest, opened.files["policy.onnx"])

    def __repr__(self) -> str:
        return f"OnnxPolicy({self.name!r}, {self.manifest.evidence}, seed {self.manifest.training.seed})"

    @property
    def beginning(self) -> Segmentation | None:
        """The plan that it begins with; None: the segmentation that runs."""
        plan = self.manifest.beginning
        return Segmentation.from_json(plan) if plan else None

    def reset(self, seed: int) -> None:
        """Nothing to forget."""

    def logits(self, observations: Observations) -> NDArray[np.float32]:
        """Return the score of every candidate, (E, L) -> (E, M); ArtefactError for observations of another shape."""
        length = len(self.manifest.observation.names)
        if observations.ndim != 2 or observations.shape[1] != length:
            raise ArtefactError(
                f"observations of shape {observations.shape} do not fit",
                where=self.name,
                rule=f"each has {length} entries: {self.manifest.observation.max_segments} segments and campaigns "
                f"{', '.join(self.manifest.observation.campaigns)}",
            )
        (found,) = self._session.run(["logits"], {"observations": np.ascontiguousarray(observations, np.float32)})
        return np.asarray(found, np.float32)

    def choose(self, observations: Observations, masks: Masks) -> Rows:
        """Return the best valid row."""
        return np.asarray(np.where(masks, self.logits(observations), -np.inf).argmax(axis=1), np.int64)
