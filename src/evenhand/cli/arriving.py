"""How customers arrive: read, checked, described by a schema that a person confirmed, kept whole or not at all."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from evenhand.cli.saying import lines
from evenhand.errors import DataError, EvenhandError, RuleError

if TYPE_CHECKING:
    from evenhand.customers import Customers, Schema
    from evenhand.segments import Segmentation

__all__ = ["confirmed", "nobody_contacted", "nothing_left", "read_running", "room_for_study", "write_draft"]

DRAFT_HEAD = """Guessed from column names and values; what is protected was confirmed by a person.
Before anything can be learned, declare your campaigns, each as
   [[campaigns]]
   id = "A"
   name = "Spring letter"
   cost = 0.05         # money per contact and period
   discount = 1.50     # money per redemption
   beneficial = true   # is receiving it good for the customer?"""
MADE_BY_INGEST = {"customers", "today.json", "seconds.json"}


def room_for_study(path: Path) -> None:
    """Raise DataError unless `path` is new, empty, or holds nothing but an earlier ingest."""
    if not path.exists():
        return
    if not path.is_dir():
        raise DataError("is a file", where=str(path), rule="--out names a folder", mend="give another name")
    there = {item.name for item in path.iterdir()}
    if not there or (there <= MADE_BY_INGEST and (path / "customers" / "manifest.json").is_file()):
        return
    strange = sorted(there - MADE_BY_INGEST) or sorted(there)
    raise DataError(
        f"holds {strange[0]} already",
        where=str(path),
        rule="ingest starts a new study and overwrites nothing that it has not written",
        mend="give a new folder, or remove this one",
    )


@contextmanager
def nothing_left(path: Path) -> Iterator[None]:
    """Remove whatever folders of `path` were made inside when the block fails."""
    made = next((p for p in reversed((path, *path.parents)) if not p.exists()), None)
    try:
        yield
    except BaseException:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
        raise


def read_running(path: Path, customers: Customers) -> Segmentation:
    """Read the segmentation that runs now; its features, campaigns and protected names are those of the schema.

    So a file cannot declare a protected attribute to be a feature. RuleError names the file and the segment.
    """
    from evenhand.segments import Segmentation
    from evenhand.segments.canonical import read_json

    try:
        form = read_json(path.read_bytes(), where="segmentation")
        if not isinstance(form, dict):
            raise RuleError("is no segmentation", rule="a JSON object with segments and default")
        return Segmentation.from_json({**form, "catalogue": nobody_contacted(customers).to_dict()["catalogue"]})
    except OSError as error:
        reason = "there is no such file" if not path.exists() else f"cannot be read: {str(error.strerror).lower()}"
        raise DataError(reason, where=str(path), mend="give the path of a segmentation (JSON)") from None
    except EvenhandError as error:
        where = ", ".join(part for part in (str(path), error.where) if part)
        raise type(error)(error.what, where=where, rule=error.rule, mend=error.mend) from None


def nobody_contacted(customers: Customers) -> Segmentation:
    """Return what runs where no campaign is declared: one segment, no contact."""
    from evenhand.segments import Segment, Segmentation

    default = Segment(id="everyone", name="Everyone", campaign="none")
    return Segmentation(catalogue=customers.catalogue, segments=(), default=default)


def confirmed(schema: Schema) -> Schema:
    """Ask a person whether what was guessed to be protected is; without one, say that nobody was asked."""
    protected = ", ".join(spec.column for spec in schema.protected) or "nothing"
    lines([f"No schema was given. Guessed from the table: protected is {protected};"])
    lines([f"rules may use {', '.join(spec.column for spec in schema.features)}."])
    lines(schema.notes, indent=4)
    if not sys.stdin.isatty():
        lines(["Nobody was there to confirm what is protected, so the schema stays a draft."])
        return schema
    if typer.confirm(f"  Is it right, and complete, that {protected} is protected?", default=False):
        return schema.model_copy(update={"draft": False, "notes": ()})
    lines(["Then correct [[protected]] in the draft."])
    return schema


def write_draft(schema: Schema, table: Path) -> Path:
    """Write the schema beside the table under a name that nothing has yet (or that holds the same)."""
    text = schema.to_toml(comments=None if schema.draft else {"": DRAFT_HEAD})
    number = 1
    while True:
        path = table.with_name(f"{table.stem}.schema.draft{'' if number == 1 else f'-{number}'}.toml")
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
            return path
        except FileExistsError:
            if path.is_file() and path.read_bytes() == text.encode():
                return path
            number += 1
