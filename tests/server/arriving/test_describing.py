"""What a person says of the columns becomes a schema; the first segmentation follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.server.arriving.tables import answers_to, arrived, shop, shop_csv

from evenhand.customers import Customers, read_customers, rfm_segmentation
from evenhand.errors import EvenhandError
from evenhand.segments import Segmentation
from evenhand.server.arriving import child
from evenhand.server.arriving.describing import schema_of
from evenhand.server.arriving.folder import Arrival
from evenhand.server.arriving.looked import Answers, CampaignAnswer


@pytest.fixture
def arrival(tmp_path: Path) -> Arrival:
    return arrived(tmp_path, shop_csv())


def changed(answers: Answers, column: str, **to: str) -> Answers:
    columns = [one.model_dump() | (to if one.name == column else {}) for one in answers.columns]
    return Answers.model_validate({**answers.model_dump(), "columns": columns})


def test_untouched_it_is_what_ingest_would_draft(arrival: Arrival) -> None:
    drafted = read_customers(arrival.table).schema
    said = schema_of(arrival.look, answers_to(arrival.look))
    assert [one.column for one in said.features] == [one.column for one in drafted.features]
    assert [(one.column, one.groups) for one in said.protected] == [
        (one.column, one.groups) for one in drafted.protected
    ]
    assert (said.id, said.consent) == (drafted.id, drafted.consent)
    assert [(one.role, one.unit) for one in said.features] == [(one.role, one.unit) for one in drafted.features]
    assert not said.draft


def test_the_first_segmentation_is_the_command_line_s(arrival: Arrival) -> None:
    child.do("divide", arrival, answers_to(arrival.look))
    customers = Customers.load(arrival.study / "customers")
    today = Segmentation.from_json((arrival.study / "today.json").read_text())
    assert today == rfm_segmentation(customers)
    assert len(today.every) > 3
    assert [one.code for one in arrival.noticed] == ["small_groups"]


def test_what_is_missing_is_noticed(tmp_path: Path) -> None:
    table = shop(50)[["customer_id", "city", "postcode"]]
    arrival = arrived(tmp_path, table.to_csv(index=False).encode())
    answers = answers_to(arrival.look).model_copy(update={"campaigns": ()})
    child.do("divide", arrival, answers)
    assert [one.code for one in arrival.noticed] == [
        "few",
        "no_campaigns",
        "no_roles",
        "no_protected",
        "everyone_consents",
    ]
    today = Segmentation.from_json((arrival.study / "today.json").read_text())
    assert [(one.name, one.campaign) for one in today.every] == [("Everyone", "none")]


def test_a_column_may_be_something_else_than_was_guessed(arrival: Arrival) -> None:
    answers = answers_to(arrival.look, city="protected", postcode="protected", newsletter_ok="consent_mail")
    schema = schema_of(arrival.look, changed(answers, "money_per_order", role="engagement"))
    assert [one.column for one in schema.protected] == ["age", "city", "postcode"]
    assert schema.protected[2].groups
    assert (schema.consent, schema.consents.mail) == (None, "newsletter_ok")
    assert next(one for one in schema.features if one.column == "money_per_order").unit == "share"


WRONG = {
    "two ids": ({"note": "id"}, "", "both 'customer_id' and 'note'"),
    "two consents": ({"city": "consent"}, "", "both 'city' and 'newsletter_ok'"),
    "a text as a feature": ({"note": "feature"}, "note", "too many different texts for a rule"),
    "a text as protected": ({"note": "protected"}, "note", "too many different texts to be groups"),
    "no feature": (
        dict.fromkeys(["days_since_last_purchase", "orders_per_month", "money_per_order", "city"], "ignore"), "",
        "rules may use none",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_an_answer_that_does_not_fit_is_named(kind: str, arrival: Arrival) -> None:
    uses, column, what = WRONG[kind]
    with pytest.raises(EvenhandError, match=what) as error:
        schema_of(arrival.look, answers_to(arrival.look, **uses))
    assert error.value.mend
    assert column in (error.value.where or "")


@pytest.mark.parametrize(
    ("campaign", "what"),
    [
        ({"name": "Letter", "cost": "1.000,50"}, "is no amount"),
        ({"name": "Letter", "cost": "-1"}, "is no amount"),
        ({"name": "Letter", "discount": "nan"}, "is no amount"),
        ({"cost": "3"}, "has no name"),
    ],
)
def test_a_campaign_that_does_not_fit_is_named(arrival: Arrival, campaign: dict[str, str], what: str) -> None:
    answers = answers_to(arrival.look).model_copy(update={"campaigns": (CampaignAnswer.model_validate(campaign),)})
    with pytest.raises(EvenhandError, match=what) as error:
        schema_of(arrival.look, answers)
    assert error.value.where == "campaign 1"


def test_campaigns_of_one_name_have_ids_of_their_own(arrival: Arrival) -> None:
    typed = tuple(CampaignAnswer(name=name) for name in ("Brief", "Brief", "None", "", "日本"))
    schema = schema_of(arrival.look, answers_to(arrival.look).model_copy(update={"campaigns": typed}))
    assert [one.id for one in schema.campaigns] == ["brief", "brief-2", "none-2", "campaign"]


def test_german_names_are_taken_for_what_they_say(tmp_path: Path) -> None:
    german = {
        "customer_id": "Kundennummer", "days_since_last_purchase": "Tage seit letztem Kauf", "age": "Alter",
        "orders_per_month": "Käufe pro Monat", "money_per_order": "Umsatz je Kauf", "city": "Familienstand",
        "newsletter_ok": "Einwilligung", "postcode": "Postleitzahl", "note": "Notiz",
    }  # fmt: skip
    table = shop(100).rename(columns=german)
    look = arrived(tmp_path, table.to_csv(index=False).encode()).look
    assert {one.name: (one.use, one.role) for one in look.columns} == {
        "Kundennummer": ("id", ""), "Tage seit letztem Kauf": ("feature", "recency"), "Alter": ("protected", ""),
        "Käufe pro Monat": ("feature", "frequency"), "Umsatz je Kauf": ("feature", "monetary"),
        "Familienstand": ("protected", ""), "Einwilligung": ("consent", ""), "Postleitzahl": ("ignore", ""),
        "Notiz": ("ignore", ""),
    }  # fmt: skip
    assert next(one.why for one in look.columns if one.name == "Postleitzahl") == "proxy"
