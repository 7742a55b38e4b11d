"""Customers drawn anew: fairlearn sees parity of response between groups, and the rest of the table goes with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_difference
from tests.experiments.shop import shop

from evenhand.customers import Customers, demo_customers
from evenhand.errors import DataError
from evenhand.experiments.reweighed import response_of, reweighed
from evenhand.simulator import calibrate


def difference(customers: Customers, attribute: str) -> float:
    """Return the largest difference of response between known groups, as fairlearn measures it."""
    position = [a.name for a in customers.protected].index(attribute)
    groups, (labels, _) = customers.protected_codes()[:, position], response_of(customers)
    known = (groups >= 0) & (labels >= 0)
    found: float = demographic_parity_difference(labels[known], labels[known], sensitive_features=groups[known])
    return found


def test_response_is_independent_of_the_group_afterwards() -> None:
    """The older of the shop buy more often; drawn anew they do not, but for single customers."""
    customers = shop(2000)
    drawn = reweighed(customers, "age", seed=1)
    assert drawn.n == customers.n
    assert difference(customers, "age") > 0.05
    assert difference(drawn, "age") < 0.01
    assert not reweighed(customers, "age", seed=2).frame.index.equals(drawn.frame.index)


def test_households_redeem_alike_afterwards_and_a_simulator_can_be_calibrated_on_them() -> None:
    customers = demo_customers()
    labels, said = response_of(customers)
    assert said == "redeemed one of their contacts"
    assert customers.contacts is not None
    redeemed = customers.contacts[customers.contacts["redeemed"]]["customer"]
    assert (labels == 1).sum() == redeemed.nunique()
    assert (labels >= 0).sum() == customers.contacts["customer"].nunique()
    drawn = reweighed(customers, "income", seed=1)
    assert difference(customers, "income") > 0.03
    assert difference(drawn, "income") < 0.015
    sizes = [[g.n for g in c.protected[1].known] for c in (customers, drawn)]
    np.testing.assert_allclose(sizes[0], sizes[1], atol=3)
    simulator = calibrate(drawn, replicates=1)
    assert simulator.hash != calibrate(customers, replicates=1).hash
    assert simulator.content.customers == customers.n


def test_where_nobody_can_tell_who_responds_it_is_said() -> None:
    customers = shop(300)
    schema = customers.schema.model_copy(
        update={"features": tuple(f for f in customers.schema.features if f.role != "frequency")}
    )
    with pytest.raises(DataError, match="neither a campaign log nor a frequency"):
        response_of(replace(customers, schema=schema))
