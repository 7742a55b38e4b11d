"""Calibrate a simulator on a business's own customers, with uncertainty: a bootstrap over customers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from evenhand.customers.schema import Role
from evenhand.errors import DataError
from evenhand.simulator.ages import hazard_by_ages
from evenhand.simulator.artefact import Simulator
from evenhand.simulator.causes import Causes
from evenhand.simulator.content import Attribute, Content, Group, Habitual, Replicate, rounded
from evenhand.simulator.copula import fit_chain, fit_copula, normal_scores
from evenhand.simulator.leaving import fit_hazard
from evenhand.simulator.observed import HABITS, Observed, observe
from evenhand.simulator.organic import Moments, Organic, fit_habits, fit_organic, moments, shifts
from evenhand.simulator.panel import Panel
from evenhand.simulator.priors import FALLBACK_PRIORS
from evenhand.simulator.provenance import notes_of, parameters_of
from evenhand.simulator.redemption import Redemption, fit_redemption

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

    With a weekly history purchases are calibrated; with a campaign log that tells redemptions, redemption
    given contact is. What the table does not tell, and every causal effect of contact, comes from stated
    priors; `Simulator.parameters()` says which. `delayed` multiplies the size of every delayed effect (0
    switches them off). `progress(done, total)` is called after each fit. Raises DataError for fewer than
    `LEAST_CUSTOMERS` customers.
    """
    if customers.n < LEAST_CUSTOMERS:
        raise DataError(
            f"{customers.n} customers are too few to calibrate on",
            rule=f"at least {LEAST_CUSTOMERS}",
            mend="keep what runs, or bring more customers",
        )
    seen, campaigns = observe(customers), [c.id for c in customers.catalogue.campaigns[1:]]
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
                groups=tuple(Group(name=g.name, n=g.n, constrained=g.constrained) for g in a.known),
                unknown=customers.n - sum(g.n for g in a.known),
            )
            for a in customers.protected
        ),
        centre=tuple(rounded(fit.centre).tolist()),
        scale=tuple(rounded(fit.scale).tolist()),
        forward=fit.habitual(),
        delayed=delayed,
        seed=seed,
        customers=customers.n,
        periods=customers.periods,
        weekly=fit.weekly is not None,
        audit=fit.causes.audit,
        explaining=fit.causes.explaining(),
        notes=notes_of(fit.seen, fit.causes.audit, fit.causes.told, weekly=fit.weekly is not None),
        parameters=parameters_of(
            fits, campaigns, fit.seen, told=fit.causes.told, delayed=delayed, weekly=fit.weekly is not None
        ),
        point=fits[0],
        replicates=tuple(fits[1:]) or (fits[0],),
    )


class _Fit:
    """What every replicate shares: the table's numbers, and sums per household to weigh anew."""

    def __init__(self, seen: Observed, campaigns: list[str], causes: Causes) -> None:
        self.seen, self.campaigns, self.causes = seen, campaigns, causes
        first = len(HABITS) + seen.n_static
        features = np.column_stack([seen.values[:, :2], seen.values[:, len(HABITS) : first]])
        self.centre, self.scale = features.mean(0), np.maximum(features.std(0), 1e-6)
        self.x, self.affinity = (features - self.centre) / self.scale, seen.values[:, first : first + len(campaigns)]
        self.sizes = tuple(int(seen.codes[:, p].max(initial=0)) + 1 for p in range(seen.codes.shape[1]))
        panel = seen.panel
        self.weekly: tuple[Panel, Moments, Floats] | None = None
        if panel is not None and panel.periods >= LEAST_WEEKS and panel.trips.any():
            before = fit_habits(panel.weeks(0, panel.periods // 2)).log_rate
            self.weekly = (panel, moments(panel), before)

    def replicate(self, rows: Rows, rng: np.random.Generator, *, varied: bool) -> Replicate:
        """Refit everything on customers `rows`; what rests on a prior is `varied` or at its centre."""
        prior = {name: _varied(p.centre, p.spread if varied else 0.0, rng) for name, p in FALLBACK_PRIORS.items()}
        organic, hazard = self._organic(rows, prior)
        redemption = self._redemption(rows, prior)
        values = self.seen.values[rows]
        scores, shared = normal_scores(values, rng)
        copula = fit_copula(values, shared)
        chain = fit_chain(scores, self.seen.codes[rows], self.sizes, self.seen.consent[rows])
        return Replicate(
            **{name: float(rounded(getattr(organic, name))) for name in Organic._fields[:-1]},
            season=_row(organic.season),
            hazard=(float(rounded(hazard[0])), float(rounded(hazard[1]))),
            levels=_row(copula.levels),
            knots=_rows(copula.knots),
            correlation=_rows(copula.correlation),
            known=_row(chain.known),
            attributes=tuple(_rows(weights) for weights in chain.attributes),
            consent=_rows(chain.consent),
            redemption_intercept=_row(redemption.intercept),
            redemption_slopes=_row(redemption.slopes),
            redemption_spread=float(rounded(redemption.spread)),
            left=0.0 if self.seen.alive is None else float(rounded(1 - self.seen.alive[rows].mean())),
            answers=self.causes.answers(rows, scores),
        )

    def habitual(self) -> Habitual:
        """Fit what forward simulation needs: how habits shift, and redemption by rate and basket alone."""
        prior = {name: p.centre for name, p in FALLBACK_PRIORS.items()}
        everyone = np.arange(len(self.x))
        redemption = self._redemption(everyone, prior, features=2)
        rate_shift, basket_shift = 0.0, 0.0
        if self.weekly is not None:
            rate_shift, basket_shift = shifts(self.weekly[0], self._organic(everyone, prior)[0])
        return Habitual(
            rate_shift=float(rounded(rate_shift)),
            basket_shift=float(rounded(basket_shift)),
            redemption_intercept=_row(redemption.intercept),
            redemption_slopes=_row(redemption.slopes),
            redemption_spread=float(rounded(redemption.spread)),
        )

    def _organic(self, rows: Rows, prior: dict[str, float]) -> tuple[Organic, tuple[float, float]]:
        if self.weekly is None:
            shared = {name: prior[name] for name in ("dispersion", "zero_inflation", "drift_sd")}
            kept = min(prior["drift_persistence"], 0.98)
            organic = Organic(**shared, drift_persistence=kept, season=np.ones(52))
            if "conversions" in self.causes.told:
                organic = organic._replace(dispersion=0.0)  # the log tells who bought, not how often
            if self.seen.ages is not None:
                return organic, hazard_by_ages(self.seen.ages, rows)
            return organic, (float(np.log(prior["hazard"])), 0.0)
        panel, sums, before = self.weekly
        organic = fit_organic(sums, self.seen.values[:, 0], rows)
        return organic, fit_hazard(panel, before, organic, rows)

    def _redemption(self, rows: Rows, prior: dict[str, float], *, features: int | None = None) -> Redemption:
        x = self.x[:, :features]
        if self.seen.log is None:
            log_odds = float(np.log(prior["redemption"] / (1 - prior["redemption"])))
            slopes = np.zeros(x.shape[1] + 1)
            return Redemption(np.full(len(self.campaigns), log_odds), slopes, prior["redemption_spread"])
        count = np.bincount(rows, minlength=len(x)).astype(np.float64)
        return fit_redemption(self.seen.log, x, self.affinity, count)


def _varied(centre: float, spread: float, rng: np.random.Generator) -> float:
    return centre * float(np.exp(spread * rng.standard_normal()))


def _row(values: Floats) -> tuple[float, ...]:
    return tuple(rounded(values).tolist())


def _rows(values: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in rounded(values).tolist())
