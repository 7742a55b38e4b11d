from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from tests.simulator.club import club, club_schema

from evenhand.customers import Customers, LogSpec
from evenhand.simulator.answers.design import Design
from evenhand.simulator.answers.levels import codes_of, levels_of
from evenhand.simulator.answers.trial import Trial, audit_of, trial_of

CAMPAIGNS = ["letter", "mail"]
COUPONS = LogSpec(file="log.csv", customer="who", campaign="what", redeemed="bought")


def design(customers: Customers) -> Design:
    levels = levels_of(customers)
    names, values = tuple(level.column for level in levels), tuple(level.names for level in levels)
    return Design(customers.numbers(["distance"]), codes_of(customers, levels), ("distance",), values, names)


def with_log(customers: Customers, **columns: Any) -> Customers:
    assert customers.contacts is not None
    return replace(customers, contacts=customers.contacts.assign(**columns))


def found(customers: Customers) -> Trial:
    trial = trial_of(customers, CAMPAIGNS)
    assert trial is not None
    return trial


def test_a_log_with_customers_left_alone_is_a_trial() -> None:
    customers = club(2_000)
    trial = found(customers)
    assert trial.told == ("visits", "conversions", "spend")
    assert trial.weeks == 1.0
    assert customers.contacts is not None
    names = np.array(["none", *CAMPAIGNS])[trial.outcomes.arm]
    assert (names == customers.contacts["campaign"]).all()
    assert (trial.customer == np.arange(2_000)).all()


def test_who_bought_or_spent_has_visited() -> None:
    customers = club(2_000)
    trial = found(with_log(customers, visited=np.where(np.arange(2_000) % 10, 0.0, 1.0), redemptions=0))
    assert trial.outcomes.visited is not None
    assert trial.outcomes.converted is not None
    assert trial.outcomes.spend is not None
    assert (trial.outcomes.converted[trial.outcomes.spend > 0] == 1).all()
    assert (trial.outcomes.visited >= trial.outcomes.converted).all()


def test_what_is_not_told_in_every_row_is_not_told() -> None:
    customers = club(2_000)
    visits = np.where(np.arange(2_000) == 7, np.nan, 0.0)
    assert found(with_log(customers, visited=visits)).told == ("conversions", "spend")
    only = replace(with_log(customers, visited=np.nan, spend=np.nan), schema=club_schema(log=COUPONS))
    assert found(only).told == ("conversions",)


def test_redemptions_that_only_contacts_can_bring_are_no_conversions_to_compare() -> None:
    customers = club(2_000)
    assert customers.contacts is not None
    mine = (customers.contacts["campaign"] != "none") & customers.contacts["redeemed"]
    coupons = with_log(customers, redemptions=mine.astype(int), spend=np.nan)
    assert found(coupons).told == ("visits",)
    assert trial_of(with_log(coupons, visited=np.nan), CAMPAIGNS) is None


def test_without_contactless_rows_there_is_no_trial() -> None:
    customers = club(2_000)
    assert customers.contacts is not None
    contacted = replace(customers, contacts=customers.contacts[customers.contacts["campaign"] != "none"])
    assert trial_of(contacted, CAMPAIGNS) is None
    assert trial_of(replace(customers, contacts=None), CAMPAIGNS) is None


def test_two_campaigns_at_once_tell_nothing_of_either() -> None:
    customers = club(2_000)
    assert customers.contacts is not None
    again = customers.contacts.head(50).assign(campaign="mail")
    double = replace(customers, contacts=pd.concat([customers.contacts, again], ignore_index=True))
    assert len(found(double).customer) == 1_950


def test_a_trial_counts_the_weeks_of_its_rows() -> None:
    assert found(with_log(club(2_000), periods=4.0)).weeks == 4.0


def test_the_audit_clears_what_was_drawn_and_finds_what_was_targeted() -> None:
    drawn, targeted = club(4_000), club(4_000, targeted=0.4)
    for customers, verdict in ((drawn, "randomised"), (targeted, "not randomised")):
        audit = audit_of(customers, CAMPAIGNS, design(customers))
        assert audit is not None
        assert audit.verdict == verdict
        assert audit.features == ("distance", "member yes", "town north", "town south", "town west")
    assert audit_of(replace(drawn, contacts=None), CAMPAIGNS, design(drawn)) is None


def test_a_log_of_contacts_alone_is_compared_with_whom_it_never_names() -> None:
    customers = club(4_000, targeted=0.4)
    assert customers.contacts is not None
    silent = replace(customers, contacts=customers.contacts[customers.contacts["campaign"] != "none"])
    audit = audit_of(silent, CAMPAIGNS, design(silent))
    assert audit is not None
    assert audit.verdict == "not randomised"
    assert sum(audit.sizes) == 4_000


def test_who_may_not_be_contacted_is_no_comparison() -> None:
    customers = club(4_000)
    assert customers.contacts is not None
    silent = replace(
        customers,
        frame=customers.frame.assign(consent=customers.contacts["campaign"].to_numpy() != "none"),
        contacts=customers.contacts[customers.contacts["campaign"] != "none"],
    )
    audit = audit_of(silent, CAMPAIGNS, design(silent))
    assert audit is not None
    assert audit.verdict == "cannot tell"


def test_only_the_first_contact_of_a_customer_is_audited() -> None:
    """Later contacts may depend on what the first brought."""
    customers = club(4_000)
    assert customers.contacts is not None
    member = customers.frame["member"].to_numpy()
    later = customers.contacts[member].assign(period=5, campaign="mail")
    both = replace(customers, contacts=pd.concat([later, customers.contacts], ignore_index=True))
    audit = audit_of(both, CAMPAIGNS, design(both))
    assert audit is not None
    assert audit.verdict == "randomised"
