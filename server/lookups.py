"""Who is in which segment at this moment: segmentations made ready once, customers read each time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from evenhand.registry import requests, segmentations
from evenhand.registry.customers import Customer, find
from evenhand.registry.database import Database
from evenhand.registry.segmentations import Version
from evenhand.segments.single import Guide

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from evenhand.experiments.trial.assignment import Assignment

__all__ = ["FRESH", "Lookups", "Standing", "shares_of"]

FRESH = 0.5  # seconds for which a worker believes what it read: a change that came into force shows within this time


class Ready(NamedTuple):
    """A version, made ready to place customers."""

    number: int
    guide: Guide


class Standing(NamedTuple):
    """What a segmentation's customers have: one version, or during a roll-out one of two."""

    current: Ready
    coming: Ready | None
    shares: Assignment | None  # who has the coming one

    def of(self, customer: str) -> tuple[Ready, bool]:
        """Return the version that a customer has, and whether it is that of a roll-out."""
        if self.coming is None or self.shares is None or self.shares.assign([customer])[0]:
            return self.current, False
        return self.coming, True


class Lookups:
    """The segmentations of one worker; safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: dict[str, tuple[float, Standing]] = {}
        self._ready: dict[tuple[str, int], Ready] = {}

    def find(self, segmentation: str, customer: str) -> tuple[Customer, Standing]:
        """Return a customer and what stands; MissingError when one of the two is not there."""
        with self._database.reading() as connection:
            return find(connection, customer), self._standing(connection, segmentation)

    def _standing(self, connection: Connection, name: str) -> Standing:
        read, now = self._read.get(name), time.monotonic()
        if read is None or now - read[0] >= FRESH:
            read = (now, self._fresh(connection, name))
            self._read[name] = read
        return read[1]

    def _fresh(self, connection: Connection, name: str) -> Standing:
        record = segmentations.get(connection, name)
        current = self._version(connection, name, record.current_version)
        if record.rolling_request is None:
            return Standing(current, None, None)
        request = requests.get(connection, record.rolling_request)
        return Standing(current, self._version(connection, name, request.version or 0), shares_of(request))

    def _version(self, connection: Connection, name: str, number: int) -> Ready:
        if (name, number) not in self._ready:
            found: Version = segmentations.version(connection, name, number)
            kept = {key: ready for key, ready in self._ready.items() if key[0] != name or number - key[1] <= 2}
            self._ready = {**kept, (name, number): Ready(number, Guide(found.content))}
        return self._ready[name, number]


def shares_of(request: requests.Request) -> Assignment:
    """Return who has the version of a roll-out (position 0) and who keeps the old one, by hashed customer keys."""
    from evenhand.experiments.trial.assignment import Arm, Assignment, exact_share

    share = exact_share(request.share or 1)
    return Assignment(request.subject, (Arm("coming", share), Arm("current", 1 - share)))
