"""The server on the command line: `serve`, `load`, `showcase`, and who may come in: `user` and `key`."""

from __future__ import annotations

import re
import secrets
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evenhand.cli import showing_off
from evenhand.cli.opening import Data, Url, now, opened, operator, prepare, server_settings
from evenhand.cli.saying import lines, out, show_table
from evenhand.errors import DataError

if TYPE_CHECKING:
    from evenhand.registry.identity import Key, Passwords
    from evenhand.server.settings import ServerSettings

__all__ = ["add_to"]

Name = Annotated[str, typer.Argument(help="Log-in name: a-z, 0-9, dot, dash, underscore.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make a password up and print it once.")]
GENERATED_BYTES = 15  # 120 random bits, 20 characters

user = typer.Typer(help="Who may come in.", no_args_is_help=True, rich_markup_mode=None)
key = typer.Typer(help="API keys: how programs come in.", no_args_is_help=True, rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    """Add the commands `serve`, `load`, `showcase`, `user` and `key`."""
    app.command(
        short_help="Run the policy server.",
        epilog="\b\nExamples:\n  evenhand user add ann --role administrator\n  evenhand serve\n"
        "  evenhand serve --database-url postgresql+psycopg://evenhand@db/evenhand --workers 4",
    )(serve)
    app.command(
        short_help="Take a study over into the server.",
        epilog="\b\nExamples:\n  evenhand load runs/demo\n  evenhand load study --as winter --key public_key.pem",
    )(load)
    showing_off.add_to(app)
    app.add_typer(user, name="user")
    app.add_typer(key, name="key")


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port.", show_default="8080")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes side by side.", show_default="2")] = None,
    database_url: Url = None,
    data_dir: Data = None,
) -> None:
    """Run the policy server until Ctrl-C.

    Everything else is set by EVENHAND_* in the environment (docs/server.md). An SQLite file is made and migrated by
    itself; on PostgreSQL run `evenhand db migrate` first.
    """
    from evenhand.server.run import serve as run

    settings = server_settings(database_url, data_dir, host=host, port=port, workers=workers)
    prepare(settings)
    run(settings, say=lambda line: lines([line], indent=0))


def load(
    study: Annotated[Path, typer.Argument(help="Folder of a study; its export comes along, if there is one.")],
    name: Annotated[
        str | None, typer.Option("--as", help="Name of the segmentation.", show_default="the folder's name")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="Public key of whoever exported the policy.", show_default="your own")
    ] = None,
    database_url: Url = None,
    data_dir: Data = None,
) -> None:
    """Take a study over: its segmentation as version 1, its customers and simulator, and its policy.

    A candidate recommends nothing until the gate has let it through: `evenhand validate STUDY` tries it first, and what
    was decided comes along. The key is trusted from now on.
    """
    from evenhand.registry.keys import trusted_key
    from evenhand.server.importing import load_study

    settings = server_settings(database_url, data_dir)
    prepare(settings)
    called = name or re.sub(r"[^a-z0-9]+", "-", study.resolve().name.lower()).strip("-")
    with opened(settings) as database:
        found = load_study(
            study, called, database=database, data_dir=settings.data_dir, key=trusted_key(key), actor=operator(),
            now=now(),
        )  # fmt: skip
    lines([f"Segmentation {found.segmentation}: {found.customers:,} customers, version 1 in force"], indent=0)
    if found.policy is not None:
        what = "the gate has not let it through, so it recommends nothing"
        said = what if found.policy.level == "candidate" else "it may recommend; each tweak needs a person"
        lines([f"Policy {found.policy.id}: {found.policy.level}; {said}"], indent=0)


@user.command("add", short_help="Make a user.")
def add_user(
    name: Name,
    role: Annotated[list[str], typer.Option(help="A role; again for each.")],
    display: Annotated[str, typer.Option(help="Name as others see it.", show_default="the log-in name")] = "",
    generate: Generate = False,
    database_url: Url = None,
    data_dir: Data = None,
) -> None:
    """Make a user: a person with a password, which is asked for, or a `service`, which comes in by API keys."""
    from evenhand.registry.identity import add_user as add
    from evenhand.registry.identity import check_roles
    from evenhand.registry.identity.users import check_name

    check_name(name)
    settings = server_settings(database_url, data_dir)
    password = None if check_roles(role) == ("service",) else _password(name, generate)
    with opened(settings) as database, database.writing() as connection:
        add(
            connection,
            name,
            roles=role,
            display=display,
            password=password,
            passwords=_passwords(settings),
            actor=operator(),
            now=now(),
        )
    lines([f"{name} may come in as {', '.join(role)}"], indent=0)
    if password and generate:
        out.print(f"Password, shown this once: {password}")


@user.command("list", short_help="Show the users.")
def list_users(database_url: Url = None, data_dir: Data = None) -> None:
    """Show the users and their roles."""
    from evenhand.registry.identity import list_users as found

    with opened(server_settings(database_url, data_dir)) as database, database.reading() as connection:
        users = found(connection, limit=10_000)
    _show(
        ("user", "shown as", "roles", "comes in", "since"),
        [(u.name, u.display, ", ".join(u.roles), _way_in(u), f"{u.created_at:%Y-%m-%d}") for u in users],
    )


