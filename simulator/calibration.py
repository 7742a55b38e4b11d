"""Calibrate a simulator on a business's own customers, with uncertainty: a bootstrap over customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from evenhand.customers.schema import Role
from evenhand.errors import DataError
from evenhand.simulator.answers.causes import Causes
from evenhand.simulator.answers.redemption import ContactLog, Redemption, fit_redemption, tells_redemption
from evenhand.simulator.artefact import Simulator
from evenhand.simulator.content import (
    Attribute,
    Content,
    Group,
    Habitual,
    Replicate,
    rounded,
    rounded_row,
    rounded_rows,
)
from evenhand.simulator.copula import SMALLEST_BIN, aggregated, fit_chain, fit_copula, normal_scores
from evenhand.simulator.habits.ages import hazard_by_ages
from evenhand.simulator.habits.dynamics import Dynamics, fit_dynamics
from evenhand.simulator.habits.hidden import Law
from evenhand.simulator.habits.organic import fit_habits
from evenhand.simulator.habits.panel import Panel
from evenhand.simulator.habits.spending import LIKELY, fit_spending
from evenhand.simulator.observed import HABITS, Observed, contact_log, observe
from evenhand.simulator.priors import BEHAVIOUR_PRIORS, FALLBACK_PRIORS
from evenhand.simulator.provenance import notes_of, parameters_of

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["LEAST_CUSTOMERS", "LEAST_WEEKS", "calibrate"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

LEAST_CUSTOMERS = 20  # below, not even a margin can be told without showing single customers
LEAST_WEEKS = 26  # of history, below which drift and leaving cannot be told apart


def calibrate(
    customers: Customers,
    *,
    seed: int = 0,
    replicates: int = 20,
    delayed: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
) -> Simulator:
    """Fit a simulator to a customer table: the point fit and `replicates` refits to bootstrap samples of
    customers.

    With a weekly history, or recency, frequency and tenure, purchases are calibrated; with a campaign log that tells
    redemptions, redemption given contact is; with a randomised one, what contact causes in its own period. What the
    table does not tell, and every delayed effect, comes from stated priors; `Simulator.parameters()` says which.
    `delayed` multiplies the size of every delayed effect (0 switches them off). `progress(done, total)` is called after
    each fit. Raises DataError for fewer than `LEAST_CUSTOMERS` customers.
    """
    if customers.n < LEAST_CUSTOMERS:
        raise DataError(
            f"{customers.n} customers are too few to calibrate on",
            rule=f"at least {LEAST_CUSTOMERS}",
            mend="keep what runs, or bring more customers",
        )
    seen, campaigns = observe(customers), [c.id for c in customers.catalogue.campaigns[1:]]
    if not np.isfinite(seen.values).all():
        raise DataError("a feature has an infinite value", rule="numbers that calibration reads are finite")
    if seen.log is not None and not tells_redemption(seen.log):
        seen = replace(seen, log=None)
    fit = _Fit(seen, campaigns, Causes(customers, seen, campaigns))
    rng = np.random.default_rng([seed, 0xCA11])
    total, everyone = replicates + 1, np.arange(customers.n)
    fits = []
    for done in range(total):
        rows = everyone if done == 0 else rng.integers(0, customers.n, customers.n)
        fits.append(fit.replicate(rows, rng, varied=done > 0))
        if progress is not None:
            progress(done + 1, total)
    return Simulator(_content(customers, fit, fits, delayed=delayed, seed=seed))


def _content(customers: Customers, fit: _Fit, fits: list[Replicate], *, delayed: float, seed: int) -> Content:
    campaigns = customers.catalogue.campaigns[1:]
    roles = {role: column for role in get_args(Role) if (column := customers.role(role)) is not None}
    return Content(
        name=customers.schema.name,
        catalogue=customers.catalogue,
        roles=roles,
        static_features=customers.static_features,
        opening=tuple(customers.context.columns),
        attributes=tuple(
            Attribute(
                name=a.name,
                label=a.label,
                groups=tuple(Group(name=g.name, n=_told(g.n), constrained=g.constrained) for g in a.known),
                unknown=customers.n - sum(_told(g.n) for g in a.known),
            )
            for a in customers.protected
        ),
        centre=rounded_row(fit.centre),
        scale=rounded_row(fit.scale),
        forward=fit.habitual(customers),
        delayed=delayed,
        seed=seed,
        customers=customers.n,
        periods=customers.periods,
        weekly=fit.weekly is not None,
        aged=fit.weekly is None and fit.seen.ages is not None,
        audit=fit.causes.audit,
        explaining=fit.causes.explaining(),
        notes=notes_of(fit.seen, fit.causes.audit, fit.causes.told, weekly=fit.weekly is not None),
        parameters=parameters_of(
            fits, campaigns, fit.seen, told=fit.causes.told, delayed=delayed, weekly=fit.weekly is not None
        ),
        point=fits[0],
        replicates=tuple(fits[1:]) or (fits[0],),
    )


def _told(n: int) -> int:
    """Return the size of a group, 0 where it is so small that its size tells of single people."""
    return n if n >= SMALLEST_BIN else 0


class _Fit:
    """What every replicate shares: the table's numbers, and sums per household to weigh anew."""

    def __init__(self, seen: Observed, campaigns: list[str], causes: Causes) -> None:
        self.seen, self.campaigns, self.causes = seen, campaigns, causes
        first = len(HABITS) + seen.n_static
        self.values = aggregated(seen.values)  # nothing that is written rests on a single customer's value
        features = np.column_stack([self.values[:, :2], self.values[:, len(HABITS) : first]])
        self.centre, self.scale = features.mean(0), np.maximum(features.std(0), 1e-6)
        self.x, self.affinity = (features - self.centre) / self.scale, self.values[:, first : first + len(campaigns)]
        self.sizes = tuple(int(seen.codes[:, p].max(initial=0)) + 1 for p in range(seen.codes.shape[1]))
        panel = seen.panel
        self.weekly: tuple[Panel, Dynamics] | None = None
        if panel is not None and panel.periods >= LEAST_WEEKS and panel.trips.any():
            self.weekly = (panel, fit_dynamics(panel))

    def replicate(self, rows: Rows, rng: np.random.Generator, *, varied: bool) -> Replicate:
        """Refit everything on customers `rows`; what rests on a prior is `varied` or at its centre."""
        prior = {name: _varied(p.centre, p.spread if varied else 0.0, rng) for name, p in FALLBACK_PRIORS.items()}
        law, season = self._organic(rows, prior)
        count = np.bincount(rows, minlength=len(self.x)).astype(np.float64)
        redemption = self._redemption(prior, self.seen.log, self.x, self.affinity, count)
        values = self.values[rows]
        scores, shared = normal_scores(values, rng)
        copula = fit_copula(values, shared)
        chain = fit_chain(scores, self.seen.codes[rows], self.sizes, self.seen.consent[rows])
        return Replicate(
            **{name: float(rounded(getattr(law, name))) for name in Law._fields if name != "hazard"},
            season=rounded_row(season),
            hazard=(float(rounded(law.hazard[0])), float(rounded(law.hazard[1]))),
            levels=rounded_row(copula.levels),
            knots=rounded_rows(copula.knots),
            correlation=rounded_rows(copula.correlation),
            known=rounded_row(chain.known),
            attributes=tuple(rounded_rows(weights) for weights in chain.attributes),
            consent=rounded_rows(chain.consent),
            redemption_intercept=rounded_row(redemption.intercept),
            redemption_slopes=rounded_row(redemption.slopes),
            redemption_spread=float(rounded(redemption.spread)),
            left=0.0 if self.seen.alive is None else float(rounded(1 - self.seen.alive[rows].mean())),
            answers=self.causes.answers(rows, scores),
        )

    def habitual(self, customers: Customers) -> Habitual:
        """Fit what forward simulation needs on how the second half of the history follows from the first."""
        prior = {name: p.centre for name, p in FALLBACK_PRIORS.items()}
        x, log, spending = self.x[:, :2], self.seen.log, LIKELY
        if self.weekly is not None:
            panel = self.weekly[0]
            half = panel.periods // 2
            spending = fit_spending(panel)
            x = (np.column_stack(fit_habits(panel.weeks(0, half)))[:, :2] - self.centre[:2]) / self.scale[:2]
            log = contact_log(customers, self.campaigns, begun=(half, panel.periods)) or log
        plain = np.ones((customers.n, len(self.campaigns)))  # affinities describe the whole history: not used
        redemption = self._redemption(prior, log, x, plain, np.ones(customers.n))
        return Habitual(
            **{name: float(rounded(value)) for name, value in spending._asdict().items()},
            redemption_intercept=rounded_row(redemption.intercept),
            redemption_slopes=rounded_row(redemption.slopes),
            redemption_spread=float(rounded(redemption.spread)),
        )

    def _organic(self, rows: Rows, prior: dict[str, float]) -> tuple[Law, Floats]:
        """Return the law of weekly trips and the season (T,)."""
        if self.weekly is not None:
            return self.weekly[1].refit(rows)
        log_rate, ages = self.seen.values[:, 0], self.seen.ages
        told = "conversions" in self.causes.told  # the log tells who bought, not how often
        law = Law(
            dispersion=0.0 if told else prior["dispersion"],
            dispersion_sd=prior["dispersion_sd"],
            zero_inflation=prior["zero_inflation"],
            drift_persistence=min(prior["drift_persistence"], 0.98),
            drift_sd=prior["drift_sd"],
            hazard=(float(np.log(prior["hazard"])), 0.0) if ages is None else hazard_by_ages(ages, rows),
            return_base=BEHAVIOUR_PRIORS["return_base"].centre,
            rate_mean=float(log_rate.mean()),
            rate_sd=max(float(log_rate.std()), 0.1),
        )
        return law, np.ones(52)

    def _redemption(
        self, prior: dict[str, float], log: ContactLog | None, x: Floats, affinity: Floats, count: Floats
    ) -> Redemption:
        if log is None:
            log_odds = float(np.log(prior["redemption"] / (1 - prior["redemption"])))
            slopes = np.zeros(x.shape[1] + 1)
            return Redemption(np.full(len(self.campaigns), log_odds), slopes, prior["redemption_spread"])
        return fit_redemption(log, x, affinity, count, guess=prior["redemption"])


def _varied(centre: float, spread: float, rng: np.random.Generator) -> float:
    return centre * float(np.exp(spread * rng.standard_normal()))
