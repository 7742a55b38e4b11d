"""docs/server.md says what the server does: roles, problems and settings."""

from __future__ import annotations

import re
from pathlib import Path

from evenhand.registry.identity import ROLES
from evenhand.server.auth import PERMISSIONS
from evenhand.server.problems import NAMES
from evenhand.server.settings import ServerSettings

PAGE = (Path(__file__).parents[2] / "docs/server.md").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, list[str]]:
    """Return the rows of the table under a heading, by the name in their first cell."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| `([^`]+)` \|(.*)\|$", part, re.M)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in found}


def test_the_table_of_roles_is_the_one_that_decides() -> None:
    heads = re.search(r"^\| permission \|(.*)\|$", PAGE, re.M)
    assert heads
    assert [name.strip() for name in heads[1].split("|")] == [role.replace("_", " ") for role in ROLES]
    assert table("Roles") == {
        permission: ["yes" if role in allowed else "" for role in ROLES] for permission, allowed in PERMISSIONS.items()
    }


def test_every_problem_is_listed() -> None:
    assert table("Problems") == {name: [str(status), title] for name, (status, title) in NAMES.items()}


def test_every_setting_is_listed_with_its_default() -> None:
    fields = ServerSettings.model_fields
    defaults = {name: "" if field.default == "" else f"`{field.default}`" for name, field in fields.items()}
    defaults["data_dir"] = "`~/.local/share/evenhand`"  # of most systems: XDG_DATA_HOME is asked first
    assert table("Settings") == {name: [defaults[name], str(field.description)] for name, field in fields.items()}
