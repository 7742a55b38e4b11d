"""A data scientist's day with Evenhand: from a customer table to tweaks that a person can review.

Run it on the demo households, with budgets that take some minutes (without --tiny) or that only try the machinery:

    python examples/notebook.py --tiny
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gymnasium
from sb3_contrib import MaskablePPO

import evenhand as eh


def study_of(customers: eh.Customers, attribute: str, settings: eh.StudySettings, workers: int | None) -> eh.Study:
    """Calibrate on the customers and train under a constraint on one protected attribute."""
    today = eh.rfm_segmentation(customers)  # or eh.Segmentation.from_json(...), what really runs
    print(*today.explain(), sep="\n")

    simulator = eh.calibrate(customers, seed=settings.seed, replicates=settings.replicates)
    print(simulator)
    print(simulator.parameters().groupby("origin").size())  # how many numbers the data gave, how many are priors

    parity = eh.DemographicParity(attribute, tolerance=0.05)
    return eh.train(simulator, today, constraints=[parity], settings=settings, workers=workers)


def realism(customers: eh.Customers) -> None:
    """Ask how real the simulator is: calibrate on 70 % of the customers, simulate the others forward."""
    fit, holdout = customers.split(0.7, seed=1)
    found = eh.calibrate(fit, replicates=3).realism(holdout, fit=fit)
    print(found)  # found.plot() is a figure


def own_learner(study: eh.Study, *, steps: int) -> MaskablePPO:
    """Let any learner that knows Gymnasium and action masks work on the same problem."""
    env = gymnasium.make(
        "evenhand:Segmentation-v0", simulator=study.simulator, segmentation=study.today, n_customers=200
    )
    return MaskablePPO("MlpPolicy", env, n_steps=26, batch_size=26, seed=1, device="cpu").learn(steps)


def main(
    customers: eh.Customers, attribute: str, settings: eh.StudySettings, folder: Path, workers: int | None = None
) -> None:
    """Go the whole way, and leave the plot and the tweaks in `folder`."""
    print(customers.quality())
    realism(customers)
    study = study_of(customers, attribute, settings, workers)

    result = study.evaluate(workers=workers or 2)  # unseen populations, the same luck for every policy
    print(result)
    result.plot().savefig(folder / "profit_and_gap.png")

    for tweak in study.recommend(customers):
        effect = tweak.expected["profit"]
        print(f"{tweak.sentence}\n  {effect.mean:+.4f} [{effect.low:+.4f}, {effect.high:+.4f}], {tweak.reason}")
    own_learner(study, steps=52)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="budgets that prove nothing")
    chosen = parser.parse_args()
    main(
        eh.demo_customers(),
        "income",
        eh.StudySettings.preset("tiny" if chosen.tiny else "full"),
        Path.cwd(),
    )
