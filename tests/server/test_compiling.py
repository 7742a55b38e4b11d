"""Machine code is made once, by one process; whoever waits for it can end at once."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from evenhand.errors import UnavailableError
from evenhand.server.compiling import CACHE, Compiler, cache_of, environment_of, mark_of
from evenhand.server.settings import ServerSettings

FOREVER = (sys.executable, "-c", "import time; time.sleep(600)")
MARKS = (sys.executable, "-c", "import os, sys; open('ran', 'a').write(sys.argv[1])")


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(CACHE, raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_cache_lies_in_the_data_folder_unless_the_environment_says_otherwise(
    settings: ServerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = cache_of(settings.data_dir)
    assert mine.parent == settings.data_dir / "machine-code"
    assert environment_of(settings)[CACHE] == str(mine)
    monkeypatch.setenv(CACHE, str(tmp_path / "elsewhere"))
    assert cache_of(settings.data_dir) == tmp_path / "elsewhere"


def test_what_is_marked_is_not_compiled_again(settings: ServerSettings) -> None:
    mark = mark_of(cache_of(settings.data_dir), "winter")
    mark.parent.mkdir(parents=True)
    mark.touch()
    said: list[str] = []
    Compiler(settings, command=MARKS).ensure("winter", say=said.append)
    assert (said, Path("ran").exists()) == ([], False)


def test_it_says_that_it_compiles_and_tries_once(settings: ServerSettings) -> None:
    said: list[str] = []
    compiler = Compiler(settings, command=MARKS)
    for _ in range(2):
        compiler.ensure("winter", say=said.append)
    assert (Path("ran").read_text(), len(said)) == ("winter", 2)
    assert "'winter'" in said[0]
    fails = Compiler(settings, command=(sys.executable, "-c", "raise SystemExit(1)"))
    fails.ensure("winter", say=said.append)
    assert said[-1] == "It could not be compiled"


def test_whoever_waits_ends_within_the_second_and_leaves_no_process(settings: ServerSettings) -> None:
    compiler, ended = Compiler(settings, command=FOREVER), list[float]()

    def wait() -> None:
        with pytest.raises(UnavailableError, match="the server ends"):
            compiler.ensure("winter")
        ended.append(time.monotonic())

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.5)
    began = time.monotonic()
    compiler.close()
    waiting.join(30)
    assert ended[0] - began < 5  # other work may keep the cores
