"""A business's customers and simulator as files of the data folder, taken over from a study as they were."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pyarrow

from evenhand.customers import Customers
from evenhand.customers.locking import locked
from evenhand.errors import MissingError
from evenhand.experiments.settings import StudySettings
from evenhand.server.serving.folders import folder_of
from evenhand.simulator import Simulator
from evenhand.whole import whole_folder

__all__ = ["Business", "folder_of", "keep_business", "load_business", "read_business"]

FILES = ("customers", "simulator.json", "settings.json")  # of a study; the last one is there after training


class Business(NamedTuple):
    """What advice on a segmentation looks at."""

    customers: Customers
    simulator: Simulator
    settings: StudySettings


def keep_business(study: Path, data_dir: Path, segmentation: str) -> Path:
    """Copy a study's customers and simulator for a segmentation, in place of what was there, whole or not at all."""
    target = folder_of(data_dir, segmentation)
    with whole_folder(target) as fresh:
        for name in FILES:
            source = study / name
            if source.exists():
                (shutil.copytree if source.is_dir() else shutil.copy2)(source, fresh / name)
    return target


def load_business(data_dir: Path, segmentation: str) -> Business:
    """Read what is kept for a segmentation; MissingError where nothing is, ArtefactError where a file was changed.

    Whoever writes its customers anew at this moment is waited for.
    """
    folder = folder_of(data_dir, segmentation)
    if not folder.is_dir():
        raise MissingError(
            "its customers and simulator are not here", where=f"segmentation {segmentation!r}",
            mend="load a study: `evenhand load STUDY`",
        )  # fmt: skip
    with locked(folder):
        return read_business(folder)


def read_business(study: Path) -> Business:
    """Read what a study holds of a business; without settings those that studies begin with."""
    file = study / "settings.json"
    settings = StudySettings.model_validate_json(file.read_bytes()) if file.is_file() else StudySettings()
    found = Business(Customers.load(study / "customers"), Simulator.load(study / "simulator.json"), settings)
    pyarrow.default_memory_pool().release_unused()  # it keeps what reading took, some ten MB of every worker
    return found
