"""The first visit over forms, without scripts: from an empty server to version 1, and what is refused on the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from tests.server.arriving.tables import shop, shop_csv
from tests.server.conftest import Connect
from tests.server.pages.live import HTML, Person
from tests.server.people import Clock

from evenhand.registry import audit, segmentations
from evenhand.registry.customers import find
from evenhand.registry.identity import Role
from evenhand.server.arriving import child
from evenhand.server.auth.permissions import PERMISSIONS
from evenhand.server.background import tidy
from evenhand.server.serving.business import folder_of
from evenhand.server.settings import ServerSettings

Enter = Callable[[str], Person]
LOADERS = PERMISSIONS["customers:load"]


@pytest.fixture
def enter(app: FastAPI, keys: dict[Role, str], connect: Connect, monkeypatch: pytest.MonkeyPatch) -> Enter:
    monkeypatch.setattr(child, "run", child.do)  # in this process; that a child does the same is tested beside it
    return lambda name: Person(connect(), name).log_in()


def bring(person: Person, content: bytes, file: str = "Corner_shop.csv", **other: str) -> None:
    """Choose a file on the page and send it."""
    person.open("/start")
    fields = {**person.form("/start"), **other}
    fields.pop("file", None)
    answer = person.client.post("/start", data=fields, files={"file": (file, content)}, headers=HTML)
    person.last = answer
    if answer.status_code == 303:
        person.open(answer.headers["location"])
    else:
        person.page = type(person.page)()
        person.page.feed(answer.text)


def place_of(person: Person, name: str) -> str:
    """Return the number of a column's fields."""
    return next(
        (e.attributes["name"] or "").partition(".")[0]
        for e in person.page.all("input")
        if (e.attributes.get("name") or "").endswith(".label") and e.attributes.get("value") == name.replace("_", " ")
    )


def test_from_an_empty_server_to_version_one(enter: Enter, app: FastAPI, settings: ServerSettings) -> None:
    mia = enter("marketer")
    assert "To have either, bring a customer table first" in mia.text
    for page in ("/", "/segmentations"):
        links = [link.attributes.get("href") for link in mia.open(page).all("a")]
        assert links.count("/start") >= 2, page  # in the menu, and as what to do next
    bring(mia, shop_csv())
    url = mia.url
    assert "Corner_shop.csv has 400 rows and 9 columns" in mia.text
    assert mia.page.faults == []
    assert mia.form(url)[f"{place_of(mia, 'age')}.use"] == "protected"
    mia.send(url, do="more", **{"campaign-0.name": "Letter", "campaign-0.cost": "0,85", "campaign-1.name": "E-mail"})
    assert mia.form(url)["campaign-0.cost"] == "0,85"
    mia.send(url, do="go", title="Corner shop", **{"campaign-0.beneficial": "yes"})
    assert mia.url == f"{url}/today", mia.text
    assert "400 customers in" in mia.text
    assert "Customers whose days since last purchase is" in mia.text or "last purchase was" in mia.text
    assert "Step 3 of 3" in mia.text
    again = {**mia.form(mia.url)}
    mia.send(mia.url)
    assert mia.url.startswith("/segmentations/corner-shop"), mia.text
    assert "Version 1 is in force" in mia.text
    assert "400 customers in" in mia.text
    assert list((settings.data_dir / "arrivals").iterdir()) == []  # no copy is left
    assert mia.client.post(f"{url}/today", data=again, headers=HTML).headers["location"].startswith("/segmentations/")

    deps = app.state.deps
    with deps.database.reading() as connection:
        assert [one.name for one in segmentations.every(connection)] == ["corner-shop"]
        assert segmentations.current(connection, "corner-shop").created_by == "marketer"
        known = find(connection, "c-7")
        actions = [row.action for row in audit.search(connection, limit=1000).records]
    assert set(known.protected) == {"age"}
    assert known.consent == dict.fromkeys(("email", "sms", "web", "mail"), bool(shop()["newsletter_ok"][7] == "yes"))
    assert (actions.count("customer.write"), actions.count("study.load"), actions.count("table.read")) == (400, 1, 1)
    assert (folder_of(settings.data_dir, "corner-shop") / "customers").is_dir()


def test_what_was_loaded_can_be_changed_like_any_other(enter: Enter) -> None:
    mia = enter("marketer")
    bring(mia, shop_csv())
    mia.send(mia.url, do="go", title="Shop", **{"campaign-0.name": "Letter"})
    mia.send(mia.url)
    edit = "/segmentations/shop/edit"
    mia.open(edit)
    mia.send(edit, do="submit", heading="Quiet for some", reason="Looked at who answers.", **{"0.campaign": "none"})
    assert "Your change is in review now" in mia.text
    ray = enter("reviewer")
    assert "Quiet for some" in ray.text


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("customer_id,straße\na,1\nb,2\n".encode("cp1252"), "is not UTF-8"),
        (b"customer_id,x,x\na,1,2\nb,1,2\n", "stands there twice"),
        (b"customer_id,=1+1\na,1\nb,2\n", "begins like a formula"),
        (b"PK\x03\x04" + bytes(300), "is a spreadsheet"),
    ],
)
def test_a_bad_table_is_told_on_the_page_and_nothing_stays(
    enter: Enter, settings: ServerSettings, content: bytes, what: str
) -> None:
    mia = enter("marketer")
    bring(mia, content, "kunden <b>.csv")
    assert mia.last.status_code == 422
    assert what in mia.text
    assert "kunden <b>.csv" in mia.text
    assert str(settings.data_dir) not in mia.last.text
    assert list(settings.data_dir.glob("arrivals/*")) == []


