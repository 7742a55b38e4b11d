"""Write what a schema looks like when it is released, with the sample's rows, so that later migrations start from it.

    EVENHAND_TEST_POSTGRES_URL=… .venv/bin/python -m tests.registry.released

Run it in the commit that adds a migration or a table (and give the table its row in `sample.py`); files of released
schemas are never written again.
"""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url
from tests.registry.conftest import fresh_schema
from tests.registry.sample import fill

from evenhand.registry.database import Database
from evenhand.registry.migrations import migrate
from evenhand.registry.schema import SCHEMA

SCHEMAS = Path(__file__).parent / "schemas"
SESSION = ("--", "SET ", "SELECT pg_catalog.set_config", "CREATE SCHEMA", "\\")  # of pg_dump, not of the schema


def filled(url: str) -> None:
    migrate(url)
    with Database.open(url) as database, database.writing() as connection:
        fill(connection)


def of_sqlite() -> str:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "evenhand.db"
        filled(f"sqlite:///{file}")
        with closing(sqlite3.connect(file)) as connection:
            return "\n".join(connection.iterdump()) + "\n"


def of_postgresql() -> str:
    with fresh_schema() as text:
        filled(text)
        url = make_url(text)
        schema = str(url.query["options"]).partition("=")[2]
        plain = url.set(drivername="postgresql", query={}).render_as_string(hide_password=False)
        command = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", "-n", schema, plain]
        dumped = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in dumped.split("\n") if line.strip() and not line.startswith(SESSION)]
    return "\n".join(lines).replace(f"{schema}.", "") + "\n"


if __name__ == "__main__":
    (SCHEMAS / f"{SCHEMA}.sqlite.sql").write_text(of_sqlite(), encoding="utf-8")
    (SCHEMAS / f"{SCHEMA}.postgresql.sql").write_text(of_postgresql(), encoding="utf-8")
