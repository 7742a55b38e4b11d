"""The commands, and how each is asked for; the work is done by `evenhand.experiments.steps`."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evenhand import __version__
from evenhand.cli import gating, looping, planning, rehearsing, saying, scenes, telling, weighing
from evenhand.cli.arriving import (
    confirmed,
    nobody_contacted,
    nothing_left,
    read_running,
    room_for_study,
    write_draft,
)
from evenhand.cli.progress import Bars
from evenhand.cli.saying import out
from evenhand.errors import CampaignError, DataError

if TYPE_CHECKING:
    from evenhand.experiments.folder import StudyFolder
    from evenhand.experiments.settings import StudySettings

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

A wrong input ends with status 2 and one line that says what to mend.""",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: the same on a terminal, in a pipe and in a file
    pretty_exceptions_enable=False,
    add_completion=False,
)

CORES = min(2, os.cpu_count() or 1)
WORTHWHILE = 32  # populations in the evidence
MOST_SEED = 1_000_000  # seeds of training are a thousand times as large, and must fit into 32 bits

Folder = Annotated[Path, typer.Argument(help="The study's folder, as `evenhand ingest --out` made it.")]
Seed = Annotated[
    int, typer.Option(min=0, max=MOST_SEED, help="Everything random follows from it: same seed, same result.")
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Processes side by side; the results do not depend on it.",
        show_default=f"{CORES}, and 1 for --tiny",
    ),
]
Steps = Annotated[int | None, typer.Option(min=1, help="Steps of learning per training seed.", show_default="200,000")]
Attribute = Annotated[
    str | None,
    typer.Option(
        help="Protected attribute whose groups must be offered benefits alike.",
        show_default="the first with two large groups",
    ),
]
Tolerance = Annotated[float, typer.Option(help="Largest gap between two of its groups, 0 to 1.")]
World = Annotated[str | None, typer.Option("--scenario", help="A world of `evenhand scenarios`, without any data.")]
Twist = Annotated[str, typer.Option("--scenario", help="A twist of `evenhand scenarios`.", show_default="none")]
Tiny = Annotated[bool, typer.Option("--tiny", help="Budgets that try the machinery in seconds and prove nothing.")]


