"""Policies: uploaded signed, promoted by the gate alone, one of them the champion of a segmentation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, UploadFile
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.errors import DataError
from evenhand.registry import policies
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.schemas.base import After, Limit, Page
from evenhand.server.schemas.policies import (
    SLUG,
    Crowned,
    Decided,
    DecisionDetails,
    DecisionId,
    DecisionShown,
    EvidenceShown,
    NewTrial,
    PolicyDetails,
    PolicyId,
    PolicyShown,
    TrialShown,
)
from evenhand.server.schemas.segmentations import SegmentationName
from evenhand.server.writing import Done, Write, respond, writes

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["policies"])
Reader = Annotated[Caller, require("policies:read")]
Behind = Annotated[int, Query(ge=0, lt=2**63, description="Only later ones, from `next` of the page before.")]
Uploading = Annotated[Write, writes("policies:upload")]
Promoting = Annotated[Write, writes("policies:promote")]


@router.get("/policies", response_model=Page[PolicyShown], summary="List policies")
def list_all(caller: Reader, deps: DepsOf, after: After = "", limit: Limit = 100) -> Response:
    """List policies by id."""
    with deps.database.reading() as connection:
        found = policies.every(connection, after=after, limit=limit + 1)
    shown = [PolicyShown.of(policy) for policy in found[:limit]]
    return respond(Done(Page[PolicyShown](items=shown, next=shown[-1].id if len(found) > limit else None)))


@router.post("/policies", response_model=PolicyShown, status_code=201, summary="Upload a policy")
def upload(
    id: Annotated[str, Form(pattern=SLUG, max_length=60)],
    files: Annotated[list[UploadFile], File(description="All files of `evenhand export`, under their names.")],
    write: Uploading,
) -> Response:
    """Keep an exported policy whose signer this server trusts; the same one again changes nothing."""
    from evenhand.server.serving.uploading import trusted_keys, verified

    sent = {str(file.filename): file.file.read() for file in files}
    opened = verified(sent, trusted_keys(write.deps.settings.data_dir))

    def command(connection: Connection, now: datetime) -> Done:
        policy = policies.upload(
            connection, id, manifest=opened.manifest.model_dump(mode="json"), graph=opened.files["policy.onnx"],
            files=opened.manifest.files, actor=write.actor, now=now,
        )  # fmt: skip
        return Done(PolicyShown.of(policy), 201, location=f"/v1/policies/{policy.id}")

    return write.once(command)


@router.get("/policies/{id}", response_model=PolicyDetails, summary="Read a policy")
def read(id: PolicyId, caller: Reader, deps: DepsOf) -> Response:
    """Show a policy with its manifest: what it sees, what it was made from, how it fared."""
    with deps.database.reading() as connection:
        policy = policies.get(connection, id)
    return respond(Done(PolicyDetails.model_validate(policy._asdict())))


@router.get("/policies/{id}/evidence", response_model=Page[EvidenceShown], summary="Read what speaks for a policy")
def evidence(id: PolicyId, caller: Reader, deps: DepsOf) -> Response:
    """Show the evidence on a policy, the oldest first; each says whether it is simulated, logged or live."""
    with deps.database.reading() as connection:
        found = policies.evidence_of(connection, "policy", policies.get(connection, id).id)
    return respond(Done(Page[EvidenceShown](items=[EvidenceShown.of(one) for one in found], next=None)))


@router.get("/policies/{id}/decisions", response_model=Page[DecisionShown], summary="List what the gate decided")
def decisions(id: PolicyId, caller: Reader, deps: DepsOf, after: Behind = 0, limit: Limit = 100) -> Response:
    """List the gate's decisions on a policy, the oldest first."""
    with deps.database.reading() as connection:
        found = policies.decisions_on(connection, id, after=after, limit=limit + 1)
    shown = [DecisionShown.of(one) for one in found[:limit]]
    return respond(Done(Page[DecisionShown](items=shown, next=str(shown[-1].id) if len(found) > limit else None)))


@router.get("/policies/{id}/decisions/{number}", response_model=DecisionDetails, summary="Read a decision record")
def decision(id: PolicyId, number: DecisionId, caller: Reader, deps: DepsOf) -> Response:
    """Show one decision with its record: plan, evidence, every check and its result, and the hash of all of it."""
    with deps.database.reading() as connection:
        return respond(Done(DecisionDetails.of(policies.decision(connection, id, number))))


@router.post("/policies/{id}/trials", response_model=TrialShown, status_code=201, summary="Register a trial's plan")
def register(id: PolicyId, body: NewTrial, write: Promoting) -> Response:
    """Register the plan of a trial of this policy before its data are gathered; the same plan again changes nothing.

    The time is the server's, in its audit log, whatever the document says.
    """
    from evenhand.experiments.trial.register import registered_from
    from evenhand.server.serving.registering import register_plan

    plan = registered_from(body.plan, where="plan").plan

    def command(connection: Connection, now: datetime) -> Done:
        return Done(TrialShown.of(register_plan(connection, id, plan, actor=write.actor, now=now)), 201)

    return write.once(command)


@router.post("/policies/{id}/decisions", response_model=PolicyShown, status_code=201, summary="Ask the gate")
def decide(id: PolicyId, body: Decided, write: Promoting) -> Response:
    """Let the promotion gate decide on a registered plan and its evidence; both are kept whatever it says.

    The gate runs here, on the very documents: a decision is not taken on a caller's word, only the counts are.
    Simulated evidence makes a policy *validated*, only live evidence *proven*; harm makes it a candidate again.
    """
    from evenhand.experiments.gate import Evidence, gate  # only here, as seldom as it is asked
    from evenhand.experiments.trial.register import RegisteredPlan, registered_from

    told, found = registered_from(body.plan, where="plan"), Evidence.from_dict(body.evidence)
    if found.sha256 != body.evidence_sha256:
        raise DataError(
            f"the evidence has the hash {found.sha256[:12]}…, not {body.evidence_sha256[:12]}…",
            where="evidence_sha256", rule="what is sent is what was found", mend="send the evidence as it was written",
        )  # fmt: skip

    def command(connection: Connection, now: datetime) -> Done:
        here = policies.registered_trial(connection, id, told.sha256)
        record = gate(RegisteredPlan(told.plan, told.sha256, here.at), found, now=now).model_dump(mode="json")
        policy = policies.decide(connection, id, record, actor=write.actor, now=now)
        document = found.model_dump(mode="json")
        policies.attach(connection, "policy", id, found.origin, document, now=now)
        return Done(PolicyShown.of(policy), 201)

    return write.once(command)


@router.put("/segmentations/{name}/champion", response_model=PolicyShown, summary="Choose the champion")
def crown(name: SegmentationName, body: Crowned, write: Promoting) -> Response:
    """Let a validated or proven policy advise on a segmentation; every worker follows within half a second."""

    def command(connection: Connection, now: datetime) -> Done:
        return Done(PolicyShown.of(policies.crown(connection, name, body.policy, actor=write.actor, now=now)))

    return write.once(command)
