"""Who there is: a Gaussian copula of traits and features, and groups given them, without anybody's row
inside.

Every margin is a table of bin means (no bin holds fewer than five customers, so nobody's value is stored),
every dependence a correlation of normal scores. Whether demographics are known, and each protected attribute
given that, is a chain of multinomial logistic models on the scores: maximum likelihood makes the mean score
of each group match, so the dependence of spend and category habits on protected groups is reproduced also
where it is not monotone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

__all__ = [
    "Chain",
    "Copula",
    "aggregated",
    "consent_bits",
    "draw_chain",
    "draw_copula",
    "fit_chain",
    "fit_copula",
    "normal_scores",
]

Floats = NDArray[np.float64]

KNOTS = 33
TAIL = 0.01  # share of customers in the outermost bins: wider tails than the inner bins would show
SMALLEST_BIN = 5  # customers
PENALTY = 1.0  # inverse ridge strength of the chain (scikit-learn's C)


class Copula(NamedTuple):
    """D jointly distributed numbers per customer."""

    levels: Floats  # (K,) probabilities of the knots
    knots: Floats  # (D, K) mean of each bin
    correlation: Floats  # (D, D) of the normal scores, positive definite


class Chain(NamedTuple):
    """Known or not, then attribute by attribute given the scores and the attributes before it."""

    known: Floats  # (1 + D,) log-odds that demographics are known
    attributes: tuple[Floats, ...]  # P of (1 + D + earlier dummies, G + 1) log weights, the last column "unknown"
    consent: Floats  # (1 + D, channels) log-odds to consent


def normal_scores(x: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return scores (N, D) with ties broken at random, and with ties sharing their mean score."""
    from scipy.stats import rankdata  # slow to load; only where it is asked for

    n = len(x)
    broken = np.lexsort((rng.random(x.shape), x), axis=0)
    place = np.empty_like(broken)
    np.put_along_axis(place, broken, np.arange(n)[:, None], axis=0)
    score = ndtri((place + 0.5) / n)
    shared = np.empty_like(score)
    for j in range(x.shape[1]):
        group = (rankdata(x[:, j], method="dense") - 1).astype(np.intp)
        shared[:, j] = (np.bincount(group, score[:, j]) / np.bincount(group))[group]
    return score, shared


