from __future__ import annotations

import numpy as np
import pytest
from tests.customers.example import Reader, Shop

import evenhand.customers
from evenhand.customers import MIN_GROUP, Customers, Enough


def test_a_split_parts_customers_with_all_that_is_theirs(demo: Customers) -> None:
    fit, holdout = demo.split(0.7, seed=3)
    assert fit.n == round(0.7 * demo.n)
    assert set(fit.frame.index).isdisjoint(holdout.frame.index)
    assert fit.n + holdout.n == demo.n
    for part in (fit, holdout):
        assert part.history is not None
        assert part.contacts is not None
        assert set(part.history["customer"]) <= set(part.frame.index)
        assert set(part.contacts["customer"]) <= set(part.frame.index)
        assert part.periods == demo.periods


def test_the_same_seed_gives_the_same_split_and_another_seed_another(demo: Customers) -> None:
    first, second, other = (demo.split(seed=seed)[1].frame.index for seed in (1, 1, 2))
    assert first.equals(second)
    assert not first.equals(other)
    assert demo.holdout.frame.index.equals(demo.split()[1].frame.index)
    assert demo.fit.n + demo.holdout.n == demo.n


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_a_split_needs_two_parts(demo: Customers, share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        demo.split(share)


def test_codes_are_positions_of_known_groups_and_minus_one_is_unknown(demo: Customers) -> None:
    codes = demo.protected_codes()
    assert codes.shape == (demo.n, 5)
    assert codes.dtype == np.int8
    for place, attribute in enumerate(demo.protected):
        names = np.array([*(group.name for group in attribute.known), "unknown"])
        assert (names[codes[:, place]] == demo.frame[attribute.name].to_numpy()).all()


def test_small_groups_and_unknown_are_not_constrained(demo: Customers) -> None:
    age = demo.protected[0]
    assert age.constrained == ("19-44", "45-54")
    for attribute in demo.protected:
        for group in attribute.groups:
            assert group.constrained == (group.n >= MIN_GROUP and group.name != "unknown")


def test_a_group_keeps_its_code_in_a_part_where_nobody_is_in_it(demo: Customers) -> None:
    some = demo.only(demo.frame.index[demo.frame["age"] == "55+"])
    assert [group.n for group in some.protected[0].groups] == [0, 0, 131]
    assert set(some.protected_codes()[:, 0]) == {2}


def test_enough_speaks_from_200_customers_on() -> None:
    assert Enough.of(200)
    assert not Enough.of(199)


def test_quality_prints_as_a_table_with_the_serious_first(demo: Customers) -> None:
    quality = demo.quality()
    assert [check.level for check in quality] == sorted(
        (check.level for check in quality), key=["warning", "remark", "ok"].index
    )
    assert str(quality).splitlines()[0].split() == ["level", "what", "count", "what", "to", "do"]
    assert "group unknown: age 68%" in str(quality)
    assert quality._repr_html_().count("<tr>") == len(quality.checks) + 1
    assert "52 weeks of history · 6,589 contacts" in repr(demo)


def test_quality_names_odd_columns(read: Reader, shop: Shop) -> None:
    shop["customers"]["note"] = "x"
    shop["customers"]["member"] = "yes"
    shop["customers"].loc[4, "basket"] = "1e9"
    shop["customers"].loc[5, "newsletter"] = ""
    shop["history"] = shop["history"].head(10)
    said = str(read(shop, history=True).quality())
    assert "member: all values are equal" in said
    assert "columns that the schema does not name: note" in said
    assert "newsletter: empty cells" in said
    assert "history shorter than 26 weeks" in said
    assert "customers without any purchase in the history" in said
    assert "no campaign log" in said


def test_everything_public_is_there() -> None:
    for name in evenhand.customers.__all__:
        assert hasattr(evenhand.customers, name)
    assert evenhand.customers.__all__ == sorted(
        evenhand.customers.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
