"""How things are asked for: the options that several commands share, and what they are read as."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evenhand.errors import DataError

if TYPE_CHECKING:
    from evenhand.experiments.folder import StudyFolder
    from evenhand.experiments.settings import StudySettings

__all__ = [
    "CORES", "MOST_SEED", "Attribute", "Folder", "Seed", "Steps", "Tiny", "Tolerance", "Twist", "Workers", "World",
    "examples", "processes", "settings_of", "study_at",
]  # fmt: skip

CORES = min(2, os.cpu_count() or 1)
WORTHWHILE = 32  # populations in the evidence
MOST_SEED = 1_000_000  # seeds of training are a thousand times as large, and must fit into 32 bits

Folder = Annotated[Path, typer.Argument(help="The study's folder, as `evenhand ingest --out` made it.")]
Seed = Annotated[
    int, typer.Option(min=0, max=MOST_SEED, help="Everything random follows from it: same seed, same result.")
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Processes side by side; the results do not depend on it.",
        show_default=f"{CORES}, and 1 for --tiny",
    ),
]
Steps = Annotated[int | None, typer.Option(min=1, help="Steps of learning per training seed.", show_default="200,000")]
Attribute = Annotated[
    str | None,
    typer.Option(
        help="Protected attribute whose groups must be offered benefits alike.",
        show_default="the first with two large groups",
    ),
]
Tolerance = Annotated[float, typer.Option(help="Largest gap between two of its groups, 0 to 1.")]
World = Annotated[str | None, typer.Option("--scenario", help="A world of `evenhand scenarios`, without any data.")]
Twist = Annotated[str, typer.Option("--scenario", help="A twist of `evenhand scenarios`.", show_default="none")]
Tiny = Annotated[bool, typer.Option("--tiny", help="Budgets that try the machinery in seconds and prove nothing.")]


def examples(*commands: str) -> str:
    """Return the end of a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {command}" for command in commands)


def study_at(path: Path) -> StudyFolder:
    """Return the study of a folder; DataError where there is none."""
    from evenhand.experiments.folder import StudyFolder

    if not path.is_dir():
        what = "is a file" if path.exists() else "there is no such folder"
        raise DataError(what, where=str(path), mend="make a study with `evenhand ingest ... --out`")
    return StudyFolder(path)


def settings_of(tiny: bool, **changes: Any) -> StudySettings:
    """Return the preset with what was asked for; None keeps the preset's."""
    from evenhand.experiments.settings import StudySettings

    asked = {name: value for name, value in changes.items() if value is not None}
    return StudySettings.preset("tiny" if tiny else "full").changed(**asked)


def processes(asked: int | None, settings: StudySettings) -> int:
    """Return how many processes to use: a budget of seconds does not pay for starting any."""
    return asked or (1 if settings.populations < WORTHWHILE else CORES)
