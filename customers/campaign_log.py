"""The campaign log: a plan joined with what came back, one row per customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers.campaign_plan import COLUMNS, CampaignPlan
from evenhand.customers.results import FLAGS, MONEY, OUTCOMES
from evenhand.errors import DataError, nearest

__all__ = ["CampaignLog", "joined"]

PROFIT: Final = "profit"  # margin less what the contacts cost
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CampaignLog:
    """A plan and its results.

    `frame` (n customers) has the plan's columns and then the outcomes, NaN where not known: delivered, opened,
    clicked, redeemed, unsubscribed (1 when any row says so), spend and margin (sums, in the business's money),
    `results` (how many rows), `first` and `last` (ISO 8601, "" without any). `complete`: silence means that nothing
    happened. `refused` counts rows that were not believed, by reason; `sent_other` the customers for whom a row names
    another campaign than the plan does: they stay with what was planned for them, since the effect of planning is
    estimated.
    """

    frame: pd.DataFrame
    plan: CampaignPlan
    complete: bool = False
    refused: tuple[tuple[str, int], ...] = ()
    sent_other: int = 0

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        answered = int((self.frame["results"] > 0).sum())
        refused = sum(count for _, count in self.refused)
        silence = "silence means nothing happened" if self.complete else "silence means not known"
        other = f" · {self.sent_other:,} were sent another campaign than planned" if self.sent_other else ""
        return (
            f"Log of plan {self.plan.id}: {len(self):,} customers · {answered:,} with results ({silence}) · "
            f"{refused:,} rows refused{other}"
        )

    @cached_property
    def told(self) -> tuple[str, ...]:
        """The outcomes of which anything is known."""
        return tuple(name for name in OUTCOMES if self.frame[name].notna().any())

    def outcome(self, name: str, *, until: date | None = None) -> FloatArray:
        """Return an outcome of every customer, (n,); DataError when it is not known of all.

        Besides those of the results there is "profit": margin less the campaign's cost per contact, for each period
        that had begun on the day `until`, or for all of the plan's: say the day when results are still to come.
        """
        if name == PROFIT:
            about = self.plan.about
            costs = {campaign.id: campaign.cost for campaign in about.campaigns}
            cost = self.frame["campaign"].map(costs).to_numpy(dtype=np.float64)
            profit: FloatArray = self.outcome("margin") - cost * (
                about.periods if until is None else about.begun(until)
            )
            return profit
        if name not in OUTCOMES:
            close = nearest(name, [*OUTCOMES, PROFIT])
            raise DataError(
                f"there is no outcome {name!r}",
                rule=f"one of {', '.join([*OUTCOMES, PROFIT])}",
                mend=f"did you mean {close!r}?" if close else None,
            )
        values = self.frame[name].to_numpy(dtype=np.float64)
        unknown = int(np.isnan(values).sum())
        if unknown:
            told = self.told and f"outcomes told: {', '.join(self.told)}"
            raise DataError(
                f"{name} is not known of {unknown:,} of {len(self):,} customers",
                where=f"log of plan {self.plan.id}",
                rule="an outcome is known of every customer of the plan: those who answer are not like the others",
                mend=(
                    "record the missing results, or say with --complete that silence means nothing happened"
                    if unknown < len(self)
                    else str(told or "record results that tell it")
                ),
            )
        return values

    @staticmethod
    def load(folder: str | Path) -> CampaignLog:
        """Read a folder that `evenhand record` wrote; ArtefactError when a file was changed."""
        from evenhand.customers.log_storage import load_log

        return load_log(Path(folder))


def joined(plan: CampaignPlan, ledger: pd.DataFrame, *, complete: bool) -> CampaignLog:
    """Join a plan with the ledger of its results; rows in any order give the same log.

    Several rows of a customer are parts of one answer: yes wins over no, and money adds up. With `complete` an outcome
    that the results tell of anyone is 0 where they are silent; one that they never tell stays unknown.
    """
    believed = ledger[ledger["reason"] == ""].sort_values("key", kind="stable")
    groups = believed.groupby("customer", sort=False)
    parts = pd.concat(
        [groups[list(FLAGS)].max(), groups[list(MONEY)].sum(min_count=1), groups["time"].agg(first="min", last="max")],
        axis=1,
    )
    parts["results"] = groups.size()
    frame = plan.frame.join(parts, on="customer")
    frame["results"] = frame["results"].fillna(0).astype(np.int64)
    frame[["first", "last"]] = frame[["first", "last"]].astype("str").fillna("")
    frame[list(OUTCOMES)] = frame[list(OUTCOMES)].astype(np.float64)
    if complete:
        known = [name for name in OUTCOMES if frame[name].notna().any()]
        frame[known] = frame[known].fillna(0.0)
    given = plan.frame.set_index("customer")["campaign"]
    other = believed[(believed["sent"] != "") & (believed["sent"] != believed["customer"].map(given))]
    refused = ledger["reason"][ledger["reason"] != ""].value_counts()
    counts = tuple(sorted((str(reason), int(count)) for reason, count in refused.items()))
    frame = frame[[*COLUMNS, *OUTCOMES, "results", "first", "last"]]
    return CampaignLog(frame, plan, complete, counts, int(other["customer"].nunique()))
