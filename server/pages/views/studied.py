"""How a policy learned and fared in simulation, from its signed manifest and from what its study told beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from evenhand.registry.policies import Evidence as Kept
from evenhand.registry.policies import Policy
from evenhand.server.pages.models.parts import Estimate, Evidence, Outcome
from evenhand.server.pages.models.policies import Curve, Rival
from evenhand.server.pages.places import address
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.evidence import estimate_from, experiment_id
from evenhand.server.pages.words import N_

__all__ = ["curves_of", "outcome_of", "piece_of", "rivals_of"]

STUDIED = "study of a policy"  # of `serving.studied`, whose import takes what is slow
_START = N_("seed %(n)s")
_STUDY = N_("Its study: learning curves, and other ways beside it")
_TRIAL = N_("Trial of %(start)s to %(until)s with %(n)s units")
_OTHER = N_("Evidence %(n)s")


def curves_of(policy: Policy, evidence: Sequence[Kept], say: Speech) -> tuple[Curve, ...]:
    """Return how every start learned; of a policy that came without its study, how the kept one did."""
    training = policy.manifest.get("training", {})
    own = {"seed": training.get("seed"), "chosen": training.get("checkpoint"), "points": training.get("curve", ())}
    starts = _studied(evidence).get("starts") or [own]
    return tuple(_curve(one, say) for one in starts if one["points"])


def _curve(start: Any, say: Speech) -> Curve:
    steps, values = zip(*((int(one["steps"]), float(one["profit"])) for one in start["points"]), strict=True)
    return Curve(name=say(_START) % {"n": start["seed"]}, steps=steps, values=values, kept=start["chosen"])


def rivals_of(evidence: Sequence[Kept]) -> tuple[Rival, ...]:
    """Return every way on unseen populations, the most profitable first; none where no study came along."""
    ways = _studied(evidence).get("ways", ())
    return tuple(sorted((_rival(one) for one in ways), key=lambda one: -one.profit.mean))


def _rival(way: Any) -> Rival:
    profit = way["profit"]
    limited = [gap for gap in way["gap"].values() if gap["tolerance"] is not None]
    gaps = limited or list(way["gap"].values())
    return Rival(
        name=way["label"], fair=way["feasible"], self=way["kind"] == "learned",
        profit=Estimate(source="simulated", mean=profit["mean"], low=profit["low"], high=profit["high"], n=profit["n"]),
        gap=max((gap["mean"] for gap in gaps), default=None),
    )  # fmt: skip


def outcome_of(policy: Policy) -> Outcome | None:
    """Return how much more than the best fair alternative it earned in its study, by its signed manifest."""
    comparison = policy.manifest.get("metrics", {}).get("comparison")
    found = estimate_from(comparison, source="simulated")
    if found is None:
        return None
    found = found.from_sample(comparison.get("n"), policy.uploaded_at)
    return Outcome(metric="profit", unit="money", better="high", estimates=(found,))


def piece_of(kept: Kept, say: Speech) -> Evidence:
    """Return a piece of evidence on a policy in a few words."""
    document: Any = kept.document if isinstance(kept.document, dict) else {}
    title, href = say(_OTHER) % {"n": kept.id}, ""
    if document.get("format") == STUDIED:
        title = say(_STUDY)
    elif "units" in document and "until" in document:
        days = [say.day(datetime.fromisoformat(document[name]).date()) for name in ("start", "until")]
        units = say.number(sum(document["units"].values()))
        title = say(_TRIAL) % {"start": days[0], "until": days[1], "n": units}
        href = address("experiment", id=experiment_id(document))
    return Evidence(source=kept.kind, title=title, at=kept.at, summary="", href=href)


def _studied(evidence: Sequence[Kept]) -> Any:
    found = [one.document for one in evidence if isinstance(one.document, dict)]
    return next((one for one in reversed(found) if one.get("format") == STUDIED), {})
