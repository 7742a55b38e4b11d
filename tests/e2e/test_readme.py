"""Every block of the README runs, in order, in one empty folder, as a reader would type it.

A fence names its language: `bash` and `console` run in a shell, `python` in one interpreter for all such
blocks, and the languages of `NOT_RUN` are for the eye only. In a `console` block a line behind `$ ` is typed
and the lines under it are what must come out, where `...` stands for anything.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
NOT_RUN = {"csv", "html", "json", "sql", "text", "toml"}
# A fresh clone runs these; here they would need the network, a second set-up or a free port.
FRESH_CLONE = re.compile(r"(git clone|make (demo|test|serve)|cd evenhand)(?![-\w])")
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\S*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)
TIMEOUT = 600  # seconds for one block
LOOSE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text and the line of the README on which it starts."""

    language: str
    text: str
    line: int


class BlockError(Exception):
    """A block does not do what the README promises."""


def blocks(markdown: str) -> Iterator[Block]:
    """Yield the fenced blocks in order; a fence that is never closed is an error."""
    if len(re.findall(r"^ *```", markdown, re.M)) != 2 * len(FENCE.findall(markdown)):
        raise BlockError("a fence is not closed")
    for match in FENCE.finditer(markdown):
        text = re.sub(rf"^{match['indent']}", "", match["text"], flags=re.M)
        yield Block(match["language"], text, markdown.count("\n", 0, match.start()) + 1)


def typed(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output shown under it."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command = re.match(r"(?:.*\\\n)*.*\n?", part)
        assert command is not None
        yield command[0], part[command.end() :]


class Reader:
    """Runs blocks one after another in `folder`; files and Python variables stay from block to block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables: dict[str, object] = {"__name__": "__main__"}
        self.environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def run(self, block: Block) -> None:
        """Run the block, or raise BlockError."""
        if block.language == "bash":
            self.shell(block.text)
        elif block.language == "console":
            for command, shown in typed(block.text):
                self.check(command, shown)
        elif block.language == "python":
            exec(compile(block.text, f"README.md:{block.line}", "exec"), self.variables)
        elif block.language not in NOT_RUN:
            raise BlockError(f"a block of language '{block.language}' would never be run: name one of the known")

    def shell(self, script: str) -> str:
        """Return what the script prints; any command of it that fails is an error."""
        lines = [line for line in script.splitlines() if not FRESH_CLONE.match(line)]
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
        )
        if done.returncode:
            raise BlockError(f"exit status {done.returncode} of:\n{script}\n{done.stdout}")
        return done.stdout

    def check(self, command: str, shown: str) -> None:
        """Run a typed command and compare what it prints with what the README shows, if it shows anything."""
        printed = self.shell(command)
        if not shown.strip() or FRESH_CLONE.match(command):
            return
        if not doctest.OutputChecker().check_output(shown.strip(), printed.strip(), LOOSE):
            raise BlockError(f"{command}prints:\n{printed}\nand the README shows:\n{shown}")


def read(markdown: str, folder: Path) -> None:
    """Run every block of the text in `folder`; the first that fails is named by its line."""
    reader = Reader(folder)
    for block in blocks(markdown):
        try:
            reader.run(block)
        except Exception as error:
            raise BlockError(f"README.md:{block.line}: {type(error).__name__}: {error}") from error


def fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```\n"


def test_every_block_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read(README.read_text(encoding="utf-8"), tmp_path)


def test_files_and_variables_stay_from_block_to_block(tmp_path: Path) -> None:
    path = tmp_path / "note"
    made = fenced("bash", "echo hello > note") + fenced("python", "x = 1") + fenced("console", "$ cat note\nhello")
    read(
        made + fenced("python", f"assert x == 1; from pathlib import Path; Path({str(path)!r}).write_text('again')"),
        tmp_path,
    )
    assert path.read_text() == "again"


def test_the_installed_command_is_on_the_path(tmp_path: Path) -> None:
    read(fenced("bash", f'test "$(command -v python)" -ef {sys.executable}'), tmp_path)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("bash", "no-such-command"),
        ("bash", "false\ntrue"),
        ("bash", "false | cat"),
        ("python", "raise ValueError"),
        ("python", "1 +"),
        ("console", "$ false"),
        ("console", "$ echo hello\ngoodbye"),
        ("console", "$ echo hello\nhello\n$ false"),
        ("sh", "true"),
        ("", "a block without a language"),
    ],
)
def test_a_broken_block_fails_and_is_named_by_its_line(language: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(BlockError, match=r"README\.md:3:"):
        read("# A title\n\n" + fenced(language, text), tmp_path)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("bash", "git clone nowhere\ncd evenhand\nmake demo  # long\nmake test"),
        ("console", "$ make demo\nwhatever it prints"),
        ("console", "$ echo one; echo two \\\n  three; echo four\none\n...\nfour"),
        ("text", "no-such-command"),
        ("json", "{"),
    ],
)
def test_what_is_for_the_eye_or_for_a_fresh_clone_does_not_run(language: str, text: str, tmp_path: Path) -> None:
    read(fenced(language, text), tmp_path)


def test_an_indented_block_runs_without_its_indent(tmp_path: Path) -> None:
    read("- in a list\n\n  ```python\n  if True:\n      pass\n  ```\n", tmp_path)


def test_an_open_fence_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BlockError, match="not closed"):
        read(fenced("bash", "true") + "```bash\ntrue\n", tmp_path)
