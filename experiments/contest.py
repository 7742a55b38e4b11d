"""Any mix of saved policies and baselines on any simulator: who they are, and where they meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand.agents import Layout, LearnedPolicy
from evenhand.agents.baselines.registry import OPPONENTS
from evenhand.customers import rfm_segmentation
from evenhand.envs import Setup
from evenhand.errors import ArtefactError, DataError, EvenhandError, RuleError, nearest
from evenhand.experiments.evaluation import Entrant, Evaluation, evaluate_entrants
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.opponents import entrants, tune_opponents
from evenhand.experiments.scenario import dynamics_of
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import customers_in_evidence, setup_of
from evenhand.fairness import DemographicParity
from evenhand.segments import Segment, Segmentation
from evenhand.segments.canonical import Json, read_json
from evenhand.simulator import Simulator
from evenhand.simulator.scenarios import draw_customers, names, world

__all__ = ["BASELINES", "Ring", "contest", "horizon_of", "named_policies", "open_simulator", "ring_of", "today_of"]

BASELINES = tuple(opponent.name for opponent in OPPONENTS)

Tell = Callable[[str, int], None]


@dataclass(frozen=True)
class Ring:
    """Where policies meet: customers, the segmentation they start from, limits, and budgets."""

    simulator: Simulator
    today: Segmentation
    setup: Setup
    settings: StudySettings


def open_simulator(on: str) -> Simulator:
    """Return the simulator of a file, or the world of that name; DataError names the nearest where it is neither."""
    if Path(on).exists():
        return Simulator.load(on)
    if on in names("world"):
        return world(on)
    if on in names("twist"):
        raise DataError(
            f"{on!r} is a twist of a simulator, not a world of its own",
            mend=f"name the simulator too: --on STUDY/simulator.json --scenario {on}",
        )
    close = nearest(on, names("world"))
    raise DataError(
        f"{on!r} is neither a file nor a world",
        mend=f"did you mean {close!r}?" if close else f"give a simulator.json, or one of {', '.join(names('world'))}",
    )


def today_of(on: str, simulator: Simulator, segmentation: Path | None = None) -> Segmentation:
    """Return what policies start from: the file, else the today.json beside the simulator, else RFM segments.

    Features, campaigns and protected names are the simulator's, whatever a file says.
    """
    beside = Path(on).with_name("today.json")
    path = segmentation or (beside if Path(on).exists() and beside.is_file() else None)
    if path is None:
        customers = draw_customers(simulator, simulator.content.customers, seed=1)
        return rfm_segmentation(customers)
    try:
        form = read_json(path.read_bytes(), where="segmentation")
        if not isinstance(form, dict):
            raise DataError("is no segmentation", rule="a JSON object with segments and default")
        return Segmentation.from_json({**form, "catalogue": _catalogue(simulator)})
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path), mend="give a segmentation") from None
    except EvenhandError as error:
        where = ", ".join(part for part in (str(path), error.where) if part)
        raise type(error)(error.what, where=where, rule=error.rule, mend=error.mend) from None


def _catalogue(simulator: Simulator) -> Json:
    everyone = Segment(id="everyone", name="Everyone", campaign=simulator.catalogue.campaigns[0].id)
    return Segmentation(catalogue=simulator.catalogue, segments=(), default=everyone).to_dict()["catalogue"]


def ring_of(
    simulator: Simulator,
    today: Segmentation,
    settings: StudySettings,
    *,
    constraints: Sequence[DemographicParity] | None = None,
) -> Ring:
    """Return the ring; without `constraints` the first attribute with two large groups is limited, as in a study."""
    return Ring(simulator, today, setup_of(simulator, today, settings, constraints=constraints), settings)


def named_policies(given: Sequence[str]) -> tuple[dict[str, LearnedPolicy], list[str]]:
    """Return the saved policies by name, and the baselines, in the order given.

    Each is a policy's folder, a study's (all its trainings, the chosen one first) or a baseline's name. DataError for
    anything else, with the nearest name.
    """
    policies: dict[str, LearnedPolicy] = {}
    baselines: list[str] = []
    for one in given:
        path = Path(one)
        if (path / "policy.json").is_file():
            policies[str(path)] = LearnedPolicy.load(path)
        elif path.is_dir():
            study = StudyFolder(path)
            policies |= {f"{path}, seed {p.manifest.get('seed', k)}": p for k, p in enumerate(study.policies())}
        elif one in BASELINES:
            baselines.append(one)
        else:
            close = nearest(one, BASELINES)
            raise DataError(
                f"{one!r} is neither a policy nor a baseline",
                rule="name policy folders, studies, or baselines",
                mend=f"did you mean {close!r}?" if close else f"the baselines are {', '.join(BASELINES)}",
            )
    return policies, baselines


def horizon_of(policies: dict[str, LearnedPolicy], *, otherwise: int) -> int:
    """Return the horizon that the policies were trained for; DataError where they differ."""
    found = {policy.settings.horizon for policy in policies.values()}
    if len(found) > 1:
        raise DataError(f"the policies were trained for horizons {sorted(found)}", mend="compare those of one horizon")
    return found.pop() if found else otherwise


def contest(
    policies: dict[str, LearnedPolicy],
    baselines: Sequence[str],
    ring: Ring,
    *,
    scenario: str = "",
    workers: int = 1,
    on_progress: Tell | None = None,
) -> Evaluation:
    """Compare; today's segmentation always enters, the baselines named are tuned on this simulator first.

    `scenario` twists the dynamics that everyone meets, after the tuning.
    """
    setup = ring.setup
    setups = {}
    for name, policy in policies.items():
        _fits(name, policy, setup, len(ring.simulator.catalogue.campaigns))
        setups[name] = _begun(name, policy, ring)
    layout = Layout(setup.max_segments, len(ring.simulator.catalogue.campaigns))
    tuned = tune_opponents(
        ring.simulator, setup, ring.settings, names=["today", *baselines], workers=workers, on_progress=on_progress
    )
    rows = [
        *entrants(setup, layout, tuned),
        *(Entrant(name, name, policy, setups[name], kind="learned") for name, policy in policies.items()),
    ]
    found = evaluate_entrants(
        rows, dynamics_of(scenario, ring.simulator), setup, populations=ring.settings.populations,
        n_customers=customers_in_evidence(ring.simulator, ring.settings), seed=ring.settings.seed,
        workers=workers, on_progress=on_progress,
    )  # fmt: skip
    return found.on(scenario)


def _fits(name: str, policy: LearnedPolicy, setup: Setup, n_campaigns: int) -> None:
    """Raise ArtefactError where a policy was trained for another business."""
    have, need = policy.settings, (setup.max_segments, n_campaigns)
    if (have.max_segments, have.n_campaigns) != need:
        raise ArtefactError(
            f"was trained for {have.n_campaigns} campaigns and {have.max_segments} segments at most, "
            f"here are {need[1]} and {need[0]}",
            where=name,
            mend="evaluate it on a simulator of its own business",
        )


def _begun(name: str, policy: LearnedPolicy, ring: Ring) -> Setup:
    """Return where a policy begins; ArtefactError where the plan that it begins with is for another simulator."""
    plan = policy.beginning
    if plan is None:
        return ring.setup
    ids = [[one.id for one in each.catalogue.campaigns] for each in (plan, ring.simulator)]
    try:
        if ids[0] != ids[1]:
            raise RuleError(f"campaigns {', '.join(ids[0])}, which are not those of this simulator")
        return ring.setup.begun_with(plan)
    except RuleError as error:
        raise ArtefactError(
            f"the plan that it begins with does not fit: {error.what}",
            where=name,
            rule="a policy begins with its plan, whose campaigns and thresholds are those of where it learned",
            mend="evaluate it where it learned, or one that was trained with --tweaks-only",
        ) from None
