"""Consent by channel and habits of opening, from the columns that a schema names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.customers.example import CHANNELS, SCHEMA, Reader, Shop, with_channels

from evenhand.customers import Customers, Schema
from evenhand.errors import DataError
from evenhand.segments import CHANNELS as ORDER

YES = [True, False]


def test_a_channel_with_its_own_column_goes_by_it_and_the_others_by_consent(read: Reader, shop: Shop) -> None:
    customers = read(with_channels(shop), schema=SCHEMA + CHANNELS)
    n = range(customers.n)
    expected = [[i % 2 == 1, i % 3 == 0, i % 4 != 0, i % 4 != 0] for i in n]  # email, sms; web and mail: newsletter
    assert customers.consents.tolist() == expected
    assert customers.consents.dtype == np.bool_
    assert customers.consent.tolist() == [any(row) for row in expected]
    assert customers.frame["consent"].tolist() == [any(row) for row in expected]
    assert not customers.consent[8]  # no to each; others, such as customer 0, only take SMS
    assert customers.consents[0].tolist() == [False, True, False, False]


def test_one_consent_column_counts_for_every_channel(read: Reader, shop: Shop) -> None:
    customers = read(shop)
    assert customers.consents.shape == (12, len(ORDER))
    assert (customers.consents == customers.consent[:, None]).all()
    assert customers.consent.tolist() == [i % 4 != 0 for i in range(12)]
    assert [name for name in customers.frame if str(name).startswith("consent")] == ["consent"]


def test_without_consent_channels_that_are_not_named_are_open_to_everyone(read: Reader, shop: Shop) -> None:
    text = SCHEMA.replace('consent = "newsletter"\n', "") + CHANNELS
    customers = read(with_channels(shop), schema=text)
    assert customers.consents[:, 2:].all()
    assert customers.consents[:, :2].mean() < 1
    assert customers.consent.all()


def test_empty_cells_of_a_consent_column_are_no_and_a_remark(read: Reader, shop: Shop) -> None:
    with_channels(shop)["customers"].loc[3, "sms_ok"] = ""
    customers = read(shop, schema=SCHEMA + CHANNELS)
    assert not customers.consents[3, ORDER.index("sms")]
    assert any(check.what == "sms_ok: empty cells" and check.count == 1 for check in customers.quality().remarks)


def test_habits_come_under_their_names_and_are_nan_where_empty(read: Reader, shop: Shop) -> None:
    customers = read(with_channels(shop), schema=SCHEMA + CHANNELS)
    assert list(customers.context) == ["hour", "weekend"]
    assert customers.context["hour"].tolist() == [2.0 * i for i in range(12)]
    assert np.flatnonzero(customers.context["weekend"].isna()).tolist() == [1]
    assert customers.context.index.equals(customers.frame.index)
    some = customers.frame.index[[4, 2]]
    pd.testing.assert_frame_equal(customers.only(some).context, customers.context.loc[some])
    assert "columns that the schema does not name" not in str(customers.quality())


def test_without_habits_the_context_has_no_columns(read: Reader, shop: Shop) -> None:
    assert read(shop).context.shape == (12, 0)


def test_a_feature_may_also_be_a_habit(read: Reader, shop: Shop) -> None:
    extra = '[[features]]\ncolumn = "weekends"\n[context]\nweekend = "weekends"\n'
    customers = read(with_channels(shop), schema=SCHEMA + extra)
    assert customers.static_features == ("weekends",)
    assert customers.context["weekend"].equals(customers.frame["weekends"].rename("weekend"))


WRONG = [
    ("email_ok", "perhaps", "'perhaps' is neither yes nor no"),
    ("opens_at", "24.5", "'24.5' is out of range .*from 0 to 24"),
    ("opens_at", "noon", "'noon' is not a number"),
    ("weekends", "40", "'40' is out of range .*from 0 to 1"),
]


@pytest.mark.parametrize(("column", "value", "what"), WRONG)
def test_a_wrong_cell_is_named_with_file_row_and_column(
    read: Reader, shop: Shop, column: str, value: str, what: str
) -> None:
    with_channels(shop)["customers"].loc[2, column] = value
    with pytest.raises(DataError, match=rf"customers\.csv, row 4, column '{column}': {what}"):
        read(shop, schema=SCHEMA + CHANNELS)


def test_a_missing_consent_column_names_the_nearest(read: Reader, shop: Shop) -> None:
    tables = with_channels(shop)
    tables["customers"] = tables["customers"].rename(columns={"sms_ok": "sms_okay"})
    with pytest.raises(DataError, match=r"column 'sms_ok' is missing .*did you mean 'sms_okay'"):
        read(tables, schema=SCHEMA + CHANNELS)


def test_a_table_that_was_built_without_channels_has_the_same_consent_for_all() -> None:
    schema = Schema.from_toml('id = "id"\n[[features]]\ncolumn = "x"\n[consents]\nsms = "sms_ok"')
    frame = pd.DataFrame({"x": [1.0, 2.0], "consent": YES, "consent_sms": [False, True]})
    customers = Customers(frame=frame, schema=schema)
    assert customers.consents.tolist() == [[True, False, True, True], [False, True, False, False]]
    assert customers.consent.all()
