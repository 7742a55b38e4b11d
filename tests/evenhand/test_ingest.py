"""Ingest drafts a schema without overwriting anything, asks a person if there is one, and bears with few customers."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest
from tests.evenhand.conftest import Command
from tests.evenhand.shop import table, write_shop

from evenhand.customers import Schema

DRAFT = "customers.schema.draft.toml"


def test_the_draft_stands_beside_the_table_and_reads_back(shop: Path, evenhand: Command) -> None:
    ended = evenhand("ingest", "customers.csv", "--out", "study")
    assert ended.status == 0
    draft = Schema.read(shop / DRAFT)
    assert draft.draft
    assert [spec.column for spec in draft.protected] == ["age"]
    assert f"--schema {DRAFT}" in ended.out
    assert "Nobody was there to confirm" in ended.out


def test_a_draft_never_overwrites_a_file(shop: Path, evenhand: Command) -> None:
    (shop / DRAFT).write_text("mine")
    (shop / "schema.draft.toml").write_text("mine too")
    assert evenhand("ingest", "customers.csv", "--out", "study").status == 0
    assert (shop / DRAFT).read_text() == "mine"
    assert (shop / "schema.draft.toml").read_text() == "mine too"
    assert Schema.read(shop / "customers.schema.draft-2.toml").draft


def test_the_same_draft_is_written_once(shop: Path, evenhand: Command) -> None:
    for _ in range(2):
        assert evenhand("ingest", "customers.csv", "--out", "study").status == 0
    assert [path.name for path in shop.glob("*draft*")] == [DRAFT]


def test_without_campaigns_nobody_is_contacted_and_nothing_is_calibrated(shop: Path, evenhand: Command) -> None:
    assert evenhand("ingest", "customers.csv", "--out", "study").status == 0
    today = json.loads((shop / "study/today.json").read_text())
    assert (today["segments"], today["default"]["campaign"]) == ([], "none")
    assert "no campaign is declared" in evenhand("calibrate", "study").complaint


def test_a_later_ingest_replaces_an_earlier_one(shop: Path, evenhand: Command) -> None:
    assert evenhand("ingest", "customers.csv", "--out", "study").status == 0
    assert evenhand("ingest", "customers.csv", "--schema", "schema.toml", "--out", "study").status == 0
    assert json.loads((shop / "study/today.json").read_text())["segments"]


def test_the_schema_rules_over_what_the_segmentation_says_of_campaigns(shop: Path, evenhand: Command) -> None:
    from tests.evenhand.shop import today_json

    (shop / "today.json").write_text(today_json())
    command = ("ingest", "customers.csv", "--schema", "schema.toml", "--today", "today.json", "--out", "study")
    assert evenhand(*command).status == 0
    campaigns = json.loads((shop / "study/today.json").read_text())["catalogue"]["campaigns"]
    assert [c["cost"] for c in campaigns if c["id"] == "letter"] == [0.05]


@pytest.mark.parametrize("schema", [(), ("--schema", "schema.toml")], ids=["draft", "schema"])
def test_with_too_few_customers_it_recommends_to_keep_what_runs(
    schema: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evenhand: Command
) -> None:
    monkeypatch.chdir(write_shop(tmp_path, n=30))
    ended = evenhand("ingest", "customers.csv", *schema, "--out", "study")
    assert ended.status == 0
    assert "30 customers are too few to learn from" in ended.out
    assert "keep the segmentation that runs" in ended.out
    assert "too few" in evenhand("calibrate", "study").complaint
    for step in ("train", "evaluate", "recommend"):
        assert evenhand(step, "study").complaint
    reported = evenhand("report", "study")
    assert reported.status == 0
    assert "too little to learn from (30 customers): keep the segmentation that runs" in reported.out
    made = json.loads((tmp_path / "study/report.json").read_text())
    assert (made["policies"], made["recommendations"], made["comparison"]) == ([], [], None)


def typed(answer: str, folder: Path) -> str:
    """Run ingest without a schema on a terminal, type an answer and return what was shown."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "evenhand", "ingest", "customers.csv", "--out", "study"]
    running = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    shown = b""
    answered = False
    while True:
        ready, _, _ = select.select([ours], [], [], 60)
        assert ready, shown.decode()
        try:
            more = os.read(ours, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not more:
            break
        shown += more
        if b"[y/N]" in shown and not answered:
            os.write(ours, f"{answer}\n".encode())
            answered = True
    os.close(ours)
    assert running.wait(60) == 0, shown.decode()
    return shown.decode()


def test_a_person_is_asked_what_is_protected(shop: Path) -> None:
    assert "age is protected?" in " ".join(typed("y", shop).split())
    assert not Schema.read(shop / DRAFT).draft


def test_without_a_yes_the_schema_stays_a_draft(shop: Path, evenhand: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda question, default: default)
    assert "correct [[protected]]" in evenhand("ingest", "customers.csv", "--out", "study").out
    assert Schema.read(shop / DRAFT).draft


def test_a_table_of_parquet_is_ingested_like_one_of_csv(shop: Path, evenhand: Command) -> None:
    table().to_parquet(shop / "customers.parquet")
    for kind in ("csv", "parquet"):
        assert evenhand("ingest", f"customers.{kind}", "--schema", "schema.toml", "--out", kind).status == 0
    assert (shop / "csv/today.json").read_bytes() == (shop / "parquet/today.json").read_bytes()