def aggregated(x: Floats) -> Floats:
    """Return values (N, D) in which each is the mean of the `SMALLEST_BIN` customers next to each other, by column.

    Univariate microaggregation: whatever is computed from it tells means of five customers at best, also when a
    bootstrap sample counts one of them several times. Source: Domingo-Ferrer and Mateo-Sanz, "Practical data-oriented
    microaggregation for statistical disclosure control", IEEE Transactions on Knowledge and Data Engineering 14 (2002).
    """
    n = len(x)
    group = np.minimum(np.arange(n) // SMALLEST_BIN, max(n // SMALLEST_BIN - 1, 0))  # the last may be larger
    order = np.argsort(x, axis=0, kind="stable")
    out = np.empty_like(x)
    for j in range(x.shape[1]):
        mean = np.bincount(group, x[order[:, j], j]) / np.bincount(group)
        out[order[:, j], j] = mean[group]
    return out


def fit_copula(x: Floats, shared: Floats) -> Copula:
    """Fit margins to values `x` (N, D) and the correlation to their tie-sharing scores."""
    n, d = x.shape
    bins = max(min(KNOTS, n // (SMALLEST_BIN + 1)), 1)  # one more than the smallest bin: cuts are rounded
    tail = min(max(TAIL, (SMALLEST_BIN + 1) / n), 1 / bins)
    edges = np.r_[0.0, np.linspace(tail, 1 - tail, bins - 1), 1.0] if bins > 1 else np.array([0.0, 1.0])
    cuts = np.round(edges * n).astype(np.intp)
    totals = np.vstack([np.zeros(d), np.cumsum(np.sort(x, axis=0), axis=0)])
    knots = (totals[cuts[1:]] - totals[cuts[:-1]]) / np.maximum(cuts[1:] - cuts[:-1], 1)[:, None]
    kept = np.maximum((shared**2).mean(0), 1e-6)  # share of a score's variance that ties leave
    covariance = shared.T @ shared / n
    correlation = covariance / np.outer(kept, kept)
    constant = kept < 0.05
    correlation[constant], correlation[:, constant] = 0.0, 0.0
    return Copula((edges[1:] + edges[:-1]) / 2, knots.T, _nearest(correlation))


def _nearest(correlation: Floats) -> Floats:
    """Return a positive definite correlation close to a symmetric matrix: clip eigenvalues, rescale."""
    c = np.clip(correlation, -0.98, 0.98)
    np.fill_diagonal(c, 1.0)
    values, vectors = np.linalg.eigh(c)
    c = (vectors * np.maximum(values, 1e-3)) @ vectors.T
    scale = np.sqrt(np.diag(c))
    return np.asarray(c / np.outer(scale, scale))


def draw_copula(model: Copula, cholesky: Floats, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return values (n, D) and their scores."""
    scores = rng.standard_normal((n, len(model.knots))) @ cholesky.T
    u = ndtr(scores)
    values = np.column_stack([np.interp(u[:, j], model.levels, knots) for j, knots in enumerate(model.knots)])
    return values, scores


def fit_chain(scores: Floats, codes: NDArray[np.int8], sizes: tuple[int, ...], consent: NDArray[np.bool_]) -> Chain:
    """Fit the chain; `codes` (N, P) are group positions, -1 unknown, `sizes` the number of groups of each, `consent`
    (N, channels).
    """
    n = len(scores)
    ones = np.column_stack([np.ones(n), scores])
    known = np.asarray((codes >= 0).any(axis=1), dtype=np.bool_)
    design, attributes = ones, []
    for p, groups in enumerate(sizes):
        labels = np.where(codes[:, p] < 0, groups, codes[:, p])
        attributes.append(_multinomial(design[known], labels[known], groups + 1))
        design = np.column_stack([design, np.eye(groups + 1)[labels]])
    by_channel = [_binary(ones, consent[:, 0])]
    for k in range(1, consent.shape[1]):
        same = np.array_equal(consent[:, k], consent[:, k - 1])
        by_channel.append(by_channel[-1] if same else _binary(ones, consent[:, k]))
    return Chain(_binary(ones, known), tuple(attributes), np.column_stack(by_channel))


def _binary(design: Floats, yes: NDArray[np.bool_]) -> Floats:
    weights = _multinomial(design, yes.astype(np.int64), 2)
    return np.asarray(weights[:, 1] - weights[:, 0])


def _multinomial(design: Floats, labels: NDArray[np.integer], classes: int) -> Floats:
    """Return log weights (columns of `design`, classes); classes that nobody is in get weight exp(-30)."""
    from sklearn.linear_model import LogisticRegression  # slow to load; only where it is asked for

    weights = np.zeros((design.shape[1], classes))
    present = np.unique(labels)
    weights[0] = -30.0
    if len(present) == 0:
        weights[0, -1] = 0.0
    elif len(present) == 1:
        weights[0, present] = 0.0
    else:
        fit = LogisticRegression(C=PENALTY, tol=1e-5, max_iter=500).fit(design[:, 1:], labels)
        coefficients = np.column_stack([fit.intercept_, fit.coef_]).T
        if len(present) == 2:
            coefficients = np.column_stack([np.zeros(len(coefficients)), coefficients[:, 0]])
        weights[:, present] = coefficients
    return weights


def draw_chain(model: Chain, scores: Floats, rng: np.random.Generator) -> tuple[NDArray[np.int8], NDArray[np.uint8]]:
    """Return groups (n, P), -1 unknown, and consent (n,), one bit per channel.

    One draw decides for all channels: who consents to the one that fewest do consents to the others too.
    """
    n = len(scores)
    luck = rng.random((n, 2 + len(model.attributes)))
    design = np.column_stack([np.ones(n), scores])
    known = luck[:, 0] < 1 / (1 + np.exp(-design @ model.known))
    consent = luck[:, 1, None] < 1 / (1 + np.exp(-design @ model.consent))
    groups = np.full((n, len(model.attributes)), -1, np.int8)
    for p, weights in enumerate(model.attributes):
        logits = design @ weights
        chance = np.exp(logits - logits.max(1, keepdims=True))
        edges = np.cumsum(chance, axis=1)
        label = (luck[:, 2 + p, None] * edges[:, -1:] > edges[:, :-1]).sum(1)
        unknown = weights.shape[1] - 1
        groups[:, p] = np.where(known & (label < unknown), label, -1)
        design = np.column_stack([design, np.eye(weights.shape[1])[label]])
    return groups, consent_bits(consent)


def consent_bits(consent: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return consent (n, channels) as one bit per channel, (n,)."""
    return np.packbits(consent, axis=1, bitorder="little")[:, 0]
