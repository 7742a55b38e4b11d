"""The adversarial proxy: a feature that looks harmless and encodes a protected group.

Customers are drawn, members of the group get a higher score, and the joint law of score, behaviour and group is learned
from them as calibration would learn it from a table. So the score alone tells members from others with the stated AUC,
it goes with behaviour exactly as far as the group does, and the group keeps its size and its other differences.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, ndtri, softmax
from scipy.stats import rankdata

from evenhand.customers import Customers, FeatureSpec
from evenhand.errors import DataError
from evenhand.segments import Catalogue, Feature
from evenhand.simulator.content import Content, Replicate, rounded_row, rounded_rows
from evenhand.simulator.copula import draw_chain, draw_copula, fit_copula
from evenhand.simulator.drawing import parts_of
from evenhand.simulator.observed import HABITS
from evenhand.simulator.scenarios.membership import chain_weights
from evenhand.simulator.scenarios.numbers import stated

__all__ = ["AUC", "COLUMN", "FEATURE", "adversarial_proxy", "target_group", "with_proxy", "without_proxy"]

Floats = NDArray[np.float64]

AUC = 0.9
COLUMN = "style_score"
FEATURE = Feature(name=COLUMN, label="style score", decimals=1)
_SAMPLE = 1 << 14
_STEPS = 6
_DAMPING = 0.55  # members are pulled apart nearly twice as fast as their mean
_NOBODY = -30.0  # log weight of classes that nobody is in


def adversarial_proxy(content: Content, auc: float = AUC) -> Content:
    """Return a simulator with one more static feature that tells `target_group` from the others with this AUC."""
    attribute, group = _position(content)
    name = f"{content.attributes[attribute].name} = {content.attributes[attribute].groups[group].name}"
    why = f"the feature {COLUMN} tells {name} from the others with this area under the ROC curve"
    noted = content.model_copy(
        update={
            "parameters": (*content.parameters, stated("proxy_auc", auc, why)),
            "notes": (*content.notes, f"Scenario adversarial_proxy: the feature {COLUMN} encodes {name}."),
        }
    )
    if COLUMN in content.static_features:
        return noted  # calibrated on a table that has it
    if content.explaining is not None:
        raise DataError(
            "responses were calibrated on a randomised log",
            rule="they depend on the features of the table",
            mend="add the feature to the table (with_proxy, or `evenhand calibrate --scenario`) and calibrate again",
        )
    at = len(HABITS) + len(content.static_features)
    fits = {id(r): _with_score(r, at, attribute, group, auc) for r in (content.point, *content.replicates)}
    features = (*content.catalogue.features, FEATURE)
    return noted.model_copy(
        update={
            "catalogue": Catalogue(features, content.catalogue.campaigns, content.catalogue.protected),
            "static_features": (*content.static_features, COLUMN),
            "centre": (*content.centre, 0.0),
            "scale": (*content.scale, 1.0),
            "point": fits[id(content.point)],
            "replicates": tuple(fits[id(r)] for r in content.replicates),
        }
    )


def target_group(content: Content) -> tuple[str, str]:
    """Return (attribute, group) that the proxy encodes: the first group of the first attribute with two large ones."""
    attribute, group = _position(content)
    return content.attributes[attribute].name, content.attributes[attribute].groups[group].name


def _position(content: Content) -> tuple[int, int]:
    for p, attribute in enumerate(content.attributes):
        large = [k for k, g in enumerate(attribute.groups) if g.constrained]
        if len(large) > 1:
            return p, large[0]
    raise _nothing_to_encode()


def _nothing_to_encode() -> DataError:
    return DataError("no protected attribute has two large groups", mend="there is nothing that a proxy could encode")


def _with_score(r: Replicate, at: int, attribute: int, group: int, auc: float) -> Replicate:
    """Return a replicate with one more column at position `at`, learned from customers who were given the score."""
    parts, rng = parts_of(r), np.random.default_rng(0)
    _, scores = draw_copula(parts.copula, parts.cholesky, _SAMPLE, rng)
    groups, _ = draw_chain(parts.chain, scores, rng)
    score = _score(groups[:, attribute] == group, auc, rng)
    normal = ndtri((rankdata(score) - 0.5) / _SAMPLE)
    margin = fit_copula(score[:, None], normal[:, None])
    together = np.corrcoef(np.column_stack([normal, scores]).T)[0, 1:]
    correlation = np.insert(
        np.insert(np.array(r.correlation), at, together, axis=0), at, np.insert(together, at, 1.0), 1
    )
    chains = [np.insert(np.array(weights), 1 + at, 0.0, axis=0) for weights in r.attributes]
    known = np.insert(np.array(r.known), 1 + at, 0.0)
    told = (groups >= 0).any(axis=1)  # of the others no group is known, whatever it is
    seen = _Seen(np.insert(scores, at, normal, axis=1)[told], groups[told, attribute], at)
    drawn = _of_known(np.linalg.cholesky(correlation), known)
    chains[attribute] = _learned(chains, seen, drawn, attribute, group, auc)
    knots = np.interp(np.array(r.levels), margin.levels, margin.knots[0])
    slopes = [*r.redemption_slopes[:-1], 0.0, r.redemption_slopes[-1]]
    return r.model_copy(
        update={
            "knots": (*r.knots[:at], rounded_row(knots), *r.knots[at:]),
            "correlation": rounded_rows(correlation),
            "known": tuple(known.tolist()),
            "consent": rounded_rows(np.insert(np.array(r.consent), 1 + at, 0.0, axis=0)),
            "attributes": tuple(rounded_rows(weights) for weights in chains),
            "redemption_slopes": tuple(slopes),
        }
    )


class _Seen(NamedTuple):
    """Customers who were given the score and of whom some group is known."""

    scores: Floats  # (N, D) normal scores, the new one in column `at`
    groups: NDArray[np.int8]  # (N,) of the attribute, -1 unknown
    at: int


def _of_known(root: Floats, known: Floats) -> Floats:
    """Return scores (M, D) that populations draw for customers of whom some group is known."""
    rng = np.random.default_rng(1)
    drawn = rng.standard_normal((_SAMPLE, len(root))) @ root.T
    return np.asarray(drawn[rng.random(_SAMPLE) < expit(known[0] + drawn @ known[1:])])


def _learned(chains: list[Floats], seen: _Seen, drawn: Floats, attribute: int, group: int, auc: float) -> Floats:
    """Return weights of a chain under which classes have their sizes and mean scores, and the new score its AUC.

    The score's own means are stretched until what populations draw has the AUC: a copula makes normal what was not.
    """
    weights, d = chains[attribute], seen.scores.shape[1]
    label = np.where(seen.groups < 0, weights.shape[1] - 1, seen.groups)
    there = np.unique(label)
    offset = _earlier(drawn, chains, attribute)[:, there]
    shares = [float(np.mean(label == k)) for k in there]
    means = np.stack([seen.scores[label == k].mean(0) for k in there])
    found, stretch = None, 1.0
    for _ in range(_STEPS):
        aim = means.copy()
        aim[:, seen.at] *= stretch
        found = chain_weights(drawn, shares, aim, offset=offset, start=found)
        chance = softmax(np.column_stack([np.ones(len(drawn)), drawn]) @ found + offset, axis=1)
        known = chance[:, there < weights.shape[1] - 1].sum(1)
        reached = _auc(drawn[:, seen.at], chance[:, list(there).index(group)], known)
        stretch *= float(ndtri(auc) / ndtri(reached)) ** _DAMPING
    new = weights.copy()
    new[0], new[1 : 1 + d] = _NOBODY, 0.0
    new[: 1 + d, there] = found
    return new


def _earlier(scores: Floats, chains: list[Floats], attribute: int) -> Floats:
    """Return what attributes before this one, drawn, add to its log weights, (N, classes)."""
    rng = np.random.default_rng(2)
    design = np.column_stack([np.ones(len(scores)), scores])
    for weights in chains[:attribute]:
        edges = np.cumsum(softmax(design @ weights, axis=1), axis=1)
        label = np.minimum((rng.random((len(scores), 1)) > edges).sum(1), weights.shape[1] - 1)
        design = np.column_stack([design, np.eye(weights.shape[1])[label]])
    first = 1 + scores.shape[1]
    return np.asarray(design[:, first:] @ chains[attribute][first:])


def _auc(score: Floats, member: Floats, known: Floats) -> float:
    """Return the chance that a member has a higher score than another known one, when membership is a chance."""
    order = np.argsort(score)
    yes, no = member[order], (known - member)[order]
    return float((yes * (np.cumsum(no) - no / 2)).sum() / (yes.sum() * no.sum()))


def _score(member: NDArray[np.bool_], auc: float, rng: np.random.Generator) -> Floats:
    """Return a score that tells members (N,) from others with this AUC: normal laws apart by sqrt(2) ndtri(AUC)."""
    return np.asarray(np.sqrt(2) * ndtri(auc) * member + rng.standard_normal(len(member)))


def with_proxy(customers: Customers, auc: float = AUC, *, seed: int = 0) -> Customers:
    """Return a table with the column `style_score` that tells a group from the others with this AUC.

    Who is in no known group is scored like the others. DataError where no attribute has two large groups.
    """
    plain = without_proxy(customers)
    attribute = next((a for a in plain.protected if sum(g.constrained for g in a.known) > 1), None)
    if attribute is None:
        raise _nothing_to_encode()
    group = next(g.name for g in attribute.known if g.constrained)
    member = (plain.frame[attribute.name] == group).to_numpy()
    score = _score(member, auc, np.random.default_rng([seed, 0xADE]))
    schema = plain.schema.model_copy(update={"features": (*plain.schema.features, _SPEC)})
    frame = plain.frame.assign(**{COLUMN: pd.Series(np.round(score, 3), index=plain.frame.index)})
    return replace(plain, frame=frame, schema=schema)


def without_proxy(customers: Customers) -> Customers:
    """Return a table without the column that `with_proxy` adds; the same table where there is none."""
    if _SPEC not in customers.schema.features:
        return customers
    features = tuple(spec for spec in customers.schema.features if spec != _SPEC)
    schema = customers.schema.model_copy(update={"features": features})
    return replace(customers, frame=customers.frame.drop(columns=COLUMN), schema=schema)


_SPEC = FeatureSpec(column=COLUMN, label=FEATURE.label, decimals=FEATURE.decimals)