def test_a_reader_of_german_is_told_in_german(enter: Enter) -> None:
    mia = enter("marketer")
    mia.open("/start")
    mia.send("/reading", locale="de")
    bring(mia, b"customer_id,age,age\na,1,2\nb,1,2\n", "shop.csv")
    assert "shop.csv, Zeile 1: Spalte „age“ steht zweimal da. Benennen Sie eine davon um." in mia.text
    table = shop().astype(str)
    table.loc[7, "city"] = "=Graz"
    bring(mia, table.to_csv(index=False).encode(), "shop.csv")
    mia.send(mia.url, do="go", title="Shop", **{"campaign-0.name": "Brief"})
    assert "shop.csv, Zeile 9, Spalte „city“: '=Graz' beginnt wie eine Formel (Texte, die benutzt" in mia.text
    mia.send(mia.url, do="go", **{"campaign-0.cost": "viel"})
    assert "Kampagne 1: Kosten: „viel“ ist kein Betrag (eine Zahl ab 0, ohne Tausendertrennung)" in mia.text
    assert "Schreiben Sie 0,50" in mia.text


def test_a_hundred_megabytes_are_refused_with_a_page(enter: Enter, settings: ServerSettings) -> None:
    mia = enter("marketer")
    bring(mia, b"x" * 100_000_000)
    assert mia.last.status_code == 413
    assert "That is too large" in mia.text
    assert list(settings.data_dir.glob("arrivals/*")) == []


def test_no_file_is_told(enter: Enter) -> None:
    mia = enter("marketer")
    mia.open("/start")
    mia.send("/start")
    assert (mia.last.status_code, "no file was chosen" in mia.text) == (422, True)


def test_what_does_not_fit_is_told_at_its_column_and_keeps_what_was_typed(enter: Enter) -> None:
    mia = enter("marketer")
    table = shop().astype(str)
    table.loc[7, "city"] = "=Graz"
    bring(mia, table.to_csv(index=False).encode())
    url, place = mia.url, place_of(mia, "city")
    mia.send(url, do="go", title="My <i>shop</i>", **{"campaign-0.name": "Letter", f"{place}.label": "where they live"})
    assert mia.last.status_code == 422
    assert "row 9, column 'city'" in mia.text
    typed = mia.form(url)
    assert (typed["title"], typed[f"{place}.label"]) == ("My <i>shop</i>", "where they live")
    wrong = [one for one in mia.page.all("select") if one.attributes.get("aria-invalid")]
    assert [one.attributes["name"] for one in wrong] == [f"{place}.use"]
    assert mia.page.faults == []
    mia.send(url, do="go", **{f"{place}.use": "ignore"})
    assert mia.url == f"{url}/today", mia.text


def test_a_name_that_is_taken_is_told_and_nothing_is_written(enter: Enter, app: FastAPI) -> None:
    mia = enter("marketer")
    for _ in range(2):
        bring(mia, shop_csv(250))
        mia.send(mia.url, do="go", title="Shop", **{"campaign-0.name": "Letter"})
        mia.send(mia.url)
    assert mia.last.status_code == 409
    assert "there is one already" in mia.text
    with app.state.deps.database.reading() as connection:
        actions = [row.action for row in audit.search(connection, limit=1000).records]
    assert actions.count("customer.write") == 250


def test_only_whoever_may_load_comes_here_and_only_to_their_own(enter: Enter, keys: dict[Role, str]) -> None:
    mia = enter("marketer")
    bring(mia, shop_csv(30))
    mine = mia.url
    for role in sorted(keys):
        if role == "service":
            continue
        person = enter(role.replace("_", "."))
        links = [link.attributes.get("href") for link in person.page.all("a")]
        assert ("/start" in links) == (role in LOADERS), role
        person.open("/start")
        assert person.last.status_code == (200 if role in LOADERS else 403), role
        if role != "marketer":
            person.open(mine)
            assert person.last.status_code == (404 if role in LOADERS else 403), role


def test_a_forged_form_does_nothing(enter: Enter, settings: ServerSettings) -> None:
    mia = enter("marketer")
    for csrf in ("", "guess"):
        bring(mia, shop_csv(30), csrf=csrf)
        assert mia.last.status_code == 403
    assert list(settings.data_dir.glob("arrivals/*")) == []
    bring(mia, shop_csv(30))
    url = mia.url
    mia.send(url, do="go", title="Shop")
    for action in (url, f"{url}/today", f"{url}/drop"):
        assert mia.client.post(action, data={"csrf": "guess"}, headers=HTML).status_code == 403
    assert mia.open(f"{url}/today").faults == []
    assert mia.last.status_code == 200


def test_a_table_is_deleted_on_request_and_after_a_day(
    enter: Enter, app: FastAPI, settings: ServerSettings, clock: Clock
) -> None:
    mia = enter("marketer")
    bring(mia, shop_csv(30))
    mia.send(f"{mia.url}/drop")
    assert "The table is deleted" in mia.text
    assert list(settings.data_dir.glob("arrivals/*")) == []
    bring(mia, shop_csv(30))
    mia.open("/start")
    assert "“Corner_shop.csv” waits for you" in mia.text
    clock.forward(days=1.1)
    tidy(app.state.deps.database, settings, now=clock())
    assert list(settings.data_dir.glob("arrivals/*")) == []


def test_the_page_says_what_it_takes(enter: Enter, settings: ServerSettings) -> None:
    mia = enter("marketer")
    mia.open("/start")
    assert f"{settings.upload_limit / 1e6:.0f} MB and 100,000 rows" in mia.text.replace("\xa0", " ")
