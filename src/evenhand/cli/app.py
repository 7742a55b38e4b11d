"""The command line, put together: one module per group of commands, which asks, and says what was done."""

from __future__ import annotations

from typing import Annotated

import typer

from evenhand import __version__
from evenhand.cli import (
    gating,
    handing,
    learning,
    looping,
    planning,
    preparing,
    registering,
    rehearsing,
    serving,
    showing,
    telling,
    validating,
    weighing,
)
from evenhand.cli.saying import out

__all__ = ["app"]

# Heavy packages are imported by the commands that need them, so that `--help` answers at once.

app = typer.Typer(
    name="evenhand",
    help="""Learn how to change a customer segmentation, fairly, and prove it before anyone relies on it.

\b
See it work:          evenhand demo
On your own table:    evenhand ingest customers.csv --schema schema.toml --out study
  then, one by one:   evenhand calibrate study      (also: train, evaluate, recommend, report)
On real campaigns:    evenhand plan, record, ab, gate
As a server:          evenhand user add ann --role administrator, then evenhand serve

A wrong input ends with status 2 and one line that says what to mend.""",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: the same on a terminal, in a pipe and in a file
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(show: bool) -> None:
    if show:
        out.print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    pass


# Commands are listed in this order.
for group in (showing, preparing, learning, handing, validating, gating, looping, weighing, registering, serving):
    group.add_to(app)
for group in (rehearsing, telling):
    group.add_to(planning.ab)
app.add_typer(planning.ab, name="ab")
