"""The command line as a person uses it, run in this process so that a hundred commands take seconds."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.evenhand.shop import write_shop

from evenhand.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line on standard error of a command that refused; anything more is a failure."""
        assert self.status == 2, (self.status, self.out, self.err)
        assert "Traceback" not in self.err + self.out
        assert self.err.startswith("evenhand: "), self.err
        assert self.err.count("\n") == 1, self.err
        return self.err.strip()


Command = Callable[..., Ended]


@pytest.fixture
def evenhand(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `evenhand` with these arguments, in the current folder."""

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["evenhand", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        code = end.value.code
        return Ended(code if isinstance(code, int) else int(code is not None), printed.out, printed.err)

    return run


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own folder with customers.csv and schema.toml, and the tests' current one."""
    monkeypatch.chdir(tmp_path)
    return write_shop(tmp_path)


@pytest.fixture(scope="session")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study that every test gets a copy of."""
    folder = write_shop(tmp_path_factory.mktemp("shop"))
    for command in ("ingest customers.csv --schema schema.toml --out study", "calibrate study --tiny"):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setattr(sys, "argv", ["evenhand", *command.split()])
            with pytest.raises(SystemExit) as end:
                main()
        assert not end.value.code
    return folder / "study"


@pytest.fixture
def study(shop: Path, calibrated: Path) -> Path:
    """A study that was ingested and calibrated."""
    return shutil.copytree(calibrated, shop / "study", symlinks=True)