def _examples(*commands: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  {command}" for command in commands)


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


@app.command(
    short_help="The main job, end to end, on packaged households.",
    epilog=_examples(
        "evenhand demo",
        "evenhand demo --seed 2 --out results",
        "evenhand demo --scenario coffee_tea       (a world without any data)",
        "evenhand demo --tiny                      (about a minute, proves nothing)",
    ),
)
def demo(
    root: Annotated[Path, typer.Option("--out", help="Folder that keeps the runs.")] = Path("runs"),
    seed: Seed = 1,
    steps: Steps = None,
    workers: Workers = None,
    scenario: World = None,
    tiny: Tiny = False,
) -> None:
    """The main job, end to end, on 2,469 packaged grocery households, or on the customers of a scenario.

    Reads them, calibrates a simulator, learns under a fairness constraint (income; of a scenario its first attribute),
    compares with every opponent and recommends tweaks. Each run has its own folder; RUNS/demo leads to the latest, with
    report.html and report.json.
    """
    from evenhand.customers import demo_customers
    from evenhand.experiments import steps as step

    settings = _settings(tiny, seed=seed, attribute=None if scenario else "income", steps=steps)
    customers = scenes.customers_of(scenario, seed=seed) if scenario else demo_customers()
    if root.exists() and not root.is_dir():
        raise DataError("is a file", where=str(root), rule="--out names a folder", mend="give another name")
    folder = step.fresh_run(root, now=datetime.now().strftime("%Y-%m-%dT%H-%M-%S"))
    saying.say_notices(customers)
    today = step.ingest_step(folder, customers)
    saying.say_customers(customers)
    saying.say_today(today)
    _calibrate(folder, settings)
    _train(folder, settings, workers)
    _evaluate(folder, workers)
    _recommend(folder)
    _report(folder, step.link_latest(folder, "demo"))


@app.command(
    short_help="Read and check a customer table.",
    epilog=_examples(
        "evenhand ingest customers.csv --out study",
        "evenhand ingest customers.csv --schema schema.toml --out study",
        "evenhand ingest customers.csv --schema schema.toml --today today.json --out study",
        "evenhand ingest --scenario coffee_tea --out study",
    ),
)
def ingest(
    out_folder: Annotated[Path, typer.Option("--out", help="Folder to make; the later steps work in it.")],
    table: Annotated[Path | None, typer.Argument(help="Customers, one row each: CSV or Parquet.")] = None,
    schema: Annotated[
        Path | None, typer.Option(help="What each column is for (TOML). Without it a draft is written for you.")
    ] = None,
    today: Annotated[
        Path | None, typer.Option(help="The segmentation that runs now (JSON). Without it: RFM segments.")
    ] = None,
    scenario: World = None,
    seed: Seed = 1,
) -> None:
    """Read a customer table, check it, and say what it holds.

    The schema names the id, the features, the protected attributes, the consent flag, the campaigns, and the files of
    a campaign log and a purchase history if there are any. Without it one is guessed and written beside the table as
    a draft, and you are asked to confirm what is protected. With --scenario and no table, customers of a world are
    simulated instead (--seed picks which).
    """
    from evenhand.customers import read_customers
    from evenhand.experiments.folder import StudyFolder
    from evenhand.experiments.steps import ingest_step

    scenes.table_or_scenario(table, scenario, schema)
    room_for_study(out_folder)
    customers = read_customers(table, schema=schema) if table else scenes.customers_of(scenario or "", seed=seed)
    running = read_running(today, customers) if today else None
    saying.say_customers(customers)
    saying.say_quality(customers)
    draft = None
    if table and schema is None:
        found = confirmed(customers.schema)
        draft = write_draft(found, table)
        customers = read_customers(table, schema=found)
    if running is None and not customers.schema.campaigns and schema is None:
        running = nobody_contacted(customers)
    with nothing_left(out_folder):
        segmentation = ingest_step(StudyFolder(out_folder), customers, today=running)
    saying.say_today(segmentation)
    if draft:
        saying.lines([f"The draft is {draft}: declare your campaigns in it, then"])
        saying.lines([f"evenhand ingest {table} --schema {draft} --out {out_folder}"], indent=4)
    elif customers.enough:
        saying.lines([f"Next: evenhand calibrate {out_folder}"])
    if not customers.enough:
        saying.lines([f"{customers.enough.why}."])


@app.command(
    short_help="Calibrate a simulator, say how real it is.",
    epilog=_examples(
        "evenhand calibrate study",
        "evenhand calibrate study --scenario no_delayed_effects",
        "evenhand calibrate demo --out simulator.json        (the simulator alone)",
    ),
)
def calibrate(
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="A study's folder; with --out also a saved table, or demo.")
    ],
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Only write a simulator to this file, and leave the study as it is.")
    ] = None,
    everyone: Annotated[
        bool, typer.Option("--all", help="With --out: use everyone; else 30 % are left to judge realism on.")
    ] = False,
    seed: Seed = 1,
    scenario: Twist = "",
    tiny: Tiny = False,
) -> None:
    """Calibrate a simulator on the customers and say how real it is on held-out ones; a scenario then twists it.

    In a study the later steps go on with it. With --out the simulator alone is written: one readable file with version,
    hash and no personal data.
    """
    settings = _settings(tiny, seed=seed)
    if out_file is not None:
        from evenhand.cli.calibrating import calibrate_to

        calibrate_to(out_file, data, seed=seed, replicates=settings.replicates, everyone=everyone, scenario=scenario)
        return
    if everyone:
        raise DataError("--all is given without --out", mend="name the file to write, or leave --all out")
    _calibrate(_study(Path(data)), settings, scenario=scenario)


