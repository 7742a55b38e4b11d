"""The customers that a segmentation divides, if their table is here: who is where, and who gets what."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import EvenhandError
from evenhand.segments import Segmentation
from evenhand.server.serving.folders import NO_TABLE, Stamp, folder_of, stamp_of

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["Audience", "audience_of", "forget"]

MOST = 16  # tables in the memory of a worker


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


_kept: OrderedDict[tuple[Path, str], tuple[Stamp, Audience]] = OrderedDict()  # of each segmentation the newest alone
_lock = Lock()


def audience_of(data_dir: Path, name: str, *segmentations: Segmentation) -> Audience | None:
    """Return the customers of a segmentation; None where none are here, or these rules ask for what they lack."""
    stamp = stamp_of(data_dir, name)
    if stamp == NO_TABLE:
        return None
    try:
        audience = _newest(data_dir, name, stamp)
        for segmentation in segmentations:
            audience.places(segmentation)
    except (EvenhandError, KeyError):
        return None
    return audience


def forget() -> None:
    """Let go of every table that was written anew since it was read: somebody was erased from it."""
    for (data_dir, name), (stamp, _) in list(_kept.items()):
        if stamp_of(data_dir, name) != stamp:
            with _lock:
                _kept.pop((data_dir, name), None)


def _newest(data_dir: Path, name: str, stamp: Stamp) -> Audience:
    """Return a table as it stands, read anew when it was written anew."""
    key = (data_dir, name)
    with _lock:
        kept = _kept.pop(key, None)
        if kept is not None and kept[0] == stamp:
            _kept[key] = kept
            return kept[1]
    found = _read(folder_of(data_dir, name))
    with _lock:
        _kept[key] = (stamp, found)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return found


def _read(folder: Path) -> Audience:
    from evenhand.customers import Customers  # reading tables takes what is slow to import
    from evenhand.customers.locking import locked
    from evenhand.experiments.settings import StudySettings

    with locked(folder):
        customers, file = Customers.load(folder / "customers"), folder / "settings.json"
        settings = StudySettings.model_validate_json(file.read_bytes()) if file.is_file() else StudySettings()
    able = [one.name for one in customers.protected if len(one.constrained) > 1]
    return Audience(customers, settings.attribute or (able[0] if able else None), settings.tolerance)
