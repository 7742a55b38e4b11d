"""The verdict: what the evidence allows to say, in one plain sentence, also when learning did not help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from evenhand.customers import MIN_CUSTOMERS
from evenhand.experiments.report.evidence import Comparison, Gap, PolicyEvidence
from evenhand.experiments.report.figures import fixed, per_cent
from evenhand.experiments.report.model import Report

__all__ = ["Outcome", "judge", "outcome", "standing", "tightest_gap", "verdict_sentence"]

Outcome = Literal["helped", "unclear", "harmed", "unfair", "no rival", "not yet", "too little"]

NOT_YET = "No policy has been learned and compared yet"
NO_RIVAL = "No alternative is fair enough to compare profit with"


def judge(learned: PolicyEvidence | None, comparison: Comparison | None, *, customers: int) -> Outcome:
    """Return what the evidence says about the learned policy; fairness is asked before profit."""
    if learned is None:
        return "too little" if customers < MIN_CUSTOMERS else "not yet"
    if not learned.feasible:
        return "unfair"
    if comparison is None:
        return "no rival"
    if comparison.low > 0:
        return "helped"
    return "harmed" if comparison.high < 0 else "unclear"


def outcome(report: Report) -> Outcome:
    """Return what the evidence of `report` says about its learned policy."""
    return judge(report.learned_policy, report.comparison, customers=report.data.customers)


def standing(report: Report, policy: PolicyEvidence) -> str:
    """Return the word that stands beside one policy in a table; empty where there is nothing to say.

    Of several learned policies only the first is judged: it was chosen before the evidence was looked at.
    """
    if not policy.feasible:
        return "unfair"
    if report.learned_policy and policy.name == report.learned_policy.name:
        return {"helped": "best", "unclear": "no proof", "harmed": "worse"}.get(outcome(report), "")
    chosen = report.comparison is not None and policy.name == report.comparison.baseline
    return "best fair alternative" if chosen else ""


def tightest_gap(policy: PolicyEvidence) -> tuple[str, Gap] | None:
    """Return the constrained attribute whose mean gap uses most of its tolerance, with its gap."""
    limited = [(name, gap) for name, gap in policy.gap.items() if gap.tolerance is not None]
    return max(limited, key=lambda item: _used(item[1]), default=None)


def verdict_sentence(
    policies: Sequence[PolicyEvidence],
    comparison: Comparison | None,
    *,
    customers: int,
    labels: Mapping[str, str] | None = None,
    scenario: str = "",
) -> str:
    """Return the verdict sentence; `labels` name the protected attributes, `scenario` the dynamics that were met."""
    said = _sentence(policies, comparison, customers=customers, labels=labels)
    return f"On the dynamics of scenario {scenario}: {said[:1].lower()}{said[1:]}" if scenario else said


def _sentence(
    policies: Sequence[PolicyEvidence],
    comparison: Comparison | None,
    *,
    customers: int,
    labels: Mapping[str, str] | None,
) -> str:
    learned = next((policy for policy in policies if policy.kind == "learned"), None)
    result = judge(learned, comparison, customers=customers)
    if learned is None:
        why = f"There is too little to learn from ({customers:,} customers)" if result == "too little" else NOT_YET
        return f"{why}: keep the segmentation that runs."
    if result == "unfair":
        return f"Learning did not pass: {_unfair(learned, labels or {})}."
    if comparison is None:
        return f"{NO_RIVAL}: the learned policy alone kept within its limits{_fair(learned, labels or {})}."
    baseline = next(policy.label for policy in policies if policy.name == comparison.baseline)
    profit = f"{_profit(comparison)} than the best fair alternative ({baseline})"
    if result == "helped":
        return f"Learning helped in simulation: {profit}{_fair(learned, labels or {})}."
    tail = ", which chance alone can explain" if result == "unclear" else ""
    return f"Learning did not help: {profit}{tail}."


def _profit(comparison: Comparison) -> str:
    word = "more" if comparison.mean >= 0 else "less"
    if comparison.percent is None:
        return f"{fixed(abs(comparison.mean))} {word} profit per customer"
    return f"{per_cent(abs(comparison.percent) / 100)} {word} profit"


def _fair(learned: PolicyEvidence, labels: Mapping[str, str]) -> str:
    tightest = tightest_gap(learned)
    return f", with {_gap(*tightest, labels)}" if tightest else ""


def _unfair(learned: PolicyEvidence, labels: Mapping[str, str]) -> str:
    tightest = tightest_gap(learned)
    if tightest and _used(tightest[1]) > 1:
        return _gap(*tightest, labels)
    share = per_cent(learned.feasible_share, 0)
    return f"the learned policy kept within its limits in only {share} of the simulated populations"


def _gap(name: str, gap: Gap, labels: Mapping[str, str]) -> str:
    label = labels.get(name, name)
    word = label[:1].lower() + label[1:]
    return f"the {word} gap at {fixed(gap.mean)} where {fixed(gap.tolerance)} is allowed"


def _used(gap: Gap) -> float:
    if not gap.tolerance:
        return 2.0 * (gap.mean > 0)
    return gap.mean / gap.tolerance