@app.command(
    short_help="Judge a simulator on customers it has not seen.",
    epilog=_examples(
        "evenhand realism study/simulator.json study --out realism",
        "evenhand realism simulator.json demo --json",
        "evenhand realism simulator.json newcomers --all     (customers that the simulator never saw)",
    ),
)
def realism(
    file: Annotated[Path, typer.Argument(metavar="SIMULATOR", help="A simulator, as calibration saved it.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="A study's folder, a saved customer table, or demo.")],
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for realism.json, realism.html and pictures (PNG).")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Same seed, same report.")] = 0,
    everyone: Annotated[
        bool, typer.Option("--all", help="Judge on all customers, of whom the simulator has seen nobody.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every number as JSON, and nothing else.")] = False,
) -> None:
    """Simulate held-out customers forward from their first half year and compare with what they did.

    The 30 % of customers that `customers.fit` leaves out are judged on; whatever falls short of its target is said to
    fall short, and the status is 0 all the same. Takes about a minute on the packaged households.
    """
    from evenhand.cli.judging import judge

    judge(file, data, out_folder, seed=seed, everyone=everyone, as_json=as_json)


@app.command(
    short_help="Search hyperparameters of learning.",
    epilog=_examples("evenhand search study --trials 20", "evenhand search study --trials 40 --steps 30000"),
)
def search(
    folder: Folder,
    trials: Annotated[int, typer.Option(min=1, help="Trainings in all, those of an earlier call included.")],
    seed: Seed = 1,
    attribute: Attribute = None,
    tolerance: Tolerance = 0.05,
    steps: Steps = None,
    workers: Workers = None,
    tiny: Tiny = False,
) -> None:
    """Search hyperparameters of learning; trainings that fall behind end early.

    A search that was stopped goes on with the trials left when the same command is given again, and so does one that is
    asked for more. Trials are judged on validation populations. `evenhand train study --searched` uses the best.
    """
    from evenhand.cli.searching import search_study

    settings = _settings(tiny, seed=seed, attribute=attribute, tolerance=tolerance, steps=steps)
    search_study(_study(folder), settings, trials=trials, workers=_processes(workers, settings))


@app.command(
    short_help="Tune the opponents, learn, keep the best fair policy.",
    epilog=_examples("evenhand train study", "evenhand train study --attribute income --tolerance 0.05 --steps 200000"),
)
def train(
    folder: Folder,
    seed: Seed = 1,
    attribute: Attribute = None,
    tolerance: Tolerance = 0.05,
    steps: Steps = None,
    training_seeds: Annotated[int | None, typer.Option(min=1, help="How many trainings.", show_default="2")] = None,
    searched: Annotated[
        bool, typer.Option("--searched", help="Learn with the best hyperparameters of `evenhand search`.")
    ] = False,
    workers: Workers = None,
    tiny: Tiny = False,
) -> None:
    """Tune the opponents, learn how to change the segmentation, keep the best fair policy.

    A training that was stopped goes on when the same command is given again. `tensorboard --logdir study/logs` shows
    how it learns.
    """
    settings = _settings(
        tiny, seed=seed, attribute=attribute, tolerance=tolerance, steps=steps, training_seeds=training_seeds
    )
    _train(_study(folder), settings, workers, searched=searched)


