"""Quality checks on consent: who can be reached by which channel, and which campaigns reach nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.customers.check import Check
from evenhand.segments import CHANNELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evenhand.customers.table import Customers

__all__ = ["consent_checks"]


def consent_checks(customers: Customers) -> Iterator[Check]:
    """Say what is known of consent, its share by channel where channels differ, and which campaigns reach nobody."""
    schema = customers.schema
    without = int((~customers.consent).sum())
    if schema.consent is None and not schema.consents.columns:
        yield Check(
            "remark",
            "no consent column: everyone is taken to have consented",
            customers.n,
            "name it in the schema when there is one",
        )
    elif without:
        yield Check("ok", "customers without consent get no contact", without)
    if schema.consents.columns:
        yield from _by_channel(customers)
    yield from _unreachable(customers)


def _by_channel(customers: Customers) -> Iterator[Check]:
    schema = customers.schema
    used = {spec.channel for spec in schema.campaigns}
    own = schema.consents.columns
    shares = dict(zip(CHANNELS, customers.consents.mean(axis=0), strict=True))
    told = [f"{channel} {share:.0%}" for channel, share in shares.items() if channel in used or channel in own]
    yield Check("ok", f"consent by channel: {', '.join(told)}")
    open_to_all = [channel for channel in CHANNELS if channel in used and channel not in own]
    if open_to_all and schema.consent is None:
        yield Check(
            "remark",
            f"no consent column for {', '.join(open_to_all)}: everyone is taken to have consented",
            customers.n,
            "name it under [consents], or as consent for all other channels",
        )


def _unreachable(customers: Customers) -> Iterator[Check]:
    consents = customers.consents
    for spec in customers.schema.campaigns:
        if not consents[:, CHANNELS.index(spec.channel)].any():
            yield Check(
                "remark",
                f"campaign {spec.id}: nobody consents to {spec.channel}, so it reaches nobody",
                customers.n,
                "check its channel and that consent column",
            )
