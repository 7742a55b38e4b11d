"""The campaign plan: who gets which campaign, in which arm, and with what chance it was drawn.

One row per customer. Whatever is later estimated from results stands on the chances (propensities) kept here. With
exploration share e of a customer's segment, the set E of campaigns that the customer is eligible for, and p the
campaign that the segment plans for them, campaign c is given with chance

    pi(c) = (1 - e) [c = p] + e [c in E] / |E|

so the columns `planned`, `exploration` and `eligible` tell the chance of *every* campaign, not only of the one drawn.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers.plan_about import PLAN_VERSION, PlanAbout, PlannedArm, Pool
from evenhand.customers.plan_checks import COLUMNS, HELD_BACK, OUTSIDE, chances, check_rows, positions_of
from evenhand.errors import DataError
from evenhand.segments.canonical import content_hash

__all__ = ["COLUMNS", "HELD_BACK", "OUTSIDE", "PLAN_VERSION", "CampaignPlan", "PlanAbout", "PlannedArm", "Pool"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CampaignPlan:
    """Who gets what.

    `frame` (n customers) has the columns of `COLUMNS`: ids of plan, customer, arm, segment; the campaign that the
    segment plans for this customer (no contact where the customer is not eligible for the segment's) and the one that
    is given; the number of the set of eligible campaigns; whether explored, the exploration share and the propensity of
    `campaign`; the first period and the block. `baseline` has a row per customer, in the same order, with `customer`,
    the features that rules may use and the protected groups, as they were when the plan was made; where clusters were
    assigned to arms also `cluster`, the id of each customer's.
    """

    frame: pd.DataFrame
    about: PlanAbout
    baseline: pd.DataFrame

    def __post_init__(self) -> None:
        check_rows(self.frame, self.about)
        if not self.baseline["customer"].equals(self.frame["customer"]):
            raise DataError("the baseline is of other customers", rule="one row per customer of the plan, same order")
        if self.about.id and self.about.id != self.expected_id:
            raise DataError(
                f"says that it is plan {self.about.id}, but its rows are those of {self.expected_id}",
                rule="a plan's id is a hash of its rows",
                mend="a changed plan is a new plan: make it anew",
            )

    @classmethod
    def drawn(cls, frame: pd.DataFrame, about: PlanAbout, baseline: pd.DataFrame) -> CampaignPlan:
        """Return the plan of rows that were just drawn: propensities and the plan's id follow from the rest."""
        given = positions_of(frame["campaign"], about)
        frame = frame.assign(propensity=chances(frame, about)[np.arange(len(frame)), given])
        about = about.model_copy(update={"id": ""})
        made = cls(frame.assign(plan=""), about, baseline)
        return cls(frame.assign(plan=made.expected_id), about.model_copy(update={"id": made.expected_id}), baseline)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        about, rows = self.about, self.frame
        counts = rows["campaign"].value_counts()
        given = " · ".join(f"{campaign.name} {counts.get(campaign.id, 0):,}" for campaign in about.campaigns)
        arms = f"{len(about.arms)} arms · " if len(about.arms) > 1 else ""
        return (
            f"Plan {about.id}: {len(self):,} customers · {arms}{given} · {int(rows['explored'].sum()):,} explored · "
            f"{about.starts} up to {about.ends}"
        )

    @property
    def id(self) -> str:
        """The plan's id."""
        return self.about.id

    @cached_property
    def expected_id(self) -> str:
        """The id that follows from the content: 16 hexadecimal digits of a SHA-256."""
        about = {**self.about.model_dump(mode="json"), "id": ""}
        rows = self.frame.drop(columns="plan")
        return content_hash({"about": about, "rows": _digest(rows), "baseline": _digest(self.baseline)})[:16]

    @cached_property
    def propensities(self) -> FloatArray:
        """The chance of every campaign, (n, campaigns) in the order of `about.campaigns`."""
        return chances(self.frame, self.about)

    @cached_property
    def actions(self) -> NDArray[np.int64]:
        """The position of each row's campaign in `about.campaigns`, (n,)."""
        return positions_of(self.frame["campaign"], self.about)

    def save(self, folder: str | Path, *, csv: bool = False) -> Path:
        """Write the plan as a folder: plan.parquet or plan.csv, the baseline and a manifest of hashes."""
        from evenhand.customers.plan_storage import save_plan

        return save_plan(self, Path(folder), csv=csv)

    @staticmethod
    def load(folder: str | Path) -> CampaignPlan:
        """Read a folder that `save` wrote; ArtefactError when a file was changed."""
        from evenhand.customers.plan_storage import load_plan

        return load_plan(Path(folder))


def _digest(frame: pd.DataFrame) -> str:
    """Return a hash of a table's columns that does not depend on any file format."""
    whole = hashlib.sha256()
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_bool_dtype(values.dtype):
            kind, data = "flag", values.to_numpy(dtype=np.uint8).tobytes()
        elif pd.api.types.is_integer_dtype(values.dtype):
            kind, data = "whole", values.to_numpy(dtype="<i8").tobytes()
        elif pd.api.types.is_float_dtype(values.dtype):
            number = values.to_numpy(dtype="<f8")
            kind, data = "number", np.where(np.isnan(number), np.nan, number + 0.0).astype("<f8").tobytes()
        else:
            cells: list[Any] = values.astype(object).where(values.notna(), None).tolist()
            kind, data = "text", json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode()
        head = json.dumps([str(name), kind, len(data)]).encode()
        whole.update(head + data)
    return whole.hexdigest()