@app.command(
    short_help="Compare all policies on unseen populations.",
    epilog=_examples(
        "evenhand evaluate study",
        "evenhand evaluate study --scenario shifted",
        "evenhand evaluate study/policy/1-seed-1000 random --on study/simulator.json",
        "evenhand evaluate rfm kmeans greedy-shadow --on coffee_tea --json",
    ),
)
def evaluate(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="STUDY | POLICY...",
            help="A study's folder; with --on any mix of policy folders, studies and baselines by name.",
        ),
    ],
    on: Annotated[
        str | None, typer.Option("--on", metavar="SIMULATOR", help="Where they meet: a simulator.json or a world.")
    ] = None,
    segmentation: Annotated[
        Path | None,
        typer.Option(help="With --on: what runs today (JSON).", show_default="the simulator's study's, or RFM"),
    ] = None,
    constraint: Annotated[
        list[str] | None,
        typer.Option(help="With --on: ATTRIBUTE=TOLERANCE, or none.", show_default="the first attribute, 0.05"),
    ] = None,
    populations: Annotated[int | None, typer.Option(help="With --on: unseen ones.", show_default="256")] = None,
    customers: Annotated[int | None, typer.Option(help="With --on: in each.", show_default="2500")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=MOST_SEED, help="With --on: same seed, same result.", show_default="1")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every number as JSON, and nothing else.")] = False,
    workers: Workers = None,
    scenario: Twist = "",
) -> None:
    """Compare policies on unseen populations, with the same luck for all.

    A study's learned policies meet every opponent, also on dynamics that nobody trained on; the study keeps the
    result. With the world that its customers were drawn from as scenario, policies meet that world itself.

    With --on any saved policies and baselines meet on any simulator, and today's segmentation with them. Baselines
    that have settings are tuned on that simulator first, a minute or two. Nothing is kept but what is printed.
    """
    if on is not None:
        from evenhand.cli.evaluating import evaluate_on

        evaluate_on(
            on, what, segmentation=segmentation, constraints=constraint or [], scenario=scenario,
            workers=workers or CORES, as_json=as_json, populations=populations, customers=customers, seed=seed,
        )  # fmt: skip
        return
    _alone(what, {"--segmentation": segmentation, "--constraint": constraint, "--populations": populations,
                  "--customers": customers, "--seed": seed})  # fmt: skip
    _evaluate(_study(Path(what[0])), workers, scenario=scenario, as_json=as_json)


@app.command(short_help="Say which tweaks come next, and why.", epilog=_examples("evenhand recommend study"))
def recommend(folder: Folder) -> None:
    """Say which tweaks of today's segmentation come next, why, and what each should bring."""
    _recommend(_study(folder))


@app.command(
    short_help="Compare fairness before, inside and after learning.", epilog=_examples("evenhand mitigate study")
)
def mitigate(folder: Folder, workers: Workers = None) -> None:
    """Compare where fairness is seen to, on unseen populations: before learning, inside it, after it, all or nowhere.

    Before: customers are reweighed, so that group and response are independent. Inside: constraints and a shield, as
    the study's own policy learned. After: candidates are ranked anew. Three trainings with the study's budgets; those
    that were stopped go on. The next `evenhand report` shows the table.
    """
    from evenhand.cli.searching import mitigate_study

    study = _study(folder)
    mitigate_study(study, workers=_processes(workers, study.settings()))


@app.command(short_help="Write report.html and report.json.", epilog=_examples("evenhand report study"))
def report(folder: Folder) -> None:
    """Gather what the steps found into report.json and report.html.

    Steps that have not run are left out, so a first report can be had right after ingest.
    """
    study = _study(folder)
    _report(study, study.path)


@app.command(
    short_help="Write a policy to serve elsewhere, signed.",
    epilog=_examples("evenhand export study", "evenhand export study --seed 1001 --out policy-1001"),
)
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

    export_study(_study(folder), out_folder, seed=seed)


@app.command(
    short_help="Check that an exported policy is whole and whose it is.",
    epilog=_examples("evenhand verify study/export", "evenhand verify policy --key public_key.pem"),
)
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


@app.command(short_help="List the scenarios, or say what one is.", epilog=_examples("evenhand scenarios coffee_tea"))
def scenarios(name: Annotated[str | None, typer.Argument(help="The scenario to say more about.")] = None) -> None:
    """List worlds that need no data and twists of any simulator, or say who and what one of them is about."""
    scenes.say_scenario(name) if name else scenes.say_scenarios()


rehearsing.add_to(planning.ab)
telling.add_to(planning.ab)
app.add_typer(planning.ab, name="ab")
app.command(
    short_help="Decide on a promotion, by evidence.",
    epilog=_examples(
        "evenhand gate --plan plan.json --evidence evidence.json --out record.json",
        "evenhand gate --replay record.json",
    ),
)(gating.gate)
looping.add_to(app)
weighing.add_to(app)


def _study(path: Path) -> StudyFolder:
    from evenhand.experiments.folder import StudyFolder

    if not path.is_dir():
        what = "is a file" if path.exists() else "there is no such folder"
        raise DataError(what, where=str(path), mend="make a study with `evenhand ingest ... --out`")
    return StudyFolder(path)


