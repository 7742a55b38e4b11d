"""People at the live pages: they read HTML, fill in the forms that they find there, and press buttons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
from fastapi import FastAPI
from tests.server.client import Client
from tests.server.pages.markup import Element, Read, read
from tests.server.people import OPERATOR, PASSWORD

from evenhand.customers import Customers
from evenhand.customers.schema import Schema
from evenhand.registry import segmentations
from evenhand.segments import Segmentation
from evenhand.server.serving.business import folder_of

__all__ = ["HTML", "NAME", "Person", "customers", "settle"]

HTML = {"Accept": "text/html,application/xhtml+xml"}
NAME = "winter"
SCHEMA = Schema.model_validate(
    {
        "name": "Winter shop",
        "id": "customer",
        "features": [
            {"column": "recency", "label": "last purchase", "unit": "days ago", "role": "recency"},
            {"column": "trips", "label": "trips", "unit": "per month", "verb": "make", "role": "frequency"},
        ],
        "protected": [{"column": "age", "label": "age"}],
        "campaigns": [{"id": "A", "name": "Booklet", "beneficial": True}, {"id": "B", "name": "Leaflet"}],
    }
)


def customers(n: int = 1000) -> Customers:
    """Make customers of whom the old ones bought longer ago."""
    rng = np.random.default_rng(7)
    old = rng.random(n) < 0.4
    frame = pd.DataFrame(
        {
            "recency": np.round(rng.exponential(30, n) + 25 * old).astype(float),
            "trips": np.round(rng.gamma(2.0, 1.5, n), 1),
            "age": np.where(old, "old", "young"),
            "consent": rng.random(n) < 0.9,
        },
        index=pd.RangeIndex(n, name="customer"),
    )
    return Customers(frame, SCHEMA)


def today(catalogue: Any) -> Segmentation:
    """Divide them in three."""
    above = [("lapsed", "Lapsed", "recency", 60, "B"), ("loyal", "Loyal", "trips", 4, "A")]
    segments: Any = [
        {"id": id, "name": name, "campaign": campaign, "rule": {"rules": [{"field": f, "operator": ">=", "value": v}]}}
        for id, name, f, v, campaign in above
    ]
    empty = Segmentation.from_json({"catalogue": catalogue, "segments": [], "default": {"id": "x", "name": "x"}})
    default = {"id": "rest", "name": "Others", "campaign": "none"}
    return Segmentation.from_json({**empty.to_dict(), "segments": segments, "default": default})


def settle(app: FastAPI, *, table: bool = True, title: str = "Winter <sale>") -> None:
    """Put a segmentation on a server, with its customers or without."""
    deps, people = app.state.deps, customers()
    catalogue = Segmentation(catalogue=people.catalogue, segments=(), default=_nobody()).to_dict()["catalogue"]
    with deps.database.writing() as connection:
        segmentations.create(connection, NAME, today(catalogue), title=title, actor=OPERATOR, now=deps.clock())
    if table:
        folder: Path = folder_of(deps.settings.data_dir, NAME)
        folder.mkdir(parents=True)
        people.save(folder / "customers")


def _nobody() -> Any:
    from evenhand.segments import Segment

    return Segment(id="x", name="x")


class Person:
    """Somebody with a browser that runs no scripts."""

    def __init__(self, client: Client, name: str) -> None:
        self.client, self.name = client, name
        self.url, self.page, self.last = "", read(""), httpx.Response(200)

    def log_in(self, password: str = PASSWORD) -> Person:
        self.open("/")
        assert self.url.startswith("/log-in")
        self.send("/log-in", name=self.name, password=password)
        assert self.last.status_code == 200, self.text
        return self

    def open(self, url: str) -> Read:
        """Go to an address, wherever that leads."""
        return self._see("GET", url)

    def send(self, action: str, *, over: str = "", **fields: str) -> Read:
        """Fill in the form of the page that goes to an address, and send it with what it hides."""
        hidden = self.form(action, over)
        return self._see("POST", action, data={**hidden, **fields})

    def form(self, action: str, over: str = "") -> dict[str, str]:
        """Return the fields of a form as a browser would send them untouched; `over` is a value that it must hide."""
        for fields in self.forms(action):
            if not over or over in fields.values():
                return fields
        raise AssertionError(f"no form goes to {action} on {self.url}")

    def forms(self, action: str) -> list[dict[str, str]]:
        """Return the fields of every form that goes to an address."""
        found: list[dict[str, str]] = []
        inside, select = False, ""
        for element in self.page.elements:
            if element.name == "form":
                inside = (element.attributes.get("action") or "") == action
                found += [{}] if inside else []
            elif inside and "form" in element.around:
                select = _fill(found[-1], element, select)
        return found

    @property
    def text(self) -> str:
        return " ".join(self.page.all("body")[0].text.split()) if self.page.all("body") else self.last.text

    def _see(self, method: str, url: str, **options: Any) -> Read:
        self.last = self.client.request(method, url, headers=HTML, follow_redirects=False, **options)
        hops = 0
        while self.last.status_code == 303 and hops < 5:
            url, hops = self.last.headers["location"], hops + 1
            self.last = self.client.get(url, headers=HTML, follow_redirects=False)
        self.url, self.page = url, read(self.last.text)
        return self.page


def _fill(fields: dict[str, str], element: Element, select: str) -> str:
    """Note what a control holds; returns the select that is open."""
    name, kind = element.attributes.get("name") or "", element.attributes.get("type") or "text"
    if element.name == "select":
        return name
    if element.name == "option" and ("selected" in element.attributes or select not in fields):
        value = element.attributes.get("value")
        fields[select] = element.text if value is None else value
    elif element.name == "textarea" and name:
        fields[name] = element.text
    elif element.name == "input" and name and (kind not in ("radio", "checkbox") or "checked" in element.attributes):
        fields[name] = element.attributes.get("value") or ""
    return select
