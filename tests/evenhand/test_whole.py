"""Files and folders are there whole or not at all, whenever a fault comes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evenhand.whole import whole_file, whole_folder, write_whole


def stopped(write: Callable[[Any], object], what: object) -> None:
    """Write, and be stopped."""
    write(what)
    raise KeyboardInterrupt


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_and_its_folder_made(tmp_path: Path, durable: bool) -> None:
    path = write_whole(tmp_path / "new" / "file", "old", durable=durable)
    assert write_whole(path, "Ä".encode(), durable=durable).read_text(encoding="utf-8") == "Ä"
    assert list(path.parent.iterdir()) == [path]


def test_a_fault_while_writing_leaves_the_file_before(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "file", "old")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as file:
        stopped(file.write, b"half")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / ".file.partial").write_text("of a process that was killed, and longer than what comes now")
    assert write_whole(tmp_path / "file", "new").read_text(encoding="utf-8") == "new"
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def contents(folder: Path) -> dict[str, str]:
    return {item.name: item.read_text(encoding="utf-8") for item in folder.iterdir()}


@pytest.mark.parametrize("before", [None, {}, {"one": "old", "two": "old"}])
def test_a_folder_takes_the_place_of_all_that_was_there(tmp_path: Path, before: dict[str, str] | None) -> None:
    path = tmp_path / "deep" / "folder"
    if before is not None:
        path.mkdir(parents=True)
        for name, text in before.items():
            (path / name).write_text(text)
    with whole_folder(path) as fresh:
        (fresh / "one").write_text("new")
    assert contents(path) == {"one": "new"}
    assert list(path.parent.iterdir()) == [path]


def test_a_fault_while_filling_leaves_the_folder_before(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    (path / "one").write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_folder(path) as fresh:
        stopped((fresh / "one").write_text, "new")
    assert contents(path) == {"one": "old"}
    assert list(tmp_path.iterdir()) == [path]


def test_a_fault_while_moving_brings_the_folder_before_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, replace = tmp_path / "folder", os.replace
    path.mkdir()
    (path / "one").write_text("old")

    def fails_for_new(source: Path, target: Path) -> None:
        if source.name == "new":
            raise OSError("full")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fails_for_new)
    with pytest.raises(OSError, match="full"), whole_folder(path) as fresh:
        (fresh / "one").write_text("new")
    assert contents(path) == {"one": "old"}
    assert list(tmp_path.iterdir()) == [path]