def _settings(tiny: bool, **changes: Any) -> StudySettings:
    """Return the preset with what was asked for; None keeps the preset's."""
    from evenhand.experiments.settings import StudySettings

    asked = {name: value for name, value in changes.items() if value is not None}
    return StudySettings.preset("tiny" if tiny else "full").changed(**asked)


def _processes(asked: int | None, settings: StudySettings) -> int:
    """Return how many processes to use: a budget of seconds does not pay for starting any."""
    return asked or (1 if settings.populations < WORTHWHILE else CORES)


def _calibrate(folder: StudyFolder, settings: StudySettings, *, scenario: str = "") -> None:
    from evenhand.experiments.steps import calibrate_step
    from evenhand.simulator import Realism

    _campaigns(folder)
    with Bars(out, {}) as bars:
        calibrate_step(folder, settings, bars.tell, scenario=scenario)
    saying.say_realism(Realism.from_dict(folder.read_plain("realism.json")))


def _campaigns(folder: StudyFolder) -> None:
    """Raise CampaignError where a study has no campaign to give to anyone."""
    customers = folder.customers()
    if customers.enough and not customers.schema.campaigns:
        raise CampaignError(
            "no campaign is declared",
            where=str(folder.path),
            rule="there must be something to send before anyone can learn what to send to whom",
            mend="declare [[campaigns]] in the schema and ingest again",
        )


def _train(folder: StudyFolder, settings: StudySettings, workers: int | None, *, searched: bool = False) -> None:
    from evenhand.experiments.setup import attribute_of
    from evenhand.experiments.steps import train_step

    totals = {f"seed {k + 1}": settings.steps for k in range(settings.training_seeds)}
    with Bars(out, totals) as bars:
        train_step(folder, settings, workers=_processes(workers, settings), tell=bars.tell, searched=searched)
    best = folder.read_plain("learning.json")["seeds"][0]
    kept = next(point for point in best["points"] if point["steps"] == best["chosen"])
    saying.say_learning(
        settings,
        profit=kept["profit"],
        gap=kept["gap"],
        greedy=folder.read_plain("opponents.json")["greedy-shadow"]["profit"],
        attribute=attribute_of(folder.simulator(), settings),
    )


def _alone(what: list[str], only_on: dict[str, Any]) -> None:
    """Raise DataError unless one study stands alone, as it must without --on."""
    given = [name for name, value in only_on.items() if value is not None]
    if given:
        raise DataError(f"{given[0]} is given without --on", rule="a study has its own", mend="leave it out")
    single = len(what) == 1 and not (Path(what[0]) / "policy.json").is_file()
    if not single:
        raise DataError(
            f"where is {what[0]} to be evaluated?",
            rule="without --on one study is evaluated, on its own simulator",
            mend="name a simulator with --on",
        )


def _evaluate(folder: StudyFolder, workers: int | None, *, scenario: str = "", as_json: bool = False) -> None:
    from evenhand.experiments.steps import evaluate_step

    settings = folder.settings()
    with Bars(out, {}, total=settings.populations) as bars:
        evaluation = evaluate_step(folder, workers=_processes(workers, settings), tell=bars.tell, scenario=scenario)
    if as_json:
        typer.echo((folder.path / "evaluation.json").read_text(encoding="utf-8"), nl=False)
        return
    saying.say_evidence(evaluation, settings.populations)
    if scenario:
        saying.lines([f"The study's evidence is now that of {scenario}; without it: evenhand evaluate {folder.path}"])


def _recommend(folder: StudyFolder) -> None:
    from evenhand.experiments.steps import recommend_step

    most = 2 * folder.settings().recommendations + 1  # twice as many are simulated as are wanted, and holding
    with Bars(out, {"recommend": most}) as bars:
        found = recommend_step(folder, bars.tell)
    saying.say_tweaks(found)


def _report(folder: StudyFolder, shown: Path) -> None:
    from evenhand.experiments.report import verdict_line
    from evenhand.experiments.steps import report_step

    made = report_step(folder)
    if made.policies:
        saying.say_policies(made)
    out.print(verdict_line(made))
    out.print(f"Report: {shown / 'report.html'}")
