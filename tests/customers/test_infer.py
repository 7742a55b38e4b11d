from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from evenhand.customers import ConsentsSpec, Schema, read_customers
from evenhand.errors import SchemaError

N = 60


@pytest.fixture
def table(tmp_path: Path) -> Path:
    number = pd.Series(range(N))
    frame = pd.DataFrame(
        {
            "CustomerID": "c" + number.astype("str"),
            "recencyDays": number % 40,
            "orders_per_week": 1 + number % 3,
            "avg_basket": 10.5 + number,
            "open_rate": (number % 11) / 10,
            "plan": ["basic" if i % 2 else "plus" for i in number],
            "is_member": ["yes" if i % 3 else "no" for i in number],
            "Age": 18 + number,
            "gender": ["f" if i % 2 else "m" for i in number],
            "household_income": 1000 * (20 + number),
            "marital_status": ["married" if i % 5 else "single" for i in number],
            "religion": [f"faith {i}" for i in number],
            "postcode": 10000 + number,
            "comment": [f"text {i}" for i in number],
            "email_opt_in": ["true" if i % 4 else "false" for i in number],
            "empty": "",
        }
    )
    file = tmp_path / "people.csv"
    frame.to_csv(file, index=False)
    return file


def test_a_draft_finds_id_consent_roles_and_protected_columns(table: Path) -> None:
    schema = Schema.infer(table)
    assert schema.draft
    assert schema.name == "people"
    assert schema.id == "CustomerID"
    assert schema.consent == "email_opt_in"
    assert [spec.column for spec in schema.protected] == [
        "Age",
        "gender",
        "household_income",
        "marital_status",
    ]
    assert {spec.column: (spec.kind, spec.role) for spec in schema.features} == {
        "recencyDays": ("number", "recency"),
        "orders_per_week": ("number", "frequency"),
        "avg_basket": ("number", "monetary"),
        "open_rate": ("number", "engagement"),
        "plan": ("category", None),
        "is_member": ("flag", None),
    }
    assert schema.features[1].per_days == 7


def test_a_draft_says_what_a_person_must_look_at(table: Path) -> None:
    notes = "\n".join(Schema.infer(table).notes)
    assert "gender looks protected (gender): confirm" in notes
    assert "religion looks protected (religion) but has 60 values: declare groups" in notes
    assert "postcode may stand in for origin or income: left out" in notes
    assert "comment has 60 different texts: left out" in notes
    assert "empty is left out: empty" in notes
    assert "orders_per_week is taken as purchases per 7 days: confirm" in notes


def test_a_draft_reads_its_own_table_and_the_quality_asks_to_confirm(table: Path) -> None:
    customers = read_customers(table)
    assert customers.n == N
    assert {attribute.name: len(attribute.known) for attribute in customers.protected} == {
        "Age": 3,
        "gender": 2,
        "household_income": 3,
        "marital_status": 2,
    }
    said = str(customers.quality())
    assert "the schema is a draft" in said
    assert "gender looks protected (gender): confirm" in said


def test_a_draft_is_written_with_advice_and_reads_back_equal(table: Path) -> None:
    draft = Schema.infer(table)
    written = draft.to_toml()
    assert written.startswith("# A draft, guessed from column names and values.")
    assert "[[campaigns]]" in written
    assert Schema.from_toml(written) == draft


def test_numbered_ages_are_cut_into_bands_without_gaps(table: Path) -> None:
    groups = Schema.infer(table).protected[0].groups
    assert groups == {"under 38": ("..38",), "38 to 57": ("38..57",), "57 and more": ("57..",)}


def test_household_id_is_an_id_and_not_a_protected_attribute(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("household_id,spend\n1,2\n2,3\n", encoding="utf-8")
    schema = Schema.infer(tmp_path / "a.csv")
    assert schema.id == "household_id"
    assert schema.protected == ()
    assert any("no column looks protected" in note for note in schema.notes)


def consents(folder: Path, **columns: str) -> Schema:
    """Draft a schema of four customers whose yes/no columns have these names and cells."""
    cells = {name.replace("__", "-"): list(values) for name, values in columns.items()}
    pd.DataFrame({"id": range(4), "spend": [1.5, 2.0, 3.0, 4.0], **cells}).to_csv(folder / "a.csv", index=False)
    return Schema.infer(folder / "a.csv")


def test_a_draft_tells_the_channels_of_consent_columns_by_their_names(tmp_path: Path) -> None:
    schema = consents(tmp_path, emailConsent="0011", sms_opt_in="0101", web_push_ok="1000", post_allowed="1110")
    assert schema.consent is None
    assert schema.consents == ConsentsSpec(
        email="emailConsent", sms="sms_opt_in", web="web_push_ok", mail="post_allowed"
    )
    assert [spec.column for spec in schema.features] == ["spend"]
    assert "consent by channel: emailConsent (email), sms_opt_in (sms), web_push_ok (web), post_allowed (mail)" in str(
        schema.notes
    )
    assert Schema.from_toml(schema.to_toml()) == schema
    assert read_customers(tmp_path / "a.csv").consents.tolist() == [
        [False, False, True, True],
        [False, True, False, True],
        [True, False, False, True],
        [True, True, False, False],
    ]


def test_a_draft_keeps_a_general_consent_for_the_channels_without_their_own(tmp_path: Path) -> None:
    schema = consents(tmp_path, e__mail_opt_in="0011", newsletter_subscribed="1111", consent="0101")
    assert (schema.consent, schema.consents) == ("consent", ConsentsSpec(email="e-mail_opt_in"))
    assert [spec.column for spec in schema.features] == ["spend", "newsletter_subscribed"]  # a second for e-mail
    assert "consent by channel: e-mail_opt_in (email), consent (others): confirm" in schema.notes


def test_a_draft_says_for_which_channels_nobody_was_asked(tmp_path: Path) -> None:
    schema = consents(tmp_path, email_opt_in="0011", text_ok="0101", discount_allowed="0001")
    assert schema.consents == ConsentsSpec(email="email_opt_in", sms="text_ok")
    assert "no column says who consents to web, mail: everyone is taken to have consented" in schema.notes
    assert [spec.column for spec in schema.features] == ["spend", "discount_allowed"]


@pytest.mark.parametrize("name", ["sms_consent", "consent", "marketing_ok"])
def test_one_consent_column_alone_counts_for_every_channel(tmp_path: Path, name: str) -> None:
    schema = consents(tmp_path, **{name: "0101"})
    assert (schema.consent, schema.consents) == (name, ConsentsSpec())


def test_no_id_and_no_feature_are_clear_errors(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("spend,trips\n1,2\n2,3\n", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"a\.csv: no column looks like the customer's id"):
        Schema.infer(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("id,gender\n1,f\n2,m\n", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"b\.csv: no column could be a feature"):
        Schema.infer(tmp_path / "b.csv")
