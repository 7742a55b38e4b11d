"""The held-out customers of a realism report: their two half years, and their simulated second one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.artefact import Simulator
from evenhand.simulator.habits.panel import Panel, panel_of
from evenhand.simulator.observed import contact_log
from evenhand.simulator.realism.comparison import half_year, half_year_names
from evenhand.simulator.realism.forward import Forward, Futures, redeemed_weeks, simulate_forward, simulate_futures

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["LEAST_CUSTOMERS", "SEEDS", "Case", "missing", "with_past"]

Floats = NDArray[np.float64]

LEAST_WEEKS, LEAST_CUSTOMERS = 26, 100
SEEDS = 1000  # that a report may use, from `seed` times this on


class Case:
    """Real customers with two half years of history, and what is asked of them again and again.

    `fit`, other customers, lend the weeks that compositions are drawn from.
    """

    def __init__(
        self, simulator: Simulator, holdout: Customers, whole: Panel, fit: Customers | None, seed: int
    ) -> None:
        self.simulator, self.holdout, self.fit, self.seed = simulator, holdout, fit, seed
        self.start, self.stop = whole.periods // 2, whole.periods
        self.names = half_year_names(whole)
        self.whole = _categorised(whole)
        pool = panel_of(fit) if fit is not None else None
        self.pool = _categorised(pool) if pool is not None and pool.periods == whole.periods else None

    @property
    def past(self) -> Panel:
        """The first half year."""
        return self.whole.weeks(0, self.start)

    @property
    def future(self) -> Panel:
        """The second half year as it was."""
        return self.whole.weeks(self.start, self.stop)

    def simulated(self, k: int, customers: Customers | None = None) -> Forward:
        """Return the k-th simulated second half year; `customers` are the same with other contacts."""
        return simulate_forward(
            self.simulator, customers or self.holdout, self.whole,
            start=self.start, seed=self.seed * SEEDS + k, pool=self.pool,
        )  # fmt: skip

    def futures(self, draws: int, first: int, customers: Customers | None = None) -> Futures:
        """Return sums over many simulated second half years, whose seeds begin at `first`."""
        seed = self.seed * SEEDS + first
        return simulate_futures(self.simulator, customers or self.holdout, self.whole, self.start, seed, draws)

    def described(self, panel: Panel, redeemed: Floats) -> Floats:
        """Return the features of each half year, (N, F)."""
        return half_year(panel, redeemed)[:, : len(self.names)]

    def real(self) -> tuple[Floats, Floats]:
        """Return the features of both real half years, each (N, F)."""
        return (
            self.described(self.past, _redeemed(self.holdout, 0, self.start)),
            self.described(self.future, _redeemed(self.holdout, self.start, self.stop)),
        )

    def lent(self) -> tuple[tuple[Panel, Floats], ...]:
        """Return both half years of the fitted customers, as weeks and as features; none without them."""
        if self.fit is None or self.pool is None:
            return ()
        spans = ((0, self.start), (self.start, self.stop))
        weeks = [self.pool.weeks(*span) for span in spans]
        return tuple(
            (part, self.described(part, _redeemed(self.fit, *span))) for part, span in zip(weeks, spans, strict=True)
        )

    def totals(self, redeemed: Floats) -> Futures:
        """Return the same sums of the real second half year, each (N,)."""
        active = self.future.trips > 0
        recency = np.where(active.any(1), active[:, ::-1].argmax(1), self.stop - self.start).astype(np.float64)
        return Futures(self.future.trips.sum(1), self.future.spend.sum(1), recency, redeemed)


def _categorised(panel: Panel) -> Panel:
    """Return a history that is told without categories with a single one, for those who lend compositions."""
    return panel if panel.names else Panel(panel.trips, panel.spend, panel.spend[:, :, None], ("everything",))


def _redeemed(customers: Customers, start: int, stop: int) -> Floats:
    """Return weeks with a redemption, (N,), of campaigns that began in the weeks `start` to `stop` - 1."""
    campaigns = [campaign.id for campaign in customers.catalogue.campaigns[1:]]
    log = contact_log(customers, campaigns, begun=(start, stop))
    return np.zeros(customers.n) if log is None else redeemed_weeks(log, customers.n)


def with_past(customers: Customers) -> tuple[Customers, Panel | None]:
    """Leave out customers without a trip in the first half: they have no past to start from."""
    whole = panel_of(customers)
    if whole is None:
        return customers, None
    known = np.nonzero(whole.trips[:, : whole.periods // 2].sum(1))[0]
    return customers.only(customers.frame.index[known]), whole.rows(known)


def missing(customers: Customers, whole: Panel | None) -> str:
    """Say why there can be no figures; nothing when there can."""
    if whole is None:
        return "the customers have no weekly purchase history"
    if whole.periods < 2 * LEAST_WEEKS - 2:
        return f"{whole.periods} weeks of history; two half years are needed"
    if customers.n < LEAST_CUSTOMERS:
        return f"{customers.n} held-out customers; at least {LEAST_CUSTOMERS} are needed"
    return ""
