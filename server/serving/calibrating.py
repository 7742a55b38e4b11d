"""A simulator for a business that came in without one, calibrated when evidence first needs it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from evenhand.customers import Customers
from evenhand.errors import DataError
from evenhand.experiments.settings import StudySettings
from evenhand.server.serving.business import Business, folder_of, load_business
from evenhand.simulator import calibrate

__all__ = ["calibrated_business"]


def calibrated_business(data_dir: Path, segmentation: str) -> Business:
    """Return what is kept for a segmentation, with a simulator that is calibrated now where there was none.

    DataError where there are too few customers to calibrate on; MissingError where nothing is kept.
    """
    folder = folder_of(data_dir, segmentation)
    if (folder / "customers").is_dir() and not (folder / "simulator.json").exists():
        _calibrate(folder)
    return load_business(data_dir, segmentation)


def _calibrate(folder: Path) -> None:
    """Write the simulator, whole or not at all; two that calibrate at once write the same."""
    customers, settings = Customers.load(folder / "customers"), StudySettings()
    if not customers.enough.ok:
        raise DataError(customers.enough.why, where=customers.schema.name, mend="keep the segmentation that runs")
    simulator = calibrate(customers, seed=settings.seed, replicates=settings.replicates)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".simulator-") as beside:
        simulator.save(Path(beside) / "simulator.json")
        os.replace(Path(beside) / "simulator.json", folder / "simulator.json")
