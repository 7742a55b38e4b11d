"""Experiments, filled from the decision records that are kept: each holds its plan and the evidence of one look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection

from evenhand.errors import DataError, EvenhandError, MissingError
from evenhand.registry import policies
from evenhand.segments import canonical_json
from evenhand.server.auth import Caller
from evenhand.server.pages.models import ExperimentPage, ExperimentsPage, PlanPage
from evenhand.server.pages.models.experiments import Check, ExperimentRow, Look, Path, Progress, RegisteredRow
from evenhand.server.pages.models.parts import Estimate, Outcome, Unit
from evenhand.server.pages.sentences import told as said
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.evidence import experiment_id, gate_from
from evenhand.server.pages.views.people import People
from evenhand.server.pages.views.plans import needs_facts, plan_facts
from evenhand.server.serving.registering import MOST_BYTES

if TYPE_CHECKING:
    from evenhand.experiments.gate import DecisionRecord
    from evenhand.experiments.report.ab import Told
    from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["experiment_page", "experiments_page", "plan_page", "report_of"]

MOST_POLICIES = 200  # to choose from
LEVEL = 0.05  # error rate of the intervals that pages show, at all looks together


class _Trial(NamedTuple):
    """One challenger's trial: the policy on trial, and the record of each look, the last one last."""

    policy: str
    looks: tuple[DecisionRecord, ...]

    @property
    def id(self) -> str:
        return experiment_id(self.now.evidence.model_dump(mode="json"))

    @property
    def now(self) -> DecisionRecord:
        return self.looks[-1]

    @property
    def progress(self) -> Progress:
        decided = self.now.decision.verdict in ("SHIP", "STOP")
        return "ended" if decided or self.now.evidence.final or self.now.evidence.looks[-1] >= 1 else "running"

    @property
    def told(self) -> Told:
        """The trial as reports tell it; a look that does not lie on the way to the last one is left out."""
        from evenhand.experiments.report.ab import told
        from evenhand.experiments.trial.register import RegisteredPlan

        now = self.now
        on_the_way = [one.evidence for one in self.looks if _leads_to(one, now)]
        return told(RegisteredPlan(now.plan, now.plan_sha256, now.registered), on_the_way)


def _leads_to(one: DecisionRecord, now: DecisionRecord) -> bool:
    return one is now or one.evidence.looks == now.evidence.looks[: len(one.evidence.looks)] != now.evidence.looks


def _trials(connection: Connection) -> list[_Trial]:
    """Return every trial, the one that was looked at last first; what is no whole record is left out."""
    from evenhand.experiments.gate import DecisionRecord

    found: dict[str, _Trial] = {}
    for one in policies.every_decision(connection):
        try:
            record = DecisionRecord.model_validate(one.document)
        except ValidationError:
            continue
        id = experiment_id(one.document["evidence"])
        earlier = found.pop(id).looks if id in found else ()
        found[id] = _Trial(one.policy, (*earlier, record))
    return list(reversed(found.values()))


def _trial(connection: Connection, id: str) -> _Trial:
    found = next((one for one in _trials(connection) if one.id == id), None)
    if found is None:
        raise MissingError(f"there is no experiment {id!r}", mend="choose one of the list")
    return found


def experiments_page(connection: Connection, caller: Caller | None = None) -> ExperimentsPage:
    """Return all experiments, and the plans that nobody has looked at data of."""
    trials, people = _trials(connection), People.of(connection)
    begun = {trial.now.plan_sha256 for trial in trials}
    waiting = [(id, one) for id, one in policies.registered_trials(connection) if one.plan_sha256 not in begun]
    return ExperimentsPage(
        rows=tuple(_row(one) for one in trials), may_register=caller is not None and caller.may("policies:promote"),
        plans=tuple(
            RegisteredRow(policy=id, plan_hash=one.plan_sha256, at=one.at, by=people.person(one.by))
            for id, one in waiting
        ),
    )  # fmt: skip


def _row(trial: _Trial) -> ExperimentRow:
    plan, evidence = trial.now.plan, trial.now.evidence
    return ExperimentRow(
        id=trial.id, title=plan.name, source=evidence.origin, progress=trial.progress, starts=evidence.start,
        ends=evidence.until, units=sum(evidence.units.values()), information=min(evidence.looks[-1], 1.0),
        decision=trial.now.decision.verdict,
    )  # fmt: skip


