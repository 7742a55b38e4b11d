"""The demo, read once, and the example business, read from files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.customers.example import HISTORY, LOG, SCHEMA, Reader, Shop, shop_tables

from evenhand.customers import Customers, demo_customers, read_customers


@pytest.fixture
def shop() -> Shop:
    return shop_tables()


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    def reader(tables: Shop, *, log: bool = False, history: bool = False, schema: str = SCHEMA) -> Customers:
        for name, table in tables.items():
            table.to_csv(tmp_path / f"{name}.csv", index=False)
        text = schema + LOG * log + HISTORY * history
        (tmp_path / "schema.toml").write_text(text, encoding="utf-8")
        return read_customers(tmp_path / "customers.csv", schema=tmp_path / "schema.toml")

    return reader


@pytest.fixture(scope="session")
def demo() -> Customers:
    return demo_customers()
