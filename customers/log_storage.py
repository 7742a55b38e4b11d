"""Keep a campaign log as a folder to which results are added, again and again, and nothing is ever lost.

The folder holds the plan, a ledger with every row that ever came (believed, or refused with its reason), a manifest
with the hash of each, and `log.parquet`, the joined table for other tools. A new ledger is a new file, named by its
hash and safely on disk before the manifest, replaced in one step, names it: whenever a recording is cut off, the log is
the one before or the one after. The folder is locked while it is written, so two recordings at once follow one another.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as parquet

from evenhand.customers.campaign_log import CampaignLog, joined
from evenhand.customers.campaign_plan import CampaignPlan, PlanAbout
from evenhand.customers.files import RawTable
from evenhand.customers.locking import locked
from evenhand.customers.plan_storage import as_parquet, read_manifest, verified
from evenhand.customers.results import REASONS, judged, raw_rows, refused_keys, results_table
from evenhand.errors import ArtefactError, DataError, EvenhandError
from evenhand.segments import content_hash
from evenhand.segments.checks import read_model
from evenhand.whole import write_whole

__all__ = ["KIND", "Recorded", "load_log", "record_results"]

KIND, VERSION = "evenhand campaign log", 1
MANIFEST, JOINED = "manifest.json", "log.parquet"
MADE = ("plan-", "baseline-", "ledger-", ".")  # how names of files begin that an interrupted recording may leave


@dataclass(frozen=True)
class Recorded:
    """What a recording took: rows of the file, new ones, those known already, refusals of this file by reason."""

    rows: int
    new: int
    known: int
    refused: tuple[tuple[str, int], ...]
    log: CampaignLog

    def __repr__(self) -> str:
        refused = sum(count for _, count in self.refused)
        lines = [f"{self.rows:,} rows: {self.new:,} new · {self.known:,} known already · {refused:,} refused"]
        lines += [f"  {count:,} {reason}: {REASONS[reason]}" for reason, count in self.refused]
        return "\n".join([*lines, repr(self.log)])

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return {
            "plan": self.log.plan.id,
            "rows": self.rows,
            "new": self.new,
            "known": self.known,
            "refused": dict(self.refused),
            "customers": len(self.log),
            "with_results": int((self.log.frame["results"] > 0).sum()),
            "sent_other": self.log.sent_other,
            "complete": self.log.complete,
            "refused_in_log": dict(self.log.refused),
        }


def record_results(plan: CampaignPlan, results: str | Path | pd.DataFrame, folder: Path, *, complete: bool) -> Recorded:
    """Add results to the log in `folder`, made when it is not there; see `evenhand.experiments.loop.record`."""
    table = results_table(results)
    rows = judged(table, plan)
    with _locked(folder):
        ledger, was_complete = _ledger(folder, plan)
        rows = _contradictions(rows, ledger, table)
        refused = rows["reason"][rows["reason"] != ""].value_counts()
        fresh = rows[pd.Index(ledger["key"]).get_indexer(pd.Index(rows["key"])) < 0].drop_duplicates("key")
        merged = pd.concat([ledger, fresh]).sort_values("key", kind="stable").reset_index(drop=True)
        log = joined(plan, merged, complete=complete or was_complete)
        _write(folder, log, merged)
    counts = tuple((name, int(refused[name])) for name in REASONS if name in refused)
    believed_new = int((fresh["reason"] == "").sum())
    return Recorded(len(rows), believed_new, int((rows["reason"] == "").sum()) - believed_new, counts, log)


def _contradictions(rows: pd.DataFrame, ledger: pd.DataFrame, table: RawTable) -> pd.DataFrame:
    """Refuse believed rows whose id an earlier row has with another content."""
    earlier = pd.concat([ledger[["key", "content"]], rows.loc[rows["reason"] == "", ["key", "content"]]])
    first = earlier.drop_duplicates("key").set_index("key")["content"]
    wrong = ((rows["reason"] == "") & (rows["key"].map(first) != rows["content"])).to_numpy()
    if not wrong.any():
        return rows
    rows = rows.copy()
    rows.loc[wrong, "reason"] = "contradicts"
    rows.loc[wrong, "raw"] = raw_rows(table, wrong)
    rows.loc[wrong, "key"] = refused_keys(rows["raw"][wrong])
    return rows


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Make the folder if need be and hold it alone."""
    if folder.exists() and not folder.is_dir():
        raise DataError("is a file", where=str(folder), rule="a log is a folder", mend="give another name")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with locked(folder):
            yield
    finally:
        if not any(folder.iterdir()):
            folder.rmdir()