@user.command("disable", short_help="Shut a user out.")
def disable(
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Let the user in again.")] = False,
    database_url: Url = None,
    data_dir: Data = None,
) -> None:
    """Shut a user out: sessions end at once, keys within a second. None is ever deleted: the audit log names them."""
    from evenhand.registry.identity import change_user

    with opened(server_settings(database_url, data_dir)) as database, database.writing() as connection:
        change_user(connection, name, disabled=not undo, actor=operator(), now=now())
    lines([f"{name} {'may come in again' if undo else 'is shut out'}"], indent=0)


@user.command("set-password", short_help="Give a user another password.")
def set_password(name: Name, generate: Generate = False, database_url: Url = None, data_dir: Data = None) -> None:
    """Give a user another password and end all sessions of that user."""
    from evenhand.registry.identity import set_password as give

    settings = server_settings(database_url, data_dir)
    password = _password(name, generate)
    with opened(settings) as database, database.writing() as connection:
        give(connection, name, password, passwords=_passwords(settings), actor=operator(), now=now())
    lines([f"{name} has another password; every session has ended"], indent=0)
    if generate:
        out.print(f"Password, shown this once: {password}")


@key.command("create", short_help="Make a key.")
def create_key(
    owner: Annotated[str, typer.Argument(help="Whose key it is.")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    scope: Annotated[
        list[str] | None, typer.Option(help="A permission; again for each.", show_default="all that the owner has")
    ] = None,
    days: Annotated[float | None, typer.Option(help="Days until it ends.", show_default="90")] = None,
    database_url: Url = None,
    data_dir: Data = None,
) -> None:
    """Make a key for a user or a service and print it once."""
    from evenhand.registry.identity import create_key as create
    from evenhand.registry.identity import find_user
    from evenhand.server.auth.permissions import permissions_of

    settings = server_settings(database_url, data_dir)
    with opened(settings) as database, database.writing() as connection:
        permitted = permissions_of(find_user(connection, owner).roles)
        scopes, life = scope or sorted(permitted), _life(settings, days)
        text, made = create(
            connection, owner, name=name, scopes=scopes, permitted=permitted, life=life, actor=operator(), now=now()
        )
    _say_key(text, made)


@key.command("list", short_help="Show the keys.")
def list_keys(
    owner: Annotated[str | None, typer.Argument(help="Whose; all without it.")] = None,
    database_url: Url = None,
    data_dir: Data = None,
) -> None:
    """Show the keys, without their secrets."""
    from evenhand.registry.identity import list_keys as found

    with opened(server_settings(database_url, data_dir)) as database, database.reading() as connection:
        keys = found(connection, owner=owner, limit=10_000)
    _show(
        ("key", "owner", "for", "scopes", "state"),
        [(k.id, k.owner, k.name, ", ".join(k.scopes), _state(k)) for k in keys],
    )


@key.command("rotate", short_help="Replace a key.")
def rotate(
    id: Annotated[str, typer.Argument(help="Id of the key: the part behind evh_.")],
    grace: Annotated[float, typer.Option(min=0, max=720, help="Hours for which the old one still works.")] = 0,
    days: Annotated[float | None, typer.Option(help="Days until the new one ends.", show_default="90")] = None,
    database_url: Url = None,
    data_dir: Data = None,
) -> None:
    """Replace a key by one of the same name and scopes and print that once."""
    from evenhand.registry.identity import rotate_key

    settings = server_settings(database_url, data_dir)
    with opened(settings) as database, database.writing() as connection:
        text, made = rotate_key(
            connection, id, grace=timedelta(hours=grace), life=_life(settings, days), actor=operator(), now=now()
        )
    _say_key(text, made)


@key.command("revoke", short_help="End a key.")
def revoke(
    id: Annotated[str, typer.Argument(help="Id of the key.")], database_url: Url = None, data_dir: Data = None
) -> None:
    """End a key; running servers refuse it within a second."""
    from evenhand.registry.identity import revoke_key

    with opened(server_settings(database_url, data_dir)) as database, database.writing() as connection:
        revoke_key(connection, id, actor=operator(), now=now())
    lines([f"{id} is revoked"], indent=0)


def _passwords(settings: ServerSettings) -> Passwords:
    from evenhand.registry.identity import Passwords

    return Passwords(settings.password_memory, settings.password_passes)


def _password(name: str, generate: bool) -> str:
    """Return a password: made up, or asked for twice, or read from a pipe."""
    from evenhand.registry.identity import check_password

    if generate:
        return secrets.token_urlsafe(GENERATED_BYTES)
    if sys.stdin.isatty():
        return check_password(typer.prompt("Password", hide_input=True, confirmation_prompt=True), name=name)
    return check_password(sys.stdin.readline().rstrip("\r\n"), name=name)


def _life(settings: ServerSettings, days: float | None) -> timedelta:
    try:
        return timedelta(days=settings.key_days if days is None else days)
    except (OverflowError, ValueError):
        raise DataError("--days is out of range", rule="up to 3650") from None


def _way_in(user: Any) -> str:
    return "shut out" if user.disabled else "password, keys" if user.password_hash else "keys"


def _state(key: Key) -> str:
    if key.works(now()):
        return f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else "works"
    return "revoked" if key.revoked_at else "ended"


def _say_key(text: str, made: Key) -> None:
    lines([f"Key {made.id} of {made.owner}, {_state(made)}: {', '.join(made.scopes)}"], indent=0)
    out.print(f"Shown this once: {text}")


def _show(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    show_table(table)
