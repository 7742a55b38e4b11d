"""A process beside the workers is started again when it dies, and when it hangs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from evenhand.server import supervising
from evenhand.server.supervising import beside

MODULE = """
import os, signal, sys, time
from pathlib import Path
here = Path(__file__).parent
with (here / "lives").open("a") as lives:
    lives.write(f"{os.getpid()}\\n")
first = len((here / "lives").read_text().split()) == 1
while True:
    if not first:
        (here / "pulse").touch()
    time.sleep(0.05)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "somebody_beside.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(supervising, "PAUSES", (0.05,))
    return "somebody_beside"


def lives(folder: Path, least: int) -> list[int]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = (folder / "lives").read_text().split() if (folder / "lives").exists() else []
        if len(found) >= least:
            return [int(pid) for pid in found]
        time.sleep(0.02)
    raise AssertionError(f"it lived {len(found)} times")


def test_one_without_a_sign_of_life_is_killed_and_started_again(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "SILENT", 1.0)
    with beside(module, seconds=0.0, pulse=tmp_path / "pulse"):
        hung, well = lives(tmp_path, 2)
        time.sleep(2.5)
        assert lives(tmp_path, 2) == [hung, well]  # the second one gives signs
        assert not Path(f"/proc/{hung}").exists()
    assert not Path(f"/proc/{well}").exists()


def test_one_that_could_not_be_started_is_tried_again(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, tries = supervising.start, list[str]()

    def scarce(name: str) -> object:
        tries.append(name)
        if len(tries) < 3:
            raise OSError("no memory")
        return start(name)

    monkeypatch.setattr(supervising, "start", scarce)
    with beside(module, seconds=0.0):
        assert lives(tmp_path, 1)
    assert tries == [module] * 3
