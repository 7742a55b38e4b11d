"""A policy leaves its study, and is verified where it arrives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.cli.saying import lines, out
from evenhand.errors import DataError

if TYPE_CHECKING:
    from evenhand.agents.export.manifest import Manifest
    from evenhand.experiments.folder import StudyFolder

__all__ = ["export_study", "verify_folder"]


def export_study(study: StudyFolder, out_folder: Path | None, *, seed: int | None) -> None:
    """Export, and say what was written and under which key."""
    from evenhand.experiments.exporting import export_step
    from evenhand.registry.keys import key_file

    fresh = not key_file().exists()
    made = export_step(study, out_folder, seed=seed)
    if fresh:
        lines([f"A signing key of your own was made: {key_file()}. Keep it to yourself, and keep a copy."], indent=0)
    _say(made.manifest)
    lines([f"Signed by key {made.signer}"], indent=0)
    out.print(f"Export: {made.folder}")
    lines([f"Next: evenhand verify {made.folder}"], indent=0)


def verify_folder(folder: Path, key: Path | None) -> None:
    """Verify signature and hashes, see that the policy runs, and say what it is."""
    from evenhand.agents.export.seal import open_sealed
    from evenhand.agents.export.served import OnnxPolicy
    from evenhand.registry.keys import trusted_key

    if not folder.is_dir():
        what = "is a file" if folder.exists() else "there is no such folder"
        raise DataError(what, where=str(folder), mend="make one with `evenhand export STUDY`")
    opened = open_sealed(folder, trusted_key(key))
    OnnxPolicy(opened.manifest, opened.files["policy.onnx"])
    whose = f"the key in {key}" if key else "your own key"
    lines([f"Verified: every file is as it was signed by {whose} ({opened.signer})"], indent=0)
    _say(opened.manifest)


def _say(manifest: Manifest) -> None:
    """Say whose policy it is and how far its evidence goes."""
    made = manifest.training
    lines(
        [
            f"Policy of {made.business} · training seed {made.seed} · {made.customers:,} customers · Evidence level: "
            f"{manifest.evidence} (simulated only)"
        ],
        indent=0,
    )
