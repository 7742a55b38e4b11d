from __future__ import annotations

import json

import pytest
from tests.experiments.rehearsal.stage import ARMS, LETTERS, NOTHING, people, planned, simulator

from evenhand.errors import DataError
from evenhand.experiments.rehearsal import Rehearsal, rehearse
from evenhand.experiments.rehearsal.course import look_days


@pytest.fixture(scope="module")
def found() -> Rehearsal:
    return rehearse(planned(), ARMS, people(), simulator(), populations=8, seed=1)


def test_a_challenger_that_is_plainly_better_ships_and_one_that_changes_nothing_does_not(found: Rehearsal) -> None:
    """An A/A trial ships by chance in at most 2.5 %: two or more of eight in 1.6 % of seeds, of which this is one."""
    assert found.endings["letters"].verdicts["SHIP"].of_them >= 7
    assert found.aa is not None
    assert found.aa["letters"].verdicts["SHIP"].of_them <= 1
    assert found.effects["letters"][0].truth.low > 0.05


def test_the_same_seed_gives_the_same_numbers_with_and_without_aa(found: Rehearsal) -> None:
    again = rehearse(planned(), ARMS, people(), simulator(), populations=8, seed=1, aa=False)
    assert again.aa is None
    assert {**again.to_dict(), "aa": 0} == {**found.to_dict(), "aa": 0}
    other = rehearse(planned(), ARMS, people(), simulator(), populations=2, seed=2, aa=False)
    assert other.effects != found.effects


def test_a_challenger_that_harms_is_stopped() -> None:
    """Today everyone gets letters; the challenger takes them away."""
    plan = planned(arms=[{"name": "today", "share": 0.5, "of": "l", "sha256": LETTERS.hash},
                         {"name": "letters", "share": 0.5, "of": "n", "sha256": NOTHING.hash}])  # fmt: skip
    arms = {"today": LETTERS, "letters": NOTHING}
    ended = rehearse(plan, arms, people(), simulator(), populations=4, aa=False).endings["letters"]
    assert ended.verdicts["STOP"].of_them >= 3
    assert ended.reasons[0][0].startswith("Harm beyond its margin: opened")


def test_what_is_found_is_said_with_its_interval_and_its_source(found: Rehearsal) -> None:
    said = repr(found)
    assert said.startswith("letters: rehearsed 8 times, 600 simulated customers; 2 looks, after 7, 14 days")
    assert "A/A, letters gets what the control gets: ships" in said
    assert "All numbers are simulated" in said
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["origin"] == "simulated"
    assert plain["endings"]["letters"]["verdicts"]["SHIP"]["n"] == 8


def test_more_customers_than_the_table_has_are_drawn_from_it_again() -> None:
    small = rehearse(planned(), ARMS, people(), simulator(), populations=2, size=250, aa=False)
    large = rehearse(planned(), ARMS, people(), simulator(), populations=2, size=1500, aa=False)
    assert (small.customers, large.customers) == (250, 1500)
    assert small.formula < large.formula


def test_looks_fall_on_days_and_the_last_on_the_last_one() -> None:
    assert look_days(planned(weeks=4, looks={"kind": "planned", "fractions": [0.1, 0.5, 1.0]})) == (
        (3, 3 / 28), (14, 0.5), (28, 1.0)
    )  # fmt: skip
    daily = look_days(planned(weeks=1, looks={"kind": "any-time", "expected": 20}))
    assert [day for day, _ in daily] == [1, 2, 3, 4, 5, 6, 7]


def test_a_guardrail_on_what_happens_to_nobody_is_judged() -> None:
    """Nobody unsubscribes in a week: its guardrail is kept, and the trial stays valid."""
    never = [{"metric": "unsubscribed", "margin": 0.2}]
    expected = {"units": 600, "metrics": [{"metric": "opened", "mean": 0.1, "effect": 0.1},
                                          {"metric": "unsubscribed", "mean": 0.01}]}  # fmt: skip
    plan = planned(guardrails=never, expected=expected, weeks=1)
    found = rehearse(plan, ARMS, people(), simulator(), populations=2, seed=1, aa=False)
    assert found.endings["letters"].verdicts["INVALID"].of_them == 0
    assert "no result for the guardrail" not in repr(found)


def test_what_cannot_be_rehearsed_is_said_to_be_so() -> None:
    with pytest.raises(DataError, match="randomises clusters"):
        rehearse(planned(cluster="household"), ARMS, people(), simulator(), populations=2)
    income = [{"attribute": "income", "groups": {"low": 0.5, "high": 0.5}}]
    with pytest.raises(DataError, match=r"no protected attribute 'income'.*age, region"):
        rehearse(planned(fairness=income), ARMS, people(), simulator(), populations=2)
    with pytest.raises(DataError, match="1 populations"):
        rehearse(planned(), ARMS, people(), simulator(), populations=1)
    strange = [{"name": "opened", "kind": "proportion", "column": "opend"}]
    expected = {"units": 600, "metrics": [{"metric": "opened", "mean": 0.1, "effect": 0.1}]}
    plan = planned(metrics=strange, guardrails=[], expected=expected)
    with pytest.raises(DataError, match="did you mean 'opened'"):
        rehearse(plan, ARMS, people(), simulator(), populations=2)