def _manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest; ArtefactError where it is not as it was written: it says what silence means."""
    manifest = read_manifest(folder, kind=KIND, version=VERSION, mend="make one with `evenhand record`")
    said = manifest.pop("sha256", None)
    try:
        same = content_hash(manifest) == said
    except EvenhandError:  # a number that no manifest has
        same = False
    if not same:
        raise ArtefactError(
            "was changed after it was written", where=str(folder / MANIFEST), rule="its hash is part of it",
            mend="take the file as it was written; to say that silence means nothing, record with --complete",
        )  # fmt: skip
    return manifest


def _ledger(folder: Path, plan: CampaignPlan) -> tuple[pd.DataFrame, bool]:
    """Return the rows that came before and whether silence meant nothing then."""
    if not (folder / MANIFEST).exists():
        strange = sorted(item.name for item in folder.iterdir() if not item.name.startswith(MADE))
        if strange:
            raise DataError(
                f"holds {strange[0]} already",
                where=str(folder),
                rule="a log is a folder of its own",
                mend="give a new folder",
            )
        return judged(results_table(_NOTHING), plan), False
    manifest = _manifest(folder)
    if manifest["plan"] != plan.id:
        raise DataError(
            f"is the log of plan {manifest['plan']}, not of {plan.id}",
            where=str(folder),
            rule="a log belongs to one plan",
            mend="give another folder",
        )
    return _table(folder, manifest, "ledger"), bool(manifest["complete"])


_NOTHING = pd.DataFrame(
    {"customer": pd.Series(dtype="str"), "time": pd.Series(dtype="str"), "spend": pd.Series(dtype="float64")}
)


def _table(folder: Path, manifest: dict[str, Any], role: str) -> pd.DataFrame:
    sha256 = manifest["files"][role]
    data = verified(folder / _name(role, sha256), sha256)
    frame: pd.DataFrame = parquet.read_table(io.BytesIO(data)).to_pandas()
    return frame


def _name(role: str, sha256: str) -> str:
    return f"{role}-{sha256[:16]}.parquet"


def _write(folder: Path, log: CampaignLog, ledger: pd.DataFrame) -> None:
    parts = {
        "plan": as_parquet(log.plan.frame),
        "baseline": as_parquet(log.plan.baseline),
        "ledger": as_parquet(ledger),
    }
    hashes = {role: hashlib.sha256(data).hexdigest() for role, data in parts.items()}
    document: dict[str, Any] = {
        "kind": KIND,
        "version": VERSION,
        "plan": log.plan.id,
        "complete": log.complete,
        "about": log.plan.about.model_dump(mode="json"),
        "files": hashes,
        "refused": dict(log.refused),
    }
    document["sha256"] = content_hash(document)
    names = {role: _name(role, sha256) for role, sha256 in hashes.items()}
    for role, data in parts.items():
        if not (folder / names[role]).exists():
            write_whole(folder / names[role], data, durable=True)
    write_whole(folder / MANIFEST, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode(), durable=True)
    write_whole(folder / JOINED, as_parquet(log.frame), durable=True)
    for item in folder.iterdir():
        if item.name.startswith(MADE) and item.name not in names.values():
            item.unlink()


def load_log(folder: Path) -> CampaignLog:
    """Read a folder that `record_results` wrote; ArtefactError when it is none, or a file was changed."""
    manifest = _manifest(folder)
    try:
        about = read_model(PlanAbout, manifest["about"], where="about")
        plan = CampaignPlan(_table(folder, manifest, "plan"), about, _table(folder, manifest, "baseline"))
        return joined(plan, _table(folder, manifest, "ledger"), complete=bool(manifest["complete"]))
    except (KeyError, TypeError) as error:
        raise ArtefactError(f"is broken: {error}", where=str(folder / MANIFEST)) from None
