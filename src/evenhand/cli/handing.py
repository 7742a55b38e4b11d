"""What a study hands to others: its report, and its policy, signed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.asking import Folder, examples, study_at
from evenhand.cli.stepping import reported

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the commands `report`, `export` and `verify`."""
    app.command(
        short_help="Write report.html and report.json.",
        epilog=examples("evenhand report study"),
    )(report)
    app.command(
        short_help="Write a policy to serve elsewhere, signed.",
        epilog=examples("evenhand export study", "evenhand export study --seed 1001 --out policy-1001"),
    )(export)
    app.command(
        short_help="Check that an exported policy is whole and whose it is.",
        epilog=examples("evenhand verify study/export", "evenhand verify policy --key public_key.pem"),
    )(verify)


def report(folder: Folder) -> None:
    """Gather what the steps found into report.json and report.html.

    Steps that have not run are left out, so a first report can be had right after ingest.
    """
    study = study_at(folder)
    reported(study, study.path)


def export(
    folder: Folder,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder to write.", show_default="`export` in the study")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Training seed of the policy.", show_default="that of the chosen policy")
    ] = None,
) -> None:
    """Write the learned policy as ONNX, with a card for people and a signed manifest that says what it was made from.

    It is signed with a key of your own, made on first use. Give others the public key that lies beside the policy by a
    way that they trust. An export is always a *candidate*: its evidence is simulated.
    """
    from evenhand.cli.exporting import export_study

    export_study(study_at(folder), out_folder, seed=seed)


def verify(
    folder: Annotated[Path, typer.Argument(help="An exported policy, as `evenhand export` wrote it.")],
    key: Annotated[
        Path | None,
        typer.Option(help="Public key of whoever signed it, got by a way that you trust.", show_default="your own"),
    ] = None,
) -> None:
    """Check signature and hashes of an exported policy, and that this release can serve it; nothing is unpickled."""
    from evenhand.cli.exporting import verify_folder

    verify_folder(folder, key)
