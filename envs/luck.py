"""What the draw of the exploration share does to the sums of a period: the luck that the shield keeps a distance for.

In every period each customer gets, in a share e of the cases, a campaign drawn among C at random instead of their
segment's. With w_iq the weight of customer i in the constrained sum q, d_qc the dose of campaign c, m_q its mean over
campaigns and s the segment's campaign, the sums have the covariance

    Cov_qr = sum_i w_iq w_ir (e (1 - e) (d_qs - m_q) (d_rs - m_r) + e cov_c(d_q, d_r))

over the draws. With a share p of campaigns that are beneficial, and no segment that gets one, the difference between
the rates of two groups of n members each has the standard deviation sqrt(2 e p (1 - e p) / n).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.period import Sums
from evenhand.simulator.types import FloatArray

__all__ = ["covariance_of", "draw_covariance"]


def draw_covariance(weights: FloatArray, doses: FloatArray, campaign: NDArray[np.integer], explore: float) -> Sums:
    """Return the covariance of the Q constrained sums of a period over the draws of exploration, (E, Q, Q).

    `weights` (E, N, Q) are zero for who cannot be contacted, `doses` (E, Q, C), `campaign` (E, N) the segment's.
    """
    parts = (weights * (campaign == c)[:, :, None] for c in range(doses.shape[2]))
    return covariance_of([part.transpose(0, 2, 1) @ weights for part in parts], doses, explore)


def covariance_of(pairs: Sequence[FloatArray | Sums], doses: FloatArray, explore: float) -> Sums:
    """Return the same from sum_i w_iq w_ir over whose segment has each campaign, (E, Q, Q) each."""
    n_campaigns = doses.shape[2]
    away = doses - doses.mean(axis=2, keepdims=True, dtype=np.float64)
    drawn = explore / n_campaigns * (away @ away.transpose(0, 2, 1))
    total = np.zeros_like(drawn)
    for c in range(n_campaigns):
        total += pairs[c] * (explore * (1.0 - explore) * away[:, :, None, c] * away[:, None, :, c] + drawn)
    return np.asarray(total, np.float64)