def plan_page(
    connection: Connection, *, key: str, policy: str = "", read: ExperimentPlan | None = None,
    error: EvenhandError | None = None, say: Speech | None = None,
) -> PlanPage:  # fmt: skip
    """Return the page on which a plan is registered: to choose one, to confirm the one that was `read`, or an error.

    DataError where no arm of the plan is the chosen policy, or none was chosen and no policy here is one of them.
    """
    found = {one.id: one.sha256 for one in policies.every(connection, limit=MOST_POLICIES)}
    empty = PlanPage(policies=tuple(found), policy=policy if policy in found else "", most_bytes=MOST_BYTES)
    if error is not None:
        where = f"{error.where}: " if error.where else ""
        rule = f" ({error.rule})" if error.rule else ""
        return replace(empty, error=f"{where}{error.what}{rule}", mend=error.mend or "")
    if read is None or say is None:
        return empty
    arms = {arm.sha256 for arm in read.arms}
    mine = [id for id, sha256 in found.items() if sha256 in arms and policy in ("", id)]
    if not mine:
        which = "this policy" if policy else "a policy of this server"
        wrong = DataError(f"no arm of the plan is {which}",
                          where="plan, arms", rule="an arm's sha256 is that of the policy on trial",
                          mend="copy it from the policy's page, and send the plan again")  # fmt: skip
        return plan_page(connection, key=key, policy=policy, error=wrong)
    known = [
        one.at for id, one in policies.registered_trials(connection) if (id, one.plan_sha256) == (mine[0], read.sha256)
    ]
    return replace(
        empty, policy=mine[0], title=read.name, hypothesis=read.hypothesis, plan_hash=read.sha256, key=key,
        plan=(*plan_facts(read, None, say), *needs_facts(read, say)),
        content=canonical_json(read.model_dump(mode="json")),
        known=known[0] if known else None,
    )  # fmt: skip


def experiment_page(connection: Connection, id: str, say: Speech) -> ExperimentPage:
    """Return one experiment; MissingError when there is none."""
    trial = _trial(connection, id)
    plan, evidence, decision, told = trial.now.plan, trial.now.evidence, trial.now.decision, trial.told
    gate = gate_from(trial.now.model_dump(mode="json"), trial.now.decided, say)
    return ExperimentPage(
        id=id, title=plan.name, source=evidence.origin, progress=trial.progress, hypothesis=plan.hypothesis,
        policy=trial.policy, plan=tuple(plan_facts(plan, trial.now.registered, say)), plan_hash=trial.now.plan_sha256,
        paths=tuple(_path(told, name) for name in plan.primary if told.result(name) is not None),
        outcomes=tuple(_outcomes(told)),
        checks=tuple(
            Check(name=said(one.name, say), status=one.status, said=said(one.what, say)) for one in evidence.integrity
        ),
        untestable=tuple(said(one, say) for one in decision.untested),
        gate=replace(gate, href=""),  # this is the trial behind it
    )  # fmt: skip


def report_of(connection: Connection, id: str) -> str:
    """Return the whole report of an experiment as a page of its own; MissingError when there is no such experiment."""
    from evenhand.experiments.report.ab import render_ab

    return render_ab(_trial(connection, id).told)


def _path(told: Told, metric: str) -> Path:
    from evenhand.experiments.report.ab.boundary import course_of

    course = course_of(told, metric)
    z = dict(course.path)
    rows: Sequence[tuple[float, float, float]] = list(zip(course.shares, course.upper, course.lower, strict=True))
    return Path(metric=metric, looks=tuple(
        Look(information=share, z=z.get(share), upper=upper, lower=lower) for share, upper, lower in rows
    ))  # fmt: skip


def _outcomes(told: Told) -> Iterator[Outcome]:
    """Give the effect on each primary metric and guardrail, with an interval that holds at all looks together."""
    from evenhand.experiments.gate.gains import ends
    from evenhand.experiments.sequential import critical_value
    from evenhand.experiments.trial.parts import ProportionMetric

    plan, now = told.plan, told.now
    reach = critical_value(plan.monitoring, now.looks, alpha=LEVEL, final=ends(plan, now))
    for name in (*plan.primary, *(guard.metric for guard in plan.guardrails)):
        result, metric = told.result(name), plan.metric(name)
        if result is None or reach == float("inf"):
            continue
        value, half = result.difference.value, reach * result.difference.se
        unit: Unit = "share" if isinstance(metric, ProportionMetric) else "points"
        estimate = Estimate(source=now.origin, mean=value, low=value - half, high=value + half,
                            n=sum(now.units.values()))  # fmt: skip
        yield Outcome(
            metric=name, unit=unit, better="high" if metric.direction == "up" else "low", estimates=(estimate,)
        )
