"""The customers that a segmentation divides, if their table is here: who is where, and who gets what."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import EvenhandError
from evenhand.segments import Segmentation

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["Audience", "audience_of", "stamp_of"]


class Audience(NamedTuple):
    """Customers of one segmentation, and the one limit of fairness that its business set."""

    customers: Customers
    constrained: str | None  # protected attribute
    tolerance: float

    def places(self, segmentation: Segmentation) -> NDArray[np.int16]:
        """Return the position of each customer's segment, (n,); EvenhandError where the table lacks a column."""
        return segmentation.assign(self.customers.frame)

    def sizes(self, segmentation: Segmentation) -> list[int]:
        """Return how many customers each segment has, in order."""
        found = np.bincount(self.places(segmentation), minlength=len(segmentation.every))
        return [int(n) for n in found]

    def benefits(self, segmentation: Segmentation) -> NDArray[np.bool_]:
        """Return whether each customer is due a beneficial contact that may reach them, (n,)."""
        customers, campaigns = self.customers, {one.id: one for one in self.customers.catalogue.campaigns}
        given = [segmentation.catalogue.campaign(segment.campaign) for segment in segmentation.every]
        columns = list(campaigns)
        reachable = customers.reachable
        reached = np.zeros((len(given), customers.n), np.bool_)
        for k, campaign in enumerate(given):
            if campaign.beneficial and campaign.id in campaigns:
                reached[k] = reachable[:, columns.index(campaign.id)]
        places = self.places(segmentation)
        return np.asarray(reached[places, np.arange(customers.n)], np.bool_)


def audience_of(data_dir: Path, name: str, *segmentations: Segmentation) -> Audience | None:
    """Return the customers of a segmentation; None where none are here, or these rules ask for what they lack."""
    stamp = stamp_of(data_dir, name)
    if stamp is None:
        return None
    try:
        audience = _read(*stamp)
        for segmentation in segmentations:
            audience.places(segmentation)
    except (EvenhandError, KeyError):
        return None
    return audience


def stamp_of(data_dir: Path, name: str) -> tuple[Path, int] | None:
    """Return the folder of a segmentation's customers, and when it was written; None where none are here."""
    from evenhand.server.serving.business import folder_of  # reading tables takes what is slow to import

    folder = folder_of(data_dir, name)
    if not (folder / "customers").is_dir():
        return None
    return folder, (folder / "customers").stat().st_mtime_ns


@lru_cache(maxsize=16)
def _read(folder: Path, changed: int) -> Audience:
    """Read a table, anew when it was loaded anew."""
    from evenhand.customers import Customers
    from evenhand.experiments.settings import StudySettings

    customers, file = Customers.load(folder / "customers"), folder / "settings.json"
    settings = StudySettings.model_validate_json(file.read_bytes()) if file.is_file() else StudySettings()
    able = [one.name for one in customers.protected if len(one.constrained) > 1]
    return Audience(customers, settings.attribute or (able[0] if able else None), settings.tolerance)
