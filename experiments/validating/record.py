"""Where the decisions on a study's policies lie: one folder a policy, its plan, its evidence and the record."""

from __future__ import annotations

from pathlib import Path

from evenhand.experiments.gate import DecisionRecord, load_record, replay

__all__ = ["place_of", "record_of", "records_of"]

FOLDER, RECORD = "validation", "record.json"


def place_of(study: Path, policy_sha256: str) -> Path:
    """Return the folder of a policy's simulated trial."""
    return study / FOLDER / policy_sha256[:16]


def record_of(study: Path, policy_sha256: str) -> DecisionRecord | None:
    """Return what was decided on a policy, replayed; None where nothing was. ArtefactError for an edited record."""
    file = place_of(study, policy_sha256) / RECORD
    if not file.is_file():
        return None
    found = load_record(file)
    replay(found)
    return found


def records_of(study: Path) -> list[Path]:
    """Return the files of all records of a study."""
    return sorted((study / FOLDER).glob(f"*/{RECORD}"))
