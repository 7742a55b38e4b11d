"""The calibrated simulator: draws populations, says where its numbers come from, saves to one file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import numpy as np
import pandas as pd
from pydantic import ValidationError

from evenhand.errors import ArtefactError
from evenhand.segments import Catalogue
from evenhand.simulator.answers.causes import levels_from
from evenhand.simulator.content import Attribute, Content, Origin
from evenhand.simulator.drawing import Parts, draw_population, parts_of
from evenhand.simulator.observed import observe
from evenhand.simulator.population import Population
from evenhand.whole import write_whole

if TYPE_CHECKING:
    from evenhand.customers import Customers
    from evenhand.simulator.realism import Realism

__all__ = ["FORMAT", "VERSION", "Simulator"]

FORMAT, VERSION = "evenhand simulator", 2


class Simulator:
    """A distribution of populations: bootstrap refits to the business's customers times stated priors."""

    def __init__(self, content: Content) -> None:
        self.content = content

    def population(self, seed: int, n: int) -> Population:
        """Draw `n` customers (E = 1) with one replicate and one draw of every prior; the same seed gives the
        same.
        """
        pick = int(np.random.default_rng([seed, 0x91C]).integers(len(self._parts)))
        return draw_population(self.content, self._parts[pick], self._point, seed, n)

    def population_of(self, customers: Customers, seed: int) -> Population:
        """Return these very customers with one draw of everything that cannot be observed of them."""
        return self.populations_of(customers, [seed])[0]

    def populations_of(self, customers: Customers, seeds: Sequence[int]) -> list[Population]:
        """Return `population_of` for each seed; the table is read once."""
        known = observe(customers, levels=levels_from(self.content.explaining))
        picks = [int(np.random.default_rng([seed, 0x91C]).integers(len(self._parts))) for seed in seeds]
        return [
            draw_population(self.content, self._parts[pick], self._point, seed, customers.n, known=known)
            for pick, seed in zip(picks, seeds, strict=True)
        ]

    @cached_property
    def _parts(self) -> tuple[Parts, ...]:
        return tuple(parts_of(replicate) for replicate in self.content.replicates)

    @cached_property
    def _point(self) -> Parts:
        return parts_of(self.content.point)

    @property
    def catalogue(self) -> Catalogue:
        """Features, campaigns and protected names that segmentations of this business use."""
        return self.content.catalogue

    @property
    def roles(self) -> dict[str, str]:
        """Column of each role: recency, frequency, monetary, engagement."""
        return dict(self.content.roles)

    @property
    def static_features(self) -> tuple[str, ...]:
        """Features that stay as they are, in the order of `Population.features`."""
        return self.content.static_features

    @property
    def protected(self) -> tuple[Attribute, ...]:
        """Protected attributes with their known groups, in the order of `Population.groups`."""
        return self.content.attributes

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know about this calibration."""
        return self.content.notes

    def parameters(self) -> pd.DataFrame:
        """Return name, value, low, high (95 %), origin (calibrated, prior, scenario) and source of every parameter."""
        return pd.DataFrame([parameter.model_dump() for parameter in self.content.parameters])

    def realism(
        self, holdout: Customers, *, fit: Customers | None = None, seed: int = 0, full: bool = False
    ) -> Realism:
        """Simulate held-out customers forward from their first half year and compare with what they did.

        `full` takes a minute instead of seconds and adds what the pictures of `Realism.pictures` show.
        """
        from evenhand.simulator.realism import FULL, SHORT, realism

        return realism(self, holdout, fit=fit, seed=seed, budget=FULL if full else SHORT)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of everything this simulator knows."""
        return hashlib.sha256(_canonical(self._plain)).hexdigest()

    @cached_property
    def _plain(self) -> dict[str, Any]:
        return self.content.model_dump(mode="json")

    def save(self, path: str | Path) -> Path:
        """Write one JSON file, and its folder where there is none; the same simulator gives the same bytes."""
        file = Path(path)
        head = {"format": FORMAT, "version": VERSION, "sha256": self.hash}
        try:
            return write_whole(file, _readable({**head, "content": self._plain}))
        except OSError as error:
            raise ArtefactError(f"cannot be written: {error.strerror}", where=str(file)) from None

    @classmethod
    def load(cls, path: str | Path) -> Simulator:
        """Read a file that `save` wrote; ArtefactError if it is of another version, broken or changed."""
        file = Path(path)
        document = _read(file)
        if document.get("format") != FORMAT:
            raise ArtefactError("is not a saved simulator", where=str(file), rule=f"format is {FORMAT!r}")
        if document.get("version") != VERSION:
            raise ArtefactError(
                f"has version {document.get('version')!r}",
                where=str(file),
                rule=f"this release reads version {VERSION}",
                mend="calibrate again",
            )
        plain = document.get("content")
        if hashlib.sha256(_canonical(plain)).hexdigest() != document.get("sha256"):
            raise ArtefactError(
                "was changed after it was saved",
                where=str(file),
                rule="its sha256 is that of its content",
                mend="calibrate again",
            )
        try:
            return cls(Content.model_validate(plain))
        except ValidationError as error:
            first = error.errors()[0]
            at = ".".join(str(part) for part in first["loc"])
            raise ArtefactError(f"{at}: {first['msg']}", where=str(file), mend="calibrate again") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Simulator) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        c = self.content
        history = f"{c.periods} weeks of history" if c.periods else "no history"
        count = {origin: sum(p.origin == origin for p in c.parameters) for origin in get_args(Origin)}
        stated = f"{count['scenario']} stated by scenarios, " if count["scenario"] else ""
        learned = f"calibrated on {c.customers:,} customers, {history}" if count["calibrated"] else "stated, no data"
        lines = [
            f"Simulator of {c.name}: {learned}",
            f"  {len(c.replicates)} bootstrap refits · {count['calibrated']} parameters calibrated, "
            f"{stated}{count['prior']} from stated priors · delayed effects x {c.delayed:g}",
            f"  campaigns {', '.join(campaign.id for campaign in c.catalogue.campaigns)} · "
            f"static features {', '.join(c.static_features) or 'none'}",
            *(f"  note: {note}" for note in c.notes),
        ]
        return "\n".join(lines)


def _canonical(plain: object) -> bytes:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _read(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_number)
    except OSError as error:
        raise ArtefactError(f"cannot be read: {error.strerror}", where=str(file)) from None
    except (ValueError, RecursionError):
        raise ArtefactError("is broken: not JSON", where=str(file), mend="calibrate again") from None
    if not isinstance(document, dict):
        raise ArtefactError("is not a saved simulator", where=str(file), rule=f"format is {FORMAT!r}")
    return cast("dict[str, Any]", document)


def _no_number(name: str) -> float:
    """Refuse NaN and infinities, which JSON does not have."""
    raise ValueError(name)


def _readable(value: Any, indent: int = 0) -> str:
    """Return JSON in which each name has its line and each row of numbers stays on one."""
    pad = "  " * (indent + 1)
    if isinstance(value, dict) and value:
        items = [f"{pad}{json.dumps(key)}: {_readable(item, indent + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(items) + "\n" + "  " * indent + "}"
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        rows = [pad + _readable(item, indent + 1) for item in value]
        return "[\n" + ",\n".join(rows) + "\n" + "  " * indent + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
