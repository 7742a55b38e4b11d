"""The customer table: features, protected attributes, consent, history, campaign log, and their sources."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers.check import Check
from evenhand.customers.contact import consents
from evenhand.customers.protected import ProtectedAttribute, group_codes, protected_attribute
from evenhand.customers.quality import Enough, Quality, assess
from evenhand.customers.schema import Schema
from evenhand.customers.specs import HISTORY_COLUMNS, Role
from evenhand.segments import CHANNELS, Catalogue

__all__ = ["Customers", "Source"]


@dataclass(frozen=True)
class Source:
    """A file or package table that was read: its rows, its hash, and the notices that come with it."""

    name: str
    rows: int
    sha256: str
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Customers:
    """A validated customer table.

    `frame` has one row per customer, indexed by id: the features (numbers as float64, flags as bool or, with
    empty cells, float64 0/1; categories as str), the protected attributes as group names ("unknown" where
    missing), the habits that the schema names under `context` (float64) and `consent` (bool: by at least one
    channel); where channels differ also `consent_email` and so on, one for each. `history` has the columns
    customer, period (week 0..periods-1), trips, spend and one spend column per category, rows only where
    trips > 0. `contacts` has customer, campaign, period (first week), periods (how many weeks of it the
    history covers), redeemed, redemptions (weeks with one), discount (money per redemption, NaN without),
    propensity (NaN where unknown), visited (0, 1, NaN where not told) and spend (money in these periods, NaN where not
    told); the demo's have wave, the number of the mailing, instead of the last two.
    """

    frame: pd.DataFrame
    schema: Schema
    history: pd.DataFrame | None = None
    contacts: pd.DataFrame | None = None
    periods: int = 0
    sources: tuple[Source, ...] = ()
    remarks: tuple[Check, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        purchases = "" if self.history is None else f" · {self.periods} weeks of history"
        contacts = "" if self.contacts is None else f" · {len(self.contacts):,} contacts"
        remarks = len(self.quality().remarks)
        return f"{self.schema.name}: {self.n:,} customers{purchases}{contacts} · quality: {remarks} remarks"

    @property
    def n(self) -> int:
        """The number of customers."""
        return len(self.frame)

    @cached_property
    def catalogue(self) -> Catalogue:
        """What rules may speak about: features, campaigns, and the protected names to refuse."""
        return self.schema.catalogue

    @cached_property
    def protected(self) -> tuple[ProtectedAttribute, ...]:
        """The protected attributes with the size of every group."""
        return tuple(protected_attribute(spec, self.frame[spec.column]) for spec in self.schema.protected)

    def protected_codes(self) -> NDArray[np.int8]:
        """Return group codes of shape (n, P): positions in `protected[p].known`, -1 for unknown."""
        columns = [group_codes(attribute, self.frame[attribute.name]) for attribute in self.protected]
        return np.column_stack(columns) if columns else np.empty((self.n, 0), dtype=np.int8)

    @property
    def consent(self) -> NDArray[np.bool_]:
        """Who may be contacted by at least one channel, shape (n,)."""
        return np.asarray(self.consents.any(axis=1), dtype=np.bool_)

    @property
    def consents(self) -> NDArray[np.bool_]:
        """Who may be contacted by which channel, shape (n, 4) in the order of `evenhand.segments.CHANNELS`."""
        return consents(self.frame)

    @property
    def reachable(self) -> NDArray[np.bool_]:
        """Who consents to the channel of each campaign, shape (n, campaigns); no contact reaches everyone."""
        by_channel = self.consents
        columns = [by_channel[:, CHANNELS.index(c.channel)] for c in self.catalogue.campaigns if c.channel]
        return np.column_stack([np.ones(self.n, np.bool_), *columns])

    @property
    def context(self) -> pd.DataFrame:
        """Habits of opening that are known, NaN where not: hour (0 to 24), weekend and mobile (shares, 0 to 1)."""
        columns = self.schema.context.columns
        return self.frame[list(columns.values())].set_axis(list(columns), axis=1)

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The spend categories of the history; they add up to spend."""
        if self.history is None:
            return ()
        return tuple(name for name in self.history.columns if name not in HISTORY_COLUMNS)

    def role(self, role: Role) -> str | None:
        """Return the feature column with that role, or None."""
        return self.schema.role(role)

    @property
    def static_features(self) -> tuple[str, ...]:
        """Names of the number features without a role: they do not change in the simulator."""
        return tuple(spec.column for spec in self.schema.features if spec.kind == "number" and spec.role is None)

    def numbers(self, columns: tuple[str, ...] | list[str]) -> NDArray[np.float64]:
        """Return number features as a matrix (n, len(columns)), empty cells filled by the median."""
        part = self.frame[list(columns)].astype(np.float64)
        return part.fillna(part.median()).to_numpy(dtype=np.float64)

    def quality(self) -> Quality:
        """Return every quality check; it prints as a table and says what to do."""
        return self._quality

    @cached_property
    def _quality(self) -> Quality:
        return assess(self)

    @property
    def enough(self) -> Enough:
        """Whether there are enough customers to learn from; otherwise: keep what runs."""
        return Enough.of(self.n)

    def only(self, ids: pd.Index) -> Customers:
        """Return these customers alone, with their own history and contacts."""
        frame = self.frame.loc[ids]
        return replace(
            self,
            frame=frame,
            history=_rows_of(self.history, frame.index),
            contacts=_rows_of(self.contacts, frame.index),
        )

    def split(self, share: float = 0.7, *, seed: int = 0) -> tuple[Customers, Customers]:
        """Split at random by customer into (fit, holdout); the same seed gives the same split."""
        if not 0 < share < 1:
            raise ValueError(f"share = {share}: a split needs a share between 0 and 1")
        order = np.random.default_rng(seed).permutation(self.n)
        cut = round(share * self.n)
        fit, holdout = np.sort(order[:cut]), np.sort(order[cut:])
        return self.only(self.frame.index[fit]), self.only(self.frame.index[holdout])

    @cached_property
    def _halves(self) -> tuple[Customers, Customers]:
        return self.split()

    @property
    def fit(self) -> Customers:
        """The 70 % of customers (seed 0) that calibration may look at."""
        return self._halves[0]

    @property
    def holdout(self) -> Customers:
        """The other 30 %, kept for judging realism."""
        return self._halves[1]

    def save(self, folder: str | Path) -> Path:
        """Write the table as a folder of Parquet files, schema and manifest; nothing half-written stays."""
        from evenhand.customers.storage import save_customers

        return save_customers(self, Path(folder))

    @staticmethod
    def load(folder: str | Path) -> Customers:
        """Read a folder that `save` wrote; ArtefactError when a file was changed."""
        from evenhand.customers.storage import load_customers

        return load_customers(Path(folder))


def _rows_of(table: pd.DataFrame | None, ids: pd.Index) -> pd.DataFrame | None:
    return None if table is None else table[table["customer"].isin(ids)].reset_index(drop=True)
