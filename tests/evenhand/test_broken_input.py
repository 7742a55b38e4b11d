"""Broken input ends with status 2 and one readable line that names the place, and leaves nothing on disk."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tests.evenhand.conftest import Command
from tests.evenhand.shop import LOG, SCHEMA, table, today_json

INGEST = ("ingest", "customers.csv", "--schema", "schema.toml", "--out", "study")
Break = Callable[[Path], object]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()} | {
        f"{p.relative_to(folder)}/": b"" for p in sorted(folder.rglob("*")) if p.is_dir()
    }


def cell(column: str, value: object, row: int = 3) -> Break:
    def put(folder: Path) -> None:
        frame = pd.read_csv(folder / "customers.csv", dtype=str)
        frame.loc[row, column] = str(value)
        frame.to_csv(folder / "customers.csv", index=False)

    return put


def column(name: str, value: float) -> Break:
    return lambda folder: table().assign(**{name: value}).to_csv(folder / "customers.csv", index=False)


def text(name: str, content: str | bytes) -> Break:
    raw = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / name).write_bytes(raw)


def first_rows(n: int) -> Break:
    return lambda folder: table().head(n).to_csv(folder / "customers.csv", index=False)


def without(name: str) -> Break:
    return lambda folder: table().drop(columns=name).to_csv(folder / "customers.csv", index=False)


def truncated_parquet(folder: Path) -> None:
    table().to_parquet(folder / "customers.parquet")
    whole = (folder / "customers.parquet").read_bytes()
    (folder / "customers.parquet").write_bytes(whole[: len(whole) // 2])


def nan_everywhere(folder: Path) -> None:
    frame = table()
    frame[["recency", "orders", "basket", "age", "consent"]] = "NaN"
    frame.to_csv(folder / "customers.csv", index=False)


def folder_for_a_table(folder: Path) -> None:
    (folder / "customers.csv").unlink()
    (folder / "customers.csv").mkdir()


def somebodys_folder(folder: Path) -> None:
    (folder / "study").mkdir()
    (folder / "study/today.json").write_text("mine")


def log_of_unknown_campaign(folder: Path) -> None:
    (folder / "schema.toml").write_text(SCHEMA + LOG)
    (folder / "log.csv").write_text("customer,campaign,bought\n1,letter,yes\n2,leter,no\n")


TODAY = (*INGEST, "--today", "today.json")
CASES: dict[str, tuple[Break, tuple[str, ...], tuple[str, ...]]] = {
    # the ten of the first version
    "missing column": (without("orders"), INGEST, ("customers.csv", "'orders' is missing", "rule:")),
    "duplicate ids": (cell("customer_id", 1), INGEST, ("customers.csv, row 5, column 'customer_id'", "'1'", "twice")),
    "text in a number column": (
        cell("basket", "about 20"),
        INGEST,
        ("customers.csv, row 5, column 'basket'", "'about 20' is not a number"),
    ),
    "empty file": (text("customers.csv", ""), INGEST, ("customers.csv", "empty")),
    "a single customer": (first_rows(1), INGEST, ("customers.csv", "a single customer")),
    "all one group": (column("age", 30), INGEST, ("customers.csv, column 'age'", "under 45")),
    "a protected attribute in a rule": (
        text("today.json", today_json(field="age")),
        TODAY,
        ("today.json", "segment 'some'", "'age'", "protected"),
    ),
    "NaN everywhere": (nan_everywhere, INGEST, ("customers.csv, column 'recency'", "no cell has a value")),
    "an unknown campaign": (
        text("today.json", today_json(campaign="leter")),
        TODAY,
        ("today.json", "'leter'", "did you mean 'letter'?"),
    ),
    "a truncated Parquet file": (
        truncated_parquet,
        ("ingest", "customers.parquet", "--schema", "schema.toml", "--out", "study"),
        ("customers.parquet", "not a whole Parquet file"),
    ),
    # and more
    "an unknown campaign in the log": (
        log_of_unknown_campaign,
        INGEST,
        ("log.csv, row 3, column 'campaign'", "'leter'", "did you mean 'letter'?"),
    ),
    "a log that is not there": (text("schema.toml", SCHEMA + LOG), INGEST, ("log.csv", "cannot be read")),
    "infinity": (cell("orders", "inf"), INGEST, ("row 5, column 'orders'", "not finite")),
    "a header without rows": (first_rows(0), INGEST, ("customers.csv", "no rows")),
    "a table that is not there": (lambda folder: (folder / "customers.csv").unlink(), INGEST, ("customers.csv",)),
    "a folder for a table": (
        folder_for_a_table,
        INGEST,
        ("customers.csv", "is a folder"),
    ),
    "a schema that is no TOML": (text("schema.toml", "id = [\n"), INGEST, ("schema.toml", "not valid TOML")),
    "a schema with an unknown key": (
        text("schema.toml", SCHEMA.replace("consent =", "consnet =")),
        INGEST,
        ("schema.toml", "'consnet'", "did you mean 'consent'?"),
    ),
    "a schema that is not there": (lambda folder: (folder / "schema.toml").unlink(), INGEST, ("schema.toml",)),
    "a schema without campaigns": (
        text("schema.toml", SCHEMA.split("[[campaigns]]")[0]),
        INGEST,
        ("Shop", "no campaign is declared", "[[campaigns]]"),
    ),
    "a column both protected and a feature": (
        text("schema.toml", SCHEMA + '[[protected]]\ncolumn = "basket"\n'),
        INGEST,
        ("schema.toml", "'basket'", "both protected and a feature"),
    ),
    "today that is no JSON": (text("today.json", "{"), TODAY, ("today.json", "not JSON")),
    "today that is a list": (text("today.json", "[]"), TODAY, ("today.json", "no segmentation")),
    "today in no known text": (text("today.json", b"\xff\xfe\x00"), TODAY, ("today.json", "not JSON")),
    "today that is not there": (lambda folder: None, TODAY, ("today.json", "there is no such file")),
    "today over an unknown feature": (
        text("today.json", today_json(field="ordres")),
        TODAY,
        ("today.json", "'ordres'", "did you mean 'orders'?"),
    ),
    "a file as the folder to make": (text("study", "mine"), INGEST, ("study", "is a file")),
    "somebody's folder as the folder to make": (
        somebodys_folder,
        INGEST,
        ("study", "today.json"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_broken_input_is_refused_in_one_line_and_leaves_nothing(name: str, shop: Path, evenhand: Command) -> None:
    break_it, command, said = CASES[name]
    break_it(shop)
    before = contents(shop)
    ended = evenhand(*command)
    assert [part for part in said if part not in ended.complaint] == [], ended.complaint
    assert contents(shop) == before


def test_the_same_holds_for_the_real_command(shop: Path) -> None:
    break_it, command, said = CASES["a truncated Parquet file"]
    break_it(shop)
    before = contents(shop)
    done = subprocess.run([sys.executable, "-m", "evenhand", *command], cwd=shop, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"evenhand: [^\n]+\n", done.stderr)
    assert all(part in done.stderr for part in said)
    assert contents(shop) == before


def test_a_fault_while_writing_leaves_no_folder(shop: Path, evenhand: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from evenhand.experiments.folder import StudyFolder

    def full(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied", "today.json")

    monkeypatch.setattr(StudyFolder, "write", full)
    before = contents(shop)
    assert "permission denied" in evenhand(*INGEST[:-1], "new/study").complaint
    assert contents(shop) == before


LATER: dict[str, tuple[Break, tuple[str, ...], tuple[str, ...]]] = {
    "a corrupted simulator": (
        lambda study: (study / "simulator.json").write_bytes((study / "simulator.json").read_bytes()[:999]),
        ("train", "study", "--tiny"),
        ("simulator.json", "broken", "calibrate again"),
    ),
    "a simulator changed by hand": (
        lambda study: (study / "simulator.json").write_text(
            (study / "simulator.json").read_text().replace('"delayed": 1.0', '"delayed": 0.0')
        ),
        ("train", "study", "--tiny"),
        ("simulator.json", "was changed"),
    ),
    "customers changed by hand": (
        lambda study: (study / "customers/customers.parquet").write_bytes(b"PAR1"),
        ("calibrate", "study"),
        ("customers.parquet", "was changed", "ingest"),
    ),
    "training before calibrating": (
        lambda study: (study / "simulator.json").unlink(),
        ("train", "study"),
        ("there is no simulator.json", "evenhand calibrate study"),
    ),
    "evaluating before training": (lambda study: None, ("evaluate", "study"), ("evenhand train study",)),
    "recommending before training": (lambda study: None, ("recommend", "study"), ("evenhand train study",)),
    "calibrating what is no study": (
        lambda study: shutil.rmtree(study / "customers"),
        ("calibrate", "study"),
        ("there is no customers", "evenhand ingest"),
    ),
    "a study that is not there": (lambda study: None, ("train", "stduy"), ("stduy", "no such folder")),
    "a file for a study": (lambda study: None, ("report", "schema.toml"), ("schema.toml", "is a file")),
    "an unknown attribute": (
        lambda study: None,
        ("train", "study", "--tiny", "--attribute", "aeg"),
        ("'aeg'", "did you mean 'age'?"),
    ),
    "a tolerance of two": (lambda study: None, ("train", "study", "--tolerance", "2"), ("tolerance = 2", "equal to 1")),
    "ingesting into a study that went on": (lambda study: None, INGEST, ("study", "realism.json")),
}  # fmt: skip


@pytest.mark.parametrize("name", LATER)
def test_later_steps_refuse_in_one_line_too(name: str, study: Path, evenhand: Command) -> None:
    break_it, command, said = LATER[name]
    break_it(study)
    before = contents(study.parent)
    ended = evenhand(*command)
    assert [part for part in said if part not in ended.complaint] == [], ended.complaint
    assert contents(study.parent) == before
