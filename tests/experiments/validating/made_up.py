"""Made-up results of both arms of a simulated trial."""

from __future__ import annotations

import numpy as np

from evenhand.experiments.validating.twins import Twins


def twins(
    n: int, *, gain: float, leaving: float = 0.0, gap: float = 0.0, attributes: int = 1, groups: int = 2
) -> Twins:  # fmt: skip
    """Return n populations whose profit rises by `gain`, where so many more leave and one group is served less."""
    rng = np.random.default_rng(3)
    today = np.stack([rng.normal(5, 1, n), rng.normal(0.05, 0.005, n), rng.normal(0.3, 0.02, n)], axis=1)
    policy = today + rng.normal(0, [0.2, 0.002, 0.002], (n, 3)) + [gain, leaving, leaving]
    rates = np.full((n, attributes, groups), 0.4)
    served = rates.copy()
    served[:, :, 0] -= gap
    return Twins(today, policy, rates, served, np.full(rates.shape, 100.0))
