"""Keep a customer table as a folder: Parquet files, the schema and a manifest with the hash of each.

The same table gives the same bytes (no times inside). A folder is written beside its place and moved there
when it is whole, so nothing half-written is ever found under its name.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from evenhand.customers.check import Check
from evenhand.customers.schema import Schema
from evenhand.customers.table import Customers, Source
from evenhand.errors import ArtefactError, SchemaError
from evenhand.whole import whole_folder

__all__ = ["KIND", "VERSION", "load_customers", "save_customers"]

KIND, VERSION = "evenhand customers", 1
MANIFEST = "manifest.json"


def _parquet(frame: pd.DataFrame) -> bytes:
    # Without metadata: it names the versions of pandas, which are no part of the data.
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    buffer = BytesIO()
    parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _contents(customers: Customers) -> dict[str, bytes]:
    """Return every file of the folder but the manifest."""
    frame = customers.frame.rename_axis(customers.schema.id).reset_index()
    files = {"customers.parquet": _parquet(frame), "schema.toml": customers.schema.to_toml().encode()}
    if customers.history is not None:
        files["history.parquet"] = _parquet(customers.history)
    if customers.contacts is not None:
        files["contacts.parquet"] = _parquet(customers.contacts)
    return files


def _manifest(customers: Customers, files: dict[str, bytes]) -> bytes:
    document = {
        "kind": KIND,
        "version": VERSION,
        "customers": customers.n,
        "periods": customers.periods,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
        "sources": [asdict(source) for source in customers.sources],
        "remarks": [asdict(check) for check in customers.remarks],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _is_ours(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / MANIFEST).read_bytes())["kind"] == KIND)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def save_customers(customers: Customers, folder: Path) -> Path:
    """Write the folder whole or not at all; it may replace an earlier one, never a folder of other things."""
    if folder.exists() and not _is_ours(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        raise ArtefactError("exists and is no saved customer table", where=str(folder), mend="choose another folder")
    files = _contents(customers)
    files[MANIFEST] = _manifest(customers, files)
    try:
        with whole_folder(folder) as fresh:
            for name, data in files.items():
                (fresh / name).write_bytes(data)
    except OSError as error:
        raise ArtefactError(f"cannot be written: {error.strerror}", where=str(folder)) from None
    return folder


def _read(folder: Path, name: str, sha256: str) -> bytes:
    where = str(folder / name)
    try:
        data = (folder / name).read_bytes()
    except OSError:
        raise ArtefactError("is missing", where=where, mend="run the ingest again") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ArtefactError(
            "was changed after it was written",
            where=where,
            rule="its hash is that of the manifest",
            mend="run the ingest again",
        )
    return data


def _read_manifest(folder: Path) -> dict[str, Any]:
    if not _is_ours(folder):
        raise ArtefactError("is no saved customer table", where=str(folder), rule=f"a folder with a {MANIFEST} of ours")
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    if manifest.get("version") != VERSION:
        raise ArtefactError(
            f"has format {manifest.get('version')!r}; this Evenhand reads {VERSION}",
            where=str(folder),
            mend="run the ingest again",
        )
    return manifest


def _schema(text: bytes, *, where: str) -> Schema:
    try:
        return Schema.from_toml(text.decode(), where=where)
    except SchemaError as error:  # only an Evenhand that allowed it can have written it
        raise ArtefactError(
            f"was written by an Evenhand with another format: {error.what}",
            where=where,
            rule=error.rule,
            mend="correct the schema that it came from and run the ingest again",
        ) from None


def load_customers(folder: Path) -> Customers:
    """Read a folder that `save_customers` wrote; ArtefactError when it is none or a file was changed."""
    manifest = _read_manifest(folder)
    files = {name: _read(folder, name, sha256) for name, sha256 in manifest["files"].items()}

    def frame(name: str) -> pd.DataFrame | None:
        return parquet.read_table(BytesIO(files[name])).to_pandas() if name in files else None

    schema = _schema(files["schema.toml"], where=str(folder / "schema.toml"))
    customers = frame("customers.parquet")
    if customers is None:
        raise ArtefactError("names no customers.parquet", where=str(folder / MANIFEST))
    return Customers(
        frame=customers.set_index(schema.id),
        schema=schema,
        history=frame("history.parquet"),
        contacts=frame("contacts.parquet"),
        periods=int(manifest["periods"]),
        sources=tuple(Source(**{**source, "notices": tuple(source["notices"])}) for source in manifest["sources"]),
        remarks=tuple(Check(**check) for check in manifest["remarks"]),
    )
