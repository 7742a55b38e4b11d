"""Keep a campaign plan as a folder: the rows (Parquet or CSV), the baseline and a manifest with the hash of each.

The same plan gives the same bytes. The folder is written beside its place and moved there when it is whole; a plan is
never overwritten by another one, since results may already stand on it.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from evenhand.customers.campaign_plan import COLUMNS, PLAN_VERSION, CampaignPlan, PlanAbout
from evenhand.errors import ArtefactError, EvenhandError
from evenhand.segments.checks import read_model
from evenhand.whole import whole_folder

__all__ = ["KIND", "as_parquet", "load_plan", "read_manifest", "save_plan", "verified"]

KIND = "evenhand campaign plan"
MANIFEST = "manifest.json"
TYPES = {"text": "str", "whole": "int64", "flag": "bool", "number": "float64"}


def as_parquet(frame: pd.DataFrame) -> bytes:
    """Return a table as Parquet without metadata, which would name versions of other packages."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    # Text has one type, whichever way it came into the frame.
    texts = {name: pa.string() for name, kind in zip(table.schema.names, table.schema.types, strict=True)
             if pa.types.is_large_string(kind) or pa.types.is_null(kind)}  # fmt: skip
    table = table.cast(pa.schema([(field.name, texts.get(field.name, field.type)) for field in table.schema]))
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def save_plan(plan: CampaignPlan, folder: Path, *, csv: bool) -> Path:
    """Write the folder whole or not at all; ArtefactError where something else already is."""
    rows = plan.frame.to_csv(index=False, lineterminator="\n").encode() if csv else as_parquet(plan.frame)
    files = {f"plan.{'csv' if csv else 'parquet'}": rows, "baseline.parquet": as_parquet(plan.baseline)}
    document = {
        "kind": KIND,
        "version": PLAN_VERSION,
        "about": plan.about.model_dump(mode="json"),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
    }
    files[MANIFEST] = (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if folder.is_dir() and _same(folder, files):
            return folder
        raise ArtefactError(
            "exists already", where=str(folder), rule="a plan overwrites nothing", mend="give another folder"
        )
    with whole_folder(folder) as fresh:
        for name, data in files.items():
            (fresh / name).write_bytes(data)
    return folder


def _same(folder: Path, files: dict[str, bytes]) -> bool:
    there = {item.name for item in folder.iterdir()}
    return there == {*files} and all((folder / name).read_bytes() == data for name, data in files.items())


def read_manifest(folder: Path, *, kind: str, version: int, mend: str) -> dict[str, Any]:
    """Return the manifest of a folder of this kind; ArtefactError when it is none of ours or of another version."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        ours = manifest["kind"] == kind
    except (OSError, ValueError, KeyError, TypeError):
        ours = False
    if not ours:
        what = f"is no {kind.removeprefix('evenhand ')}" if folder.exists() else "there is no such folder"
        raise ArtefactError(what, where=str(folder), rule=f"a folder with a {MANIFEST} of ours", mend=mend)
    if manifest.get("version") != version:
        found = manifest.get("version")
        raise ArtefactError(f"has format {found!r}; this Evenhand reads {version}", where=str(folder), mend=mend)
    return dict(manifest)


def verified(path: Path, sha256: str) -> bytes:
    """Return the bytes of a file; ArtefactError when it is missing or its hash is not the manifest's."""
    try:
        data = path.read_bytes()
    except OSError:
        raise ArtefactError("is missing", where=str(path)) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ArtefactError(
            "was changed after it was written",
            where=str(path),
            rule="its hash is that of the manifest",
            mend="take the file as it was written; a changed plan is a new plan",
        )
    return data


def load_plan(folder: Path) -> CampaignPlan:
    """Read a folder that `save_plan` wrote; ArtefactError when it is none, or a file was changed."""
    manifest = read_manifest(folder, kind=KIND, version=PLAN_VERSION, mend="make one with `evenhand plan`")
    try:
        files = {str(name): verified(folder / name, sha256) for name, sha256 in manifest["files"].items()}
        about = read_model(PlanAbout, manifest["about"], where="about")
        baseline = parquet.read_table(io.BytesIO(files["baseline.parquet"])).to_pandas()
        rows = _csv(files["plan.csv"]) if "plan.csv" in files else _parquet(files["plan.parquet"])
        return CampaignPlan(frame=rows, about=about, baseline=baseline)
    except (KeyError, TypeError, AttributeError, ValueError, pa.ArrowException) as error:
        raise ArtefactError(f"is broken: {error}", where=str(folder / MANIFEST)) from None
    except ArtefactError:
        raise
    except EvenhandError as error:
        where = ", ".join(part for part in (str(folder), error.where) if part)
        raise ArtefactError(error.what, where=where, rule=error.rule, mend=error.mend) from None


def _csv(data: bytes) -> pd.DataFrame:
    """Read rows from CSV, every number exactly as it was written."""
    cells = pd.read_csv(io.BytesIO(data), dtype="str", keep_default_na=False)
    cells["explored"] = cells["explored"].map({"True": True, "False": False})
    return cells.astype({name: TYPES[kind] for name, kind in COLUMNS.items()})


def _parquet(data: bytes) -> pd.DataFrame:
    frame: pd.DataFrame = parquet.read_table(io.BytesIO(data)).to_pandas()
    return frame
