"""INVALID: is this the trial that was planned, and can its data be trusted?"""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.experiments.gate.evidence import Evidence
from evenhand.experiments.gate.orientation import oriented
from evenhand.experiments.trial.check import BALANCE, MISSING, SAMPLE_RATIO, SEQUENTIAL_SAMPLE_RATIO
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan
from evenhand.experiments.trial.sample_ratio import sequential_sample_ratio

__all__ = ["faults"]

SLACK = 1.01  # shares are rounded, and so are the units of a look


def faults(registered: RegisteredPlan, evidence: Evidence) -> tuple[str, ...]:
    """Return why the trial is invalid, one sentence each; nothing where it is valid."""
    plan = registered.plan
    return (
        *_identity(registered, evidence), *_completeness(plan, evidence), *_groups(plan, evidence),
        *_counts(plan, evidence), *_information(plan, evidence), *_integrity(plan, evidence),
    )  # fmt: skip


def _identity(registered: RegisteredPlan, evidence: Evidence) -> Iterator[str]:
    plan = registered.plan
    if evidence.plan_sha256 != registered.sha256:
        yield (
            f"The evidence was gathered under another plan ({evidence.plan_sha256[:12]}…) than this one "
            f"({registered.sha256[:12]}…)."
        )
    if evidence.arm not in plan.challengers:
        yield f"The plan has no challenger {evidence.arm!r}."
    elif evidence.policy_sha256 != plan.arm(evidence.arm).sha256:
        yield f"Units of {evidence.arm!r} did not get what was planned: its content hash differs."
    if evidence.origin == "live" and evidence.start < registered.registered.date():
        yield (f"Data start on {evidence.start}, before the plan was registered on {registered.registered:%Y-%m-%d}.")


def _completeness(plan: ExperimentPlan, evidence: Evidence) -> Iterator[str]:
    for name in plan.primary:
        if oriented(plan, evidence, name) is None:
            yield f"There is no result for the primary metric {name!r}."
    for guard in plan.guardrails:
        if oriented(plan, evidence, guard.metric, relative=guard.relative) is None:
            yield f"There is no result for the guardrail {guard.metric!r}{' as a lift' if guard.relative else ''}."
    for arm in (plan.control, evidence.arm):
        if not evidence.units.get(arm):
            yield f"No units of arm {arm!r} are in the data."


def _groups(plan: ExperimentPlan, evidence: Evidence) -> Iterator[str]:
    counted = {(counts.attribute, counts.criterion): counts for counts in evidence.fairness}
    for margin in plan.fairness:
        counts = counted.get((margin.attribute, margin.criterion))
        if counts is None:
            yield f"There are no counts of {margin.criterion} by {margin.attribute}."
            continue
        for group in margin.testable or ():
            if not all(group in arm and arm[group].n for arm in (counts.control, counts.treatment)):
                yield f"The testable group {group!r} of {margin.attribute} is missing from an arm."


def _counts(plan: ExperimentPlan, evidence: Evidence) -> Iterator[str]:
    """Hold the evidence's own numbers against each other: a check that says "ok" beside them proves nothing."""
    shares = {arm.name: arm.share for arm in plan.arms}
    for name in sorted(evidence.units.keys() - shares.keys()):
        yield f"The plan has no arm {name!r}, of which there are units."
    counts = {name: n for name, n in evidence.units.items() if name in shares}
    if evidence.origin == "live" and plan.cluster is None and len(counts) > 1:
        there = sum(shares[name] for name in counts)
        # The sequential test, since the gate may be asked at every look.
        check = sequential_sample_ratio([counts], {name: shares[name] / there for name in counts})
        if check.status == "failed":
            yield check.what
    for found in evidence.fairness:
        for arm, groups in ((plan.control, found.control), (evidence.arm, found.treatment)):
            grouped = sum(tally.n for tally in groups.values())
            if grouped > evidence.units.get(arm, 0):
                yield (f"Counts of {found.criterion} by {found.attribute} hold {grouped:,} units of {arm!r}, which has "
                       f"{evidence.units.get(arm, 0):,}.")  # fmt: skip


def _information(plan: ExperimentPlan, evidence: Evidence) -> Iterator[str]:
    """Hold the share of the information that is claimed against the units: bounds follow from it."""
    planned, there = plan.units_after(plan.weeks), sum(evidence.units.values())
    if evidence.origin == "live" and min(evidence.looks[-1], 1.0) * planned > SLACK * there:
        yield (f"The evidence claims {evidence.looks[-1]:.0%} of the planned information, by {there:,} of "
               f"{planned:,} planned units.")  # fmt: skip


def _integrity(plan: ExperimentPlan, evidence: Evidence) -> Iterator[str]:
    for check in evidence.integrity:
        if check.status == "failed":
            yield f"{check.what} {f'To do: {check.mend}.' if check.mend else ''}".strip()
    if evidence.origin != "live":
        return
    made = {check.name for check in evidence.integrity}
    told = {check.name for check in evidence.integrity if check.status != "not enough data"}
    if not told.intersection((SAMPLE_RATIO, SEQUENTIAL_SAMPLE_RATIO)):
        yield f"Nobody tested whether units are split as planned ({SAMPLE_RATIO})."
    if not any(name.startswith(MISSING) for name in told):
        yield f"Nobody counted what is missing in each arm ({MISSING})."
    if plan.covariates and BALANCE not in made:  # with few units it was asked for, and cannot tell
        yield f"Nobody tested whether the arms were alike by the plan's covariates ({BALANCE})."
