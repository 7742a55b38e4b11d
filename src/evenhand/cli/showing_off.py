"""`evenhand showcase`: a study, ready to be looked at in the server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.asking import Workers, examples, study_at
from evenhand.cli.opening import Data, Url, opened, operator, server_settings
from evenhand.cli.saying import lines, out

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the command `showcase`."""
    app.command(
        short_help="Make a study ready to look at in the server.",
        epilog=examples("evenhand showcase runs/demo --data-dir runs/serve && evenhand serve --data-dir runs/serve"),
    )(showcase)


def showcase(
    folder: Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of a study that has been trained.")],
    name: Annotated[str, typer.Option("--as", help="Name of the segmentation.")] = "demo",
    populations: Annotated[
        int | None, typer.Option(help="Simulated businesses of the trial.", show_default="256")
    ] = None,
    customers: Annotated[
        int | None, typer.Option(min=50, help="Customers in each.", show_default="as many as there are, at most 1000")
    ] = None,
    workers: Workers = None,
    database_url: Url = None,
    data_dir: Data = None,
) -> None:
    """Export a study's policy, try it in simulated businesses, load it, ask for three changes, make two log-ins.

    What is there already stays as it is, so that a second call changes nothing. The changes are the policy's tweaks;
    where it has fewer, or the gate does not let it through, changes made by hand stand in the author's name.
    """
    settings, study = server_settings(database_url, data_dir), study_at(folder).path
    _validated(study, populations, customers, workers)
    from evenhand.registry.keys import signing_key
    from evenhand.server.deps import utc_now
    from evenhand.server.showcase import show_study

    with opened(settings) as database:
        found = show_study(
            study, name, database=database, settings=settings, key=signing_key().public_key(), actor=operator(),
            clock=utc_now,
        )  # fmt: skip
    state = found.state
    head = f"Segmentation {name}: version {state.version}"
    policy = f"policy {state.policy} is {state.level}" if state.policy else "no policy is validated"
    made = f"{found.by_policy + found.by_hand} change requests: {found.by_policy} by a policy, {found.by_hand} by hand"
    lines([f"{head} · {policy} · {made}"], indent=0)
    if not found.passwords:
        lines(["Log-ins: author, reviewer. Passwords are shown once; for another one:"], indent=0)
        lines([f"evenhand user set-password reviewer --generate --data-dir {settings.data_dir}"])
    for user, password in found.passwords.items():
        out.print(f"Log-in {user:<8}  password, shown this once: {password}")


def _validated(study: Path, populations: int | None, customers: int | None, workers: int | None) -> None:
    """Export and try the policy, where that has not been done."""
    from evenhand.agents.export.seal import open_sealed
    from evenhand.cli.validating import say_decision, tried
    from evenhand.registry.keys import signing_key

    if not (study / "export").is_dir():
        from evenhand.experiments.exporting import export_step
        from evenhand.experiments.folder import StudyFolder

        export_step(StudyFolder(study))
    opened = open_sealed(study / "export", signing_key().public_key())
    found = tried(study, opened, populations=populations, customers=customers, workers=workers)
    if not found.known:
        say_decision(found.record)
