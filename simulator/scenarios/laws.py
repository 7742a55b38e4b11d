"""From stated margins and correlations to a table of latent customers, as evenly spread as a sample can be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import beta, qmc

from evenhand.errors import ArtefactError
from evenhand.simulator.observed import overlap
from evenhand.simulator.scenarios.form import ColumnForm, World

__all__ = ["Latent", "affinities", "goods_shares", "latent"]

Floats = NDArray[np.float64]

POWER = 14  # 2**14 points of a Sobol sequence: margins to three digits
LEAST_REST = 0.02  # share of spend that no named category takes


class Latent(NamedTuple):
    """A table of customers as a world states them, affinities last but for the habits of opening."""

    values: Floats  # (N, D) log habits, columns, affinities, habits of opening
    scores: Floats  # (N, D) normal scores


def latent(world: World) -> Latent:
    """Return 2**POWER customers of a world; the same world gives the same."""
    names = world.names
    correlation = np.eye(len(names))
    for pair in world.correlations:
        i, j = (names.index(name) for name in pair.columns)
        correlation[i, j] = correlation[j, i] = pair.value
    try:
        root = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        raise ArtefactError("correlations contradict each other", where=world.title, mend="make them smaller") from None
    points = qmc.Sobol(len(names), seed=0).random_base2(POWER)
    scores = ndtri(np.clip(points, 1e-6, 1 - 1e-6)) @ root.T
    habits = [np.log(s.median) + s.sd * scores[:, k] for k, s in enumerate((world.rate, world.basket, world.basket_sd))]
    first = len(habits)
    said = (*world.columns, *world.opening.values())
    columns = [_quantiles(column, scores[:, first + k]) for k, column in enumerate(said)]
    static = np.column_stack(columns[: len(world.columns)])
    fit = affinities(world, static)
    fit_scores = ndtri((fit.argsort(0).argsort(0) + 0.5) / len(fit))
    cut = first + len(world.columns)
    values = np.column_stack([*habits, static, fit, *columns[len(world.columns) :]])
    return Latent(values, np.column_stack([scores[:, :cut], fit_scores, scores[:, cut:]]))


def _quantiles(column: ColumnForm, scores: Floats) -> Floats:
    if column.law == "number":
        return column.mean + column.sd * scores
    size = column.mean * (1 - column.mean) / column.sd**2 - 1
    if size <= 0:
        raise ArtefactError(f"no share has mean {column.mean} and sd {column.sd}", where=column.column)
    u = (np.argsort(np.argsort(scores)) + 0.5) / len(scores)
    return np.asarray(beta.ppf(u, column.mean * size, (1 - column.mean) * size))


def goods_shares(columns: tuple[str, ...], table: Floats, goods: dict[str, str]) -> Floats:
    """Return (N, K) shares of spend by category, of customers whose `columns` stand in `table` (N, S)."""
    named = [name for name in goods.values() if name]
    rest = np.maximum(1 - sum((table[:, columns.index(name)] for name in named), np.zeros(len(table))), LEAST_REST)
    others = max(sum(not name for name in goods.values()), 1)
    shares = [np.maximum(table[:, columns.index(name)], 0) if name else rest / others for name in goods.values()]
    together = np.column_stack(shares)
    return np.asarray(together / together.sum(1, keepdims=True))


def affinities(world: World, static: Floats) -> Floats:
    """Return (N, C - 1): overlap of category shares with each campaign's mix over its mean, as calibration has it."""
    columns = tuple(column.column for column in world.columns)
    shares = goods_shares(columns, static, world.goods)
    mixes = [np.array([campaign.mix.get(name, 0.0) for name in world.goods]) for campaign in world.campaigns]
    return np.column_stack([overlap(shares, mix) for mix in mixes])
