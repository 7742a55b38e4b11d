"""From a described table to a study's folder: customers, and the segmentation that could run first."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator

from evenhand.customers import MIN_GROUP, Customers, Schema, read_customers, rfm_segmentation
from evenhand.errors import DataError
from evenhand.registry.texts import KEY
from evenhand.segments import Segment, Segmentation
from evenhand.server.arriving.describing import schema_of
from evenhand.server.arriving.folder import NOTICED, Arrival
from evenhand.server.arriving.looked import Answers, Noticed
from evenhand.server.arriving.reading import check_texts, read_arrived

__all__ = ["divide", "first_segmentation", "notice"]


def divide(arrival: Arrival, answers: Answers) -> None:
    """Write the study's folder; EvenhandError says what does not fit, and then there is none."""
    shutil.rmtree(arrival.study, ignore_errors=True)
    schema = schema_of(arrival.look, answers)
    _check(arrival, schema)
    customers = read_customers(arrival.table, schema=schema)
    _check_keys(arrival, customers)
    arrival.study.mkdir()
    customers.save(arrival.study / "customers")
    (arrival.study / "today.json").write_text(first_segmentation(customers).to_json(), encoding="utf-8")
    noticed = [one.model_dump(mode="json") for one in notice(customers)]
    (arrival.folder / NOTICED).write_text(json.dumps(noticed), encoding="utf-8")


def first_segmentation(customers: Customers) -> Segmentation:
    """Return the customary segments of recency, frequency and money; everyone in one without a role or a campaign."""
    if customers.schema.campaigns and any(map(customers.role, ("recency", "frequency", "monetary"))):  # type: ignore[arg-type]  # roles
        return rfm_segmentation(customers)
    default = Segment(id="everyone", name="Everyone", campaign="none")
    return Segmentation(catalogue=customers.catalogue, segments=(), default=default)


def notice(customers: Customers) -> Iterator[Noticed]:
    """Return what a person should know before it begins, the gravest first."""
    schema = customers.schema
    if not customers.enough.ok:
        yield Noticed(code="few", n=customers.n)
    if not schema.campaigns:
        yield Noticed(code="no_campaigns")
    if not any(map(customers.role, ("recency", "frequency", "monetary"))):  # type: ignore[arg-type]  # roles
        yield Noticed(code="no_roles")
    if not schema.protected:
        yield Noticed(code="no_protected")
    if not schema.consent_columns:
        yield Noticed(code="everyone_consents", n=customers.n)
    small = [
        f"{attribute.label} {group.name}"
        for attribute in customers.protected
        for group in attribute.known
        if not group.constrained
    ]
    if small:
        yield Noticed(code="small_groups", names=tuple(small[:10]), n=MIN_GROUP)


def _check(arrival: Arrival, schema: Schema) -> None:
    """Refuse texts that are used and that no spreadsheet should see."""
    table = read_arrived(arrival.table)
    texts = [schema.id, *(spec.column for spec in schema.features if spec.kind == "category"),
             *(spec.column for spec in schema.protected)]  # fmt: skip
    for column in texts:
        check_texts(table, column)


def _check_keys(arrival: Arrival, customers: Customers) -> None:
    """Hold the ids to what the interface for programs calls a customer by."""
    for place, key in enumerate(map(str, customers.frame.index)):
        if not re.fullmatch(KEY, key):
            raise DataError(
                f"{key[:40]!r} cannot be the id of a customer",
                where=f"{arrival.table}, column {customers.schema.id!r}",
                rule="letters, digits and . _ : @ + -, 100 at most, the first a letter or a digit",
                mend=f"change the id of customer {place + 1}",
            )  # fmt: skip
