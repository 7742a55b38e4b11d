"""Learning in a study, and what is found by it: search, train, evaluate, recommend, mitigate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from evenhand.cli.asking import (
    CORES,
    MOST_SEED,
    Attribute,
    Folder,
    Seed,
    Steps,
    Tiny,
    Tolerance,
    Twist,
    Workers,
    examples,
    processes,
    settings_of,
    study_at,
)
from evenhand.cli.stepping import evaluated, recommended, trained
from evenhand.errors import DataError

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the commands `search`, `train`, `evaluate`, `recommend` and `mitigate`."""
    app.command(
        short_help="Search hyperparameters of learning.",
        epilog=examples("evenhand search study --trials 20", "evenhand search study --trials 40 --steps 30000"),
    )(search)
    app.command(
        short_help="Tune the opponents, learn, keep the best fair policy.",
        epilog=examples(
            "evenhand train study", "evenhand train study --attribute income --tolerance 0.05 --steps 200000"
        ),
    )(train)
    app.command(
        short_help="Compare all policies on unseen populations.",
        epilog=examples(
            "evenhand evaluate study",
            "evenhand evaluate study --scenario shifted",
            "evenhand evaluate study/policy/1-seed-1000 random --on study/simulator.json",
            "evenhand evaluate rfm kmeans greedy-shadow --on coffee_tea --json",
        ),
    )(evaluate)
    app.command(
        short_help="Say which tweaks come next, and why.",
        epilog=examples("evenhand recommend study"),
    )(recommend)
    app.command(
        short_help="Compare fairness before, inside and after learning.",
        epilog=examples("evenhand mitigate study"),
    )(mitigate)


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

    settings = settings_of(tiny, seed=seed, attribute=attribute, tolerance=tolerance, steps=steps)
    search_study(study_at(folder), settings, trials=trials, workers=processes(workers, settings))


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
    whole_plans: Annotated[
        bool,
        typer.Option(
            "--whole-plans/--tweaks-only",
            help="May learning begin with a whole plan, where one is ahead of what runs, or is it to tweak what runs?",
        ),
    ] = True,
    workers: Workers = None,
    tiny: Tiny = False,
) -> None:
    """Tune the opponents, learn how to change the segmentation, keep the best fair policy.

    A training that was stopped goes on when the same command is given again. `tensorboard --logdir study/logs` shows
    how it learns.
    """
    settings = settings_of(
        tiny, seed=seed, attribute=attribute, tolerance=tolerance, steps=steps, training_seeds=training_seeds,
        whole_plans=whole_plans,
    )  # fmt: skip
    trained(study_at(folder), settings, workers, searched=searched)


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
    evaluated(study_at(Path(what[0])), workers, scenario=scenario, as_json=as_json)


def recommend(folder: Folder) -> None:
    """Say which changes come next, a plan to begin with before its tweaks, why, and what each should bring."""
    recommended(study_at(folder))


def mitigate(folder: Folder, workers: Workers = None) -> None:
    """Compare where fairness is seen to, on unseen populations: before learning, inside it, after it, all or nowhere.

    Before: customers are reweighed, so that group and response are independent. Inside: constraints and a shield, as
    the study's own policy learned. After: candidates are ranked anew. Three trainings with the study's budgets; those
    that were stopped go on. The next `evenhand report` shows the table.
    """
    from evenhand.cli.searching import mitigate_study

    study = study_at(folder)
    mitigate_study(study, workers=processes(workers, study.settings()))


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
