"""Tables on their way in: a folder each beside the businesses, for one person, for a day."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple

from evenhand.errors import MissingError
from evenhand.server.arriving.looked import Answers, Look, Noticed

__all__ = ["LIFE", "Arrival", "drop", "every", "find", "keep", "of_owner", "sweep"]

LIFE = timedelta(days=1)  # personal data that nobody confirmed is not kept for longer
ID = re.compile(r"[0-9a-f]{32}")
ABOUT, LOOK, ANSWERS, NOTICED = "about.json", "look.json", "answers.json", "noticed.json"
MODE = 0o700


class Arrival(NamedTuple):
    """A table that somebody sent."""

    id: str
    folder: Path
    owner: str
    file: str  # its name, as its owner knows it
    at: datetime

    @property
    def table(self) -> Path:
        """Where the file itself lies."""
        return self.folder / f"table{'.parquet' if self.file.lower().endswith(('.parquet', '.pq')) else '.csv'}"

    @property
    def study(self) -> Path:
        """Where customers, segmentation and simulator lie once the columns are described; as a study's folder."""
        return self.folder / "study"

    @property
    def look(self) -> Look:
        """What the table was taken for."""
        return Look.model_validate_json((self.folder / LOOK).read_bytes())

    @property
    def answers(self) -> Answers | None:
        """What its owner said of it; None before."""
        file = self.folder / ANSWERS
        return Answers.model_validate_json(file.read_bytes()) if file.is_file() else None

    def say(self, answers: Answers) -> None:
        """Keep what its owner says; a segmentation that followed from something else is forgotten."""
        (self.folder / NOTICED).unlink(missing_ok=True)
        (self.folder / ANSWERS).write_text(answers.model_dump_json(), encoding="utf-8")

    @property
    def noticed(self) -> tuple[Noticed, ...]:
        """What is to be known before it begins."""
        return tuple(Noticed.model_validate(one) for one in json.loads((self.folder / NOTICED).read_bytes()))

    @property
    def divided(self) -> bool:
        """Whether a first segmentation is there to look at."""
        return (self.folder / NOTICED).is_file()


def keep(data_dir: Path, owner: str, file: str, content: BinaryIO, *, now: datetime) -> Arrival:
    """Keep a table that was sent, in place of others of its owner."""
    for other in of_owner(data_dir, owner):
        drop(other)
    id_ = secrets.token_hex(16)
    folder = _place(data_dir) / id_
    folder.mkdir(parents=True, mode=MODE)
    arrival = Arrival(id_, folder, owner, file, now)
    try:
        with arrival.table.open("xb") as target:
            shutil.copyfileobj(content, target)
        about = {"owner": owner, "file": file, "at": now.isoformat()}
        (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    except BaseException:
        drop(arrival)
        raise
    return arrival


def find(data_dir: Path, id: str, owner: str) -> Arrival:
    """Return a table by its id; MissingError where there is none, or it is somebody else's."""
    arrival = _read(_place(data_dir) / id) if ID.fullmatch(id) else None
    if arrival is None or arrival.owner != owner or not (arrival.folder / LOOK).is_file():
        raise MissingError(
            "there is no such table on its way in",
            rule="a table waits a day for whoever sent it, unless a customer is erased meanwhile",
            mend="send it again",
        )  # fmt: skip
    return arrival


def of_owner(data_dir: Path, owner: str) -> list[Arrival]:
    """Return the tables of somebody that wait."""
    return [arrival for arrival in every(data_dir) if arrival.owner == owner]


def every(data_dir: Path) -> list[Arrival]:
    """Return all tables that wait, whoever sent them."""
    found = [_read(folder) for folder in _place(data_dir).glob("*")]
    return [arrival for arrival in found if arrival is not None]


def sweep(data_dir: Path, *, now: datetime) -> int:
    """Forget tables that waited for longer than their life; return how many."""
    old = [arrival for arrival in every(data_dir) if arrival.at < now - LIFE]
    for arrival in old:
        drop(arrival)
    return len(old)


def drop(arrival: Arrival) -> None:
    """Forget a table."""
    shutil.rmtree(arrival.folder, ignore_errors=True)


def _read(folder: Path) -> Arrival | None:
    try:
        about = json.loads((folder / ABOUT).read_bytes())
    except (OSError, ValueError):
        return None
    return Arrival(folder.name, folder, about["owner"], about["file"], datetime.fromisoformat(about["at"]))


def _place(data_dir: Path) -> Path:
    return data_dir / "arrivals"
