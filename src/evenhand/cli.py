"""The command line: one command a step, each on the files of the step before, and `demo` for all of them."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from evenhand import __version__
from evenhand.errors import DataError, EvenhandError
from evenhand.progress import Bars

__all__ = ["app", "main"]

app = typer.Typer(
    name="evenhand",
    help="Learn how to change a customer segmentation, fairly, and prove it before anyone relies on it.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
out = Console(highlight=False, soft_wrap=not sys.stdout.isatty())

Folder = Annotated[Path, typer.Argument(help="The study's folder, as `evenhand ingest --out` made it.")]
Seed = Annotated[int, typer.Option(help="Everything random follows from it: same seed, same bytes.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes side by side; the results do not depend on it.")]
Tiny = Annotated[bool, typer.Option("--tiny", help="Budgets that try the machinery in seconds and prove nothing.")]
CORES = min(2, os.cpu_count() or 1)


def main() -> None:
    """Run the command line; any error that a user can mend is one line on standard error and status 2."""
    try:
        app()
    except EvenhandError as error:
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"evenhand: {error}")
        sys.exit(2)


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


@app.command()
def demo(
    root: Annotated[Path, typer.Option("--out", help="Where runs are kept.")] = Path("runs"),
    seed: Seed = 1,
    steps: Annotated[int | None, typer.Option(help="Steps of learning per seed.")] = None,
    workers: Workers = CORES,
    tiny: Tiny = False,
) -> None:
    """The main job, end to end, on 2,469 packaged grocery households; leaves runs/demo/report.html.

    Example: `evenhand demo --seed 2`
    """
    from evenhand.customers import demo_customers
    from evenhand.experiments import steps as step
    from evenhand.experiments.settings import StudySettings

    settings = StudySettings.preset("tiny" if tiny else "full").model_copy(
        update={"seed": seed, "attribute": "income"} | ({"steps": steps} if steps else {})
    )
    folder = step.fresh_run(root, now=datetime.now().strftime("%Y-%m-%dT%H-%M-%S"))
    customers = demo_customers()
    for notice in dict.fromkeys(n for source in customers.sources for n in source.notices):
        out.print(f"[dim]{notice}[/dim]")
    step.ingest_step(folder, customers)
    _say_customers(folder)
    _calibrate(folder, settings)
    _train(folder, settings, workers)
    _evaluate(folder, workers)
    _recommend(folder)
    _report(folder, step.link_latest(folder, "demo"))


@app.command()
def ingest(
    table: Annotated[Path, typer.Argument(help="Customers, one row each: CSV or Parquet.")],
    out_folder: Annotated[Path, typer.Option("--out", help="Folder to make; the later steps work in it.")],
    schema: Annotated[
        Path | None, typer.Option(help="What each column is for (TOML). Without it a draft is written for you.")
    ] = None,
    today: Annotated[
        Path | None, typer.Option(help="The segmentation that runs now (JSON). Without it: RFM segments.")
    ] = None,
) -> None:
    """Read a customer table, check it, and say what it holds.

    Example: `evenhand ingest customers.csv --schema schema.toml --out study`
    """
    from evenhand.customers import read_customers
    from evenhand.experiments.folder import StudyFolder
    from evenhand.experiments.steps import ingest_step
    from evenhand.segments import Segmentation

    customers = read_customers(table, schema=schema)
    if schema is None:
        draft = table.with_name("schema.draft.toml")
        draft.write_text(customers.schema.to_toml(), encoding="utf-8")
        out.print(f"No schema was given, so I wrote a draft: {draft}")
        protected = ", ".join(spec.column for spec in customers.schema.protected) or "nothing"
        out.print(f"  It takes as protected: {protected}. Please confirm that, then pass it with --schema {draft}")
    folder = StudyFolder(out_folder)
    running = None
    if today is not None:
        if not today.exists():
            raise DataError("there is no such file", where=str(today), mend="give the path of a segmentation")
        running = Segmentation.from_json(today.read_text(encoding="utf-8"))
    ingest_step(folder, customers, today=running)
    _say_customers(folder)
    if not customers.enough.ok:
        out.print(f"  {customers.enough.why}")


@app.command()
def calibrate(folder: Folder, seed: Seed = 1, tiny: Tiny = False) -> None:
    """Calibrate a simulator on the customers and say how real it is on held-out ones.

    Example: `evenhand calibrate study`
    """
    _calibrate(_study(folder), _settings(tiny, seed=seed))


@app.command()
def train(
    folder: Folder,
    seed: Seed = 1,
    attribute: Annotated[
        str | None, typer.Option(help="Protected attribute whose groups must be offered benefits alike.")
    ] = None,
    tolerance: Annotated[float, typer.Option(help="Largest gap between two of its groups.")] = 0.05,
    steps: Annotated[int | None, typer.Option(help="Steps of learning per training seed.")] = None,
    training_seeds: Annotated[int | None, typer.Option(min=1, help="How many trainings.")] = None,
    workers: Workers = CORES,
    tiny: Tiny = False,
) -> None:
    """Tune the opponents, learn how to change the segmentation, keep the best fair policy.

    Example: `evenhand train study --attribute income --tolerance 0.05 --steps 200000`
    """
    changes: dict[str, Any] = {"attribute": attribute, "tolerance": tolerance}
    changes |= {"steps": steps} if steps else {}
    changes |= {"training_seeds": training_seeds} if training_seeds else {}
    _train(_study(folder), _settings(tiny, seed=seed, **changes), workers)


@app.command()
def evaluate(folder: Folder, workers: Workers = CORES) -> None:
    """Compare the learned policy with every opponent on unseen populations.

    Example: `evenhand evaluate study`
    """
    _evaluate(_study(folder), workers)


@app.command()
def recommend(folder: Folder) -> None:
    """Say which tweaks of today's segmentation come next, why, and what each should bring.

    Example: `evenhand recommend study`
    """
    _recommend(_study(folder))


@app.command()
def report(folder: Folder) -> None:
    """Gather what the steps found into report.json and report.html.

    Example: `evenhand report study`
    """
    study = _study(folder)
    _report(study, study.path)


def _study(path: Path) -> Any:
    from evenhand.experiments.folder import StudyFolder

    if not path.is_dir():
        raise DataError("there is no such folder", where=str(path), mend="make it with `evenhand ingest ... --out`")
    return StudyFolder(path)


def _settings(tiny: bool, **changes: Any) -> Any:
    from pydantic import ValidationError

    from evenhand.experiments.settings import StudySettings

    base = StudySettings.preset("tiny" if tiny else "full").model_dump()
    try:
        return StudySettings(**{**base, **changes})
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(f"{first['loc'][0]} = {first['input']!r}", rule=first["msg"]) from None


def _say_customers(folder: Any) -> None:
    customers, today = folder.customers(), folder.today()
    out.print(f"[bold]1 Customers[/bold]     {customers!r}")
    contacts = {segment.campaign for segment in today.every} - {"none"}
    out.print(f"[bold]2 Today[/bold]         {len(today.every)} segments · {len(contacts)} campaigns")


def _calibrate(folder: Any, settings: Any) -> None:
    from evenhand.experiments.steps import calibrate_step
    from evenhand.simulator.realism import Realism

    with Bars(out, {}) as bars:
        calibrate_step(folder, settings, bars.tell)
    found = Realism.from_dict(folder.read_plain("realism.json"))
    said = (
        f"AUC {found.joint:.2f} (0.50 is perfect, {found.copy_joint:.2f} copies the past)"
        if found.enough
        else f"not compared with reality: {found.reason}"
    )
    out.print(
        f"[bold]3 Simulator[/bold]     calibrated · held-out customers simulated {found.weeks} weeks forward: {said}"
    )


def _train(folder: Any, settings: Any, workers: int) -> None:
    from evenhand.experiments.steps import train_step

    totals = {f"seed {k + 1}": settings.steps for k in range(settings.training_seeds)}
    with Bars(out, totals) as bars:
        train_step(folder, settings, workers=workers, tell=bars.tell)
    learning = folder.read_plain("learning.json")["seeds"]
    kept = next(p for p in learning[0]["points"] if p["steps"] == learning[0]["chosen"])
    reference = folder.read_plain("opponents.json")["shadow"]["profit"]
    out.print(
        f"[bold]4 Learning[/bold]      {settings.steps:,} steps x {settings.training_seeds} seeds · "
        f"profit over today {kept['profit']:+.4f} (best-tuned greedy {reference:+.4f}) · gap {kept['gap']:.3f}"
    )


def _evaluate(folder: Any, workers: int) -> None:
    from evenhand.experiments.steps import evaluate_step

    settings = folder.settings()
    names = ("today", "random", "rfm", "kmeans", "greedy", "greedy-shielded", "greedy-shadow", "learned")
    totals = dict.fromkeys(
        [*names, *(f"learned-seed-{k + 2}" for k in range(settings.training_seeds - 1))], settings.populations
    )
    with Bars(out, totals) as bars:
        evaluation = evaluate_step(folder, workers=workers, tell=bars.tell)
    out.print(f"[bold]5 Evidence[/bold]      {settings.populations} unseen populations, same luck for every policy")
    comparison = evaluation.comparison
    if comparison:
        out.print(
            f"                learned minus {comparison.baseline}: {comparison.mean:+.4f} "
            f"[{comparison.low:+.4f}, {comparison.high:+.4f}] per customer and week"
        )


def _recommend(folder: Any) -> None:
    from evenhand.experiments.steps import recommend_step

    with Bars(out, {"recommend": folder.settings().recommendations + 1}) as bars:
        found = recommend_step(folder, bars.tell)
    out.print("[bold]6 Next tweaks[/bold]")
    for k, tweak in enumerate(found, start=1):
        effect = tweak.expected["profit"]
        out.print(f"  {k}. {tweak.sentence}")
        out.print(
            f"     profit {effect.mean:+.4f} [{effect.low:+.4f}, {effect.high:+.4f}] per customer and week "
            f"(simulated), {tweak.affected_customers:,} customers. {tweak.reason}"
        )
    if not found:
        out.print("  none: keep what runs")


def _report(folder: Any, shown: Path) -> None:
    from evenhand.experiments.report import policies_table, verdict_line
    from evenhand.experiments.steps import report_step

    made = report_step(folder)
    if made.policies:
        Console(width=max(out.width, 118), highlight=False).print(policies_table(made))
    out.print(verdict_line(made))
    out.print(f"Report: {shown / 'report.html'}")
