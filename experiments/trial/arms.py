"""Arms by file: the name and content hash of a segmentation or policy, so that nobody copies hashes by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evenhand.errors import ArtefactError, DataError
from evenhand.segments import Segmentation

__all__ = ["arm_of", "with_files_read"]


def arm_of(path: Path) -> dict[str, str]:
    """Return kind, name and content hash of a segmentation's file or a policy's folder; ArtefactError for others."""
    if (path / "policy.json").is_file():
        try:
            head = json.loads((path / "policy.json").read_bytes())
        except ValueError as error:
            raise ArtefactError(f"policy.json is no JSON: {error}", where=str(path)) from None
        sha256 = head.get("sha256") if isinstance(head, dict) else None
        if not isinstance(sha256, str):
            raise ArtefactError("holds a policy without a hash", where=str(path), mend="train it again")
        return {"kind": "policy", "of": path.name, "sha256": sha256}
    if not path.is_file():
        raise ArtefactError(
            "there is no such file", where=str(path), rule="an arm is a segmentation's JSON file or a policy's folder"
        )
    segmentation = Segmentation.from_json(path.read_bytes())
    return {"kind": "segmentation", "of": path.stem, "sha256": segmentation.hash}


def with_files_read(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the values of a plan with each arm's `file`, relative to `folder`, replaced by what it holds."""
    arms: list[Any] = []
    given = values.get("arms", [])
    for arm in given if isinstance(given, list) else ():
        if isinstance(arm, Mapping) and "file" in arm:
            if clash := {"of", "sha256", "kind"} & arm.keys():
                raise DataError(
                    f"an arm has both file and {sorted(clash)[0]}", where=f"arm {arm.get('name')!r}",
                    rule="the file says it", mend=f"leave {sorted(clash)[0]} out",
                )  # fmt: skip
            arms.append({**{k: v for k, v in arm.items() if k != "file"}, **arm_of(folder / str(arm["file"]))})
        else:
            arms.append(arm)
    return {**values, **({"arms": arms} if arms else {})}
