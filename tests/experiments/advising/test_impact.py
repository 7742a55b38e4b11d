"""Whom tweaks touch, against a recount customer by customer."""

from __future__ import annotations

import numpy as np
import pytest
from tests.experiments.advising.conftest import Tell
from tests.experiments.conftest import Business

from evenhand.experiments.advising.offers import Offers
from evenhand.experiments.advising.standing import Standing
from evenhand.experiments.start import given_by


def test_every_offer_counts_as_a_recount_by_the_rules(business: Business, standing: Standing, tell: Tell) -> None:
    customers, today, offers = business.customers, business.today, Offers(standing)
    view = standing.look(tell())
    rows = [row for row in np.flatnonzero(view.allowed[0]) if row > 0]
    assert {int(view.decode[row, 0]) for row in rows} == {1, 2, 3, 4}, "every operation is tried"
    before_ids, given = np.array(today.ids)[today.assign(customers.frame)], given_by(today, customers.frame)
    age = customers.frame["age"].to_numpy()
    for row in rows:
        offer = offers.of(view.decode[row], 0)
        after = offer.tweak.apply(today).segmentation
        new_ids, new = np.array(after.ids)[after.assign(customers.frame)], given_by(after, customers.frame)
        touched = (before_ids != new_ids) | (given != new)
        assert offer.affected.sum() == touched.sum()
        for s, id_ in enumerate(today.ids):
            assert offer.affected[s] == (touched & (before_ids == id_)).sum()
        letter = [campaign.id for campaign in customers.catalogue.campaigns].index("letter")
        for codes, name in ((given, "before"), (new, "after")):
            chance = customers.consent * ((1 - business.setup.explore) * (codes == letter) + business.setup.explore / 3)
            gap = abs(chance[age == "under 45"].mean() - chance[age == "45 up"].mean())
            (fairness,) = offer.fairness
            assert (fairness.attribute, fairness.tolerance) == ("age", 0.05)
            assert getattr(fairness, name) == pytest.approx(gap)


def test_an_offer_is_worked_out_once(standing: Standing, tell: Tell) -> None:
    offers, view = Offers(standing), standing.look(tell())
    row = int(np.flatnonzero(view.allowed[0])[1])
    assert offers.of(view.decode[row], 0) is offers.of(view.decode[row], 0)
