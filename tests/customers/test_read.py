from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.customers.example import HISTORY, LOG, SCHEMA, Reader, Shop

from evenhand.customers import read_customers
from evenhand.errors import CampaignError, DataError, EvenhandError


def cell(tables: Shop, row: int, column: str, value: str, *, table: str = "customers") -> Shop:
    """Change one cell; `row` counts as a person does in the file, the header being row 1."""
    tables[table].loc[row - 2, column] = value
    return tables


def one_line(error: pytest.ExceptionInfo[EvenhandError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def test_a_valid_table_is_read_as_declared(read: Reader, shop: Shop) -> None:
    customers = read(shop)
    assert customers.n == 12
    names = ["recency_days", "orders", "basket", "channel", "member", "age", "gender", "consent"]
    assert list(customers.frame.columns) == names
    assert customers.frame.index.tolist() == list(range(100, 112))
    assert customers.frame["orders"].tolist()[:3] == pytest.approx([1 / 3, 2 / 3, 1.0])  # of 90 days, per 30
    assert customers.frame["age"].tolist()[3:5] == ["under 40", "40 up"]
    assert customers.frame["member"].dtype == np.bool_
    assert customers.consent.tolist()[:5] == [False, True, True, True, False]
    assert [(group.name, group.n) for group in customers.protected[0].groups] == [
        ("under 40", 4),
        ("40 up", 8),
    ]
    assert customers.role("frequency") == "orders"
    assert customers.role("engagement") is None
    assert customers.static_features == ()
    assert customers.catalogue.protected == ("age", "gender")
    assert [campaign.id for campaign in customers.catalogue.campaigns] == ["none", "letter", "mail"]


def test_log_and_history_beside_the_schema_are_read(read: Reader, shop: Shop) -> None:
    customers = read(shop, log=True, history=True)
    assert customers.contacts is not None
    assert customers.contacts["redemptions"].sum() == customers.contacts["redeemed"].sum() == 3
    assert customers.contacts["propensity"].tolist() == [0.5] * 12
    assert customers.contacts["discount"].isna().all()
    assert customers.history is not None
    assert customers.periods == 4
    assert customers.categories == ("food", "OTHER")
    assert (customers.history[["food", "OTHER"]].sum(axis=1) == customers.history["spend"]).all()
    assert [source.name for source in customers.sources] == ["customers.csv", "history.csv", "log.csv"]


def test_parquet_with_types_reads_like_csv(read: Reader, shop: Shop, tmp_path: Path) -> None:
    expected = read(shop)
    types = {"customer_id": "int64", "basket": "float64", "recency_days": "Int64", "age": "float64"}
    typed = shop["customers"].astype(types)
    typed["newsletter"] = typed["newsletter"] == "1"
    typed["gender"] = typed["gender"].astype("category")
    typed.to_parquet(tmp_path / "customers.parquet")
    found = read_customers(tmp_path / "customers.parquet", schema=tmp_path / "schema.toml")
    pd.testing.assert_frame_equal(found.frame, expected.frame)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_delimiters_blank_lines_and_byte_order_marks_are_read(
    read: Reader, shop: Shop, tmp_path: Path, delimiter: str
) -> None:
    expected = read(shop)
    text = shop["customers"].to_csv(index=False, sep=delimiter, lineterminator="\r\n")
    (tmp_path / "customers.csv").write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n\r\n")
    found = read_customers(tmp_path / "customers.csv", schema=tmp_path / "schema.toml")
    pd.testing.assert_frame_equal(found.frame, expected.frame)


def test_rows_count_blank_lines_as_a_person_does(read: Reader, shop: Shop, tmp_path: Path) -> None:
    read(shop)
    lines = cell(shop, 5, "basket", "dear")["customers"].to_csv(index=False).splitlines()
    (tmp_path / "customers.csv").write_text("\n".join([lines[0], "", *lines[1:]]), encoding="utf-8")
    with pytest.raises(DataError, match="row 6, column 'basket'"):
        read_customers(tmp_path / "customers.csv", schema=tmp_path / "schema.toml")


def test_ids_with_leading_zeros_stay_text(read: Reader, shop: Shop) -> None:
    shop = cell(cell(shop, 2, "customer_id", "007"), 2, "customer", "007", table="log")
    customers = read(shop, log=True)
    assert customers.frame.index[0] == "007"
    assert customers.contacts is not None
    assert customers.contacts["customer"].iloc[0] == "007"


WRONG_CELLS = [
    ("customers", "basket", "12,50", "'12,50' is not a number"),
    ("customers", "basket", "inf", "'inf' is not finite"),
    ("customers", "recency_days", "-3", "'-3' is out of range"),
    ("customers", "customer_id", "", "'' is no id"),
    ("customers", "customer_id", "100", "id '100' stands there twice, first in row 2"),
    ("customers", "newsletter", "maybe", "'maybe' is neither yes nor no"),
    ("customers", "member", "2", "'2' is neither yes nor no"),
    ("customers", "channel", "webb", "'webb' is no declared category"),
    ("customers", "age", "old", "'old' belongs to no declared group"),
    ("log", "customer", "999", "'999' is no customer of the table"),
    ("log", "campaign", "leter", "there is no campaign 'leter'"),
    ("log", "p", "0", "'0' is no propensity"),
    ("log", "p", "1.01", "'1.01' is no propensity"),
    ("log", "week", "1.5", "'1.5' is not a whole number"),
    ("log", "week", "", "'' is no number"),
    ("log", "bought", "perhaps", "'perhaps' is neither yes nor no"),
    ("history", "customer", "999", "'999' is no customer of the table"),
    ("history", "trips", "-1", "'-1' is out of range"),
    ("history", "spend", "1", "'1' is less than its categories together"),
]


@pytest.mark.parametrize(("table", "column", "value", "what"), WRONG_CELLS)
def test_a_wrong_cell_is_one_error_with_file_row_column_value_and_rule(
    read: Reader, shop: Shop, table: str, column: str, value: str, what: str
) -> None:
    with pytest.raises((DataError, CampaignError)) as error:
        read(cell(shop, 4, column, value, table=table), log=True, history=True)
    text = one_line(error)
    assert what in text
    assert f"{table}.csv, row 4, column {column!r}" in text
    assert "rule: " in text


def test_a_log_may_count_redemptions_and_leave_out_the_rest(read: Reader, shop: Shop) -> None:
    shop["log"]["times"] = [str(position % 3) for position in range(12)]
    spec = '[log]\nfile = "log.csv"\ncustomer = "customer"\ncampaign = "campaign"\nredemptions = "times"\n'
    contacts = read(shop, schema=SCHEMA + spec).contacts
    assert contacts is not None
    assert contacts["redeemed"].tolist() == [False, True, True] * 4
    assert contacts["period"].tolist() == [0] * 12
    assert contacts["periods"].tolist() == [1.0] * 12
    assert contacts["propensity"].isna().all()


def test_a_log_tells_visits_and_spend_also_of_who_was_left_without_contact(read: Reader, shop: Shop) -> None:
    shop["log"]["came"] = ["yes" if position % 3 else "no" for position in range(12)]
    shop["log"]["money"] = ["25.5" if position % 3 == 2 else "0" for position in range(12)]
    spec = '[log]\nfile = "log.csv"\ncustomer = "customer"\ncampaign = "campaign"\nvisited = "came"\nspend = "money"\n'
    contacts = read(shop, schema=SCHEMA + spec).contacts
    assert contacts is not None
    assert contacts["campaign"].tolist()[:2] == ["none", "letter"]
    assert contacts["visited"].tolist() == [0.0, 1.0, 1.0] * 4
    assert contacts["spend"].tolist() == [0.0, 0.0, 25.5] * 4
    assert contacts["redeemed"].tolist() == [False, False, True] * 4


def test_a_log_without_visits_and_spend_says_nothing_of_them(read: Reader, shop: Shop) -> None:
    contacts = read(shop, log=True).contacts
    assert contacts is not None
    assert contacts[["visited", "spend"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("column", "value", "what"), [("came", "often", "neither yes nor no"), ("money", "-1", "out of range")]
)
def test_a_wrong_visit_or_spend_is_one_clear_error(
    read: Reader, shop: Shop, column: str, value: str, what: str
) -> None:
    shop["log"]["came"], shop["log"]["money"] = "yes", "1"
    spec = LOG + 'visited = "came"\nspend = "money"\n'
    with pytest.raises(DataError, match=rf"log\.csv, row 4, column '{column}': '{value}' .*{what}"):
        read(cell(shop, 4, column, value, table="log"), schema=SCHEMA + spec)


def test_a_log_that_contradicts_itself_is_an_error(read: Reader, shop: Shop) -> None:
    shop["log"]["times"] = "1"
    spec = LOG + 'redemptions = "times"\n'
    with pytest.raises(DataError, match=r"row 2, column 'times': '1' contradicts the outcome"):
        read(shop, schema=SCHEMA + spec)


def test_a_history_without_categories_or_trips(read: Reader, shop: Shop) -> None:
    plain = SCHEMA + HISTORY.replace('categories = ["food"]', "")
    shop["history"].loc[3, "trips"] = "0"
    customers = read(shop, schema=plain)
    assert customers.history is not None
    assert len(customers.history) == 11
    assert customers.categories == ()
    shop["history"]["trips"] = "0"
    with pytest.raises(DataError, match=r"history\.csv: no row has a trip"):
        read(shop, schema=plain)


def test_without_consent_and_protected_columns_the_quality_says_so(read: Reader, shop: Shop) -> None:
    bare = SCHEMA.replace('consent = "newsletter"\n', "")
    bare = bare[: bare.index("[[protected]]")] + bare[bare.index("[[campaigns]]") :]
    customers = read(shop, schema=bare)
    assert customers.consent.all()
    assert customers.protected_codes().shape == (12, 0)
    said = str(customers.quality())
    assert "no consent column: everyone is taken to have consented" in said
    assert "no protected attribute is declared" in said


def test_one_strange_customer_of_a_log_does_not_make_the_others_strange(read: Reader, shop: Shop) -> None:
    with pytest.raises(DataError, match=r"row 9, column 'customer': 'Anna' is no customer of the table"):
        read(cell(shop, 9, "customer", "Anna", table="log"), log=True)


def test_a_missing_column_names_the_nearest_one(read: Reader, shop: Shop) -> None:
    shop["customers"] = shop["customers"].rename(columns={"basket": "baskets"})
    with pytest.raises(DataError, match=r"column 'basket' is missing .*did you mean 'baskets'\?"):
        read(shop)


@pytest.mark.parametrize("column", ["basket", "channel", "member"])
def test_a_feature_without_any_value_is_an_error(read: Reader, shop: Shop, column: str) -> None:
    shop["customers"][column] = "NaN" if column != "channel" else ""
    with pytest.raises(DataError, match=f"column '{column}': no cell has a value"):
        read(shop)


def test_a_few_empty_cells_are_a_remark_and_many_an_error(read: Reader, shop: Shop) -> None:
    shop["customers"].loc[:2, "basket"] = ""
    customers = read(shop)
    assert customers.frame["basket"].isna().sum() == 3
    assert any(check.what == "basket: empty cells" and check.count == 3 for check in customers.quality().remarks)
    assert np.isfinite(customers.numbers(["basket"])).all()
    shop["customers"].loc[:7, "basket"] = ""
    with pytest.raises(DataError, match="67% of the cells are empty"):
        read(shop)


def test_a_single_customer_is_an_error(read: Reader, shop: Shop) -> None:
    with pytest.raises(DataError, match="a single customer"):
        read({"customers": shop["customers"].head(1)})


@pytest.mark.parametrize(("value", "what"), [("f", "everyone whose group is known is 'f'"), ("", "no value is known")])
def test_one_protected_group_leaves_nothing_to_compare(read: Reader, shop: Shop, value: str, what: str) -> None:
    shop["customers"]["gender"] = value
    with pytest.raises(DataError, match=f"column 'gender': {what}"):
        read(shop)


def test_protected_values_without_groups_are_refused_when_they_are_many(read: Reader, shop: Shop) -> None:
    many = pd.concat([shop["customers"]] * 2, ignore_index=True)
    many["customer_id"] = [str(position) for position in range(24)]
    many["gender"] = [f"answer {position}" for position in range(24)]
    with pytest.raises(DataError, match=r"24 different values.*at most 12 groups"):
        read({"customers": many})


def test_two_rows_for_one_customer_and_week_are_an_error(read: Reader, shop: Shop) -> None:
    shop["history"] = pd.concat([shop["history"], shop["history"].head(1)])
    with pytest.raises(DataError, match=r"row 14, column 'week'.*stands there twice for one customer"):
        read(shop, history=True)


BROKEN_FILES = [
    (b"", "the file is empty"),
    (b" \n \n", "the file is empty"),
    (b"customer_id,basket\n", "has a header but no rows"),
    (b"customer_id,basket", "has a header but no rows"),
    (b"customer_id,basket\n1,2\n2\n", r"row 3: 1 values instead of 2: '2'"),
    (b"customer_id,basket\n1,2,3\n", r"row 2: 3 values instead of 2: '1,2,3'"),
    (
        b'customer_id,basket\n1,2\n2,"3\n3,4\n',
        "row 3, column 'basket': .* opens a quote that is never closed",
    ),
    (b'customer_id,basket\n1,2\n"2,3\n3,4\n', "row 3: 1 values instead of 2: .* close every quote"),
    (b"customer_id,,basket\n1,2,3\n", "row 1: column 2 has no name"),
    (b"customer_id,basket,basket\n1,2,3\n", "row 1: column 'basket' stands there twice"),
    (b"\ncustomer_id,basket\n1,2\n", "row 1: is blank"),
    ("customer_id;name\n1;Anna\n2;Zoë\n".encode("cp1252"), "row 3, column 'name': 'Zoë' is not UTF-8"),
    ("customer_id,name\n1,Anna\n2,Zoë\n".encode("cp1252"), "row 3, column 'name': 'Zoë' is not UTF-8"),
    ("customer_id,basket\n1,2\n".encode("utf-16"), "is not UTF-8 text"),
    (b"PAR1 and then nothing", "is not a whole Parquet file: its end is missing"),
]


@pytest.mark.parametrize(("content", "what"), BROKEN_FILES)
def test_a_broken_file_is_one_clear_error(read: Reader, shop: Shop, tmp_path: Path, content: bytes, what: str) -> None:
    read(shop)
    (tmp_path / "customers.csv").write_bytes(content)
    with pytest.raises(DataError, match=what) as error:
        read_customers(tmp_path / "customers.csv", schema=tmp_path / "schema.toml")
    assert "customers.csv" in one_line(error)


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_truncated_parquet_file_is_one_clear_error(tmp_path: Path, shop: Shop, share: float) -> None:
    file = tmp_path / "customers.parquet"
    shop["customers"].to_parquet(file)
    data = file.read_bytes()
    file.write_bytes(data[: int(share * len(data))])
    with pytest.raises(DataError, match="its end is missing"):
        read_customers(file)


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: no such file"):
        read_customers(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="cannot be read: is a folder"):
        read_customers(tmp_path)


def test_too_few_customers_are_readable_but_the_advice_is_to_keep_what_runs(read: Reader, shop: Shop) -> None:
    customers = read(shop)
    assert not customers.enough
    assert "keep the segmentation that runs" in customers.enough.why
    assert customers.quality().remarks[0].level == "warning"
