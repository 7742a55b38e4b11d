"""Hash assignment: repeatable in any language, uniform, independent across salts, and it never moves anyone."""

from __future__ import annotations

import hashlib
import re
from fractions import Fraction
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, chi2_contingency

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.trial.assignment import (
    HELD_BACK,
    OUTSIDE,
    Arm,
    Assignment,
    Holdback,
    below,
    buckets,
    exact_share,
)

PAGE = Path(__file__).parents[3] / "docs/experiments/assignment.md"
VECTORS = re.findall(
    r"^\| `([^`]*)` \| `([^`]*)` \| `([^`]*)` \| `([0-9a-f]{16})` \| ([\d.]+) \|$", PAGE.read_text(), re.M
)
ERROR = 1e-4  # a right program fails each statistical test of this module with this probability over all salts


def second(salt: str, purpose: str, unit: str) -> int:
    """Another implementation, from the page's words alone."""
    digest = hashlib.sha256()
    digest.update("|".join(["v1", salt, purpose, unit]).encode("utf-8"))
    return int(digest.hexdigest()[:16], 16)


def halves(salt: str = "spring-2026", **more: object) -> Assignment:
    return Assignment(salt, (Arm.of("control", 0.5), Arm.of("learned", 0.5)), **more)  # type: ignore[arg-type]


def test_the_published_vectors_hold() -> None:
    assert len(VECTORS) >= 8
    for salt, purpose, unit, bucket, point in VECTORS:
        assert f"{int(buckets(salt, purpose, [unit])[0]):016x}" == bucket == f"{second(salt, purpose, unit):016x}"
        assert f"{int(bucket, 16) / 2**64:.6f}" == point


@given(
    salt=st.text(st.characters(categories=["L", "N"], include_characters="-_ "), min_size=1).filter(str.strip),
    units=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=5),
)
def test_a_second_implementation_agrees(salt: str, units: list[str]) -> None:
    assert buckets(salt, "arm", units).tolist() == [second(salt, "arm", unit) for unit in units]


def test_sql_agrees_row_by_row() -> None:
    """The expression that the page gives, run by DuckDB."""
    said = re.search(r"```sql\n(.*?)```", PAGE.read_text(), re.S)
    assert said is not None
    customers = pd.DataFrame({"customer_id": np.arange(2000)})
    connection = duckdb.connect()
    connection.register("customers", customers)
    found = connection.sql(said[1].rstrip().rstrip(";")).df().sort_values("customer_id")["arm"]
    arms = Assignment("spring-2026", (Arm.of("control", 0.5), Arm.of("learned", "1/4"), Arm.of("greedy", "1/4")))
    names = np.array([arm.name for arm in arms.arms])
    assert found.tolist() == names[arms.assign(customers["customer_id"])].tolist()


def test_bounds_are_exact() -> None:
    """A unit whose bucket is the bound itself belongs to the next arm; with one more it belongs to the first."""
    bucket = second("s", "arm", "7")
    for share, arm in ((Fraction(bucket, 2**64), 1), (Fraction(bucket + 1, 2**64), 0)):
        assert Assignment("s", (Arm("a", share), Arm("b", 1 - share))).assign(["7"]).tolist() == [arm]


def test_a_share_takes_what_lies_strictly_below_it() -> None:
    bucket = second("s", "rollout", "7")
    hashed = buckets("s", "rollout", ["7"])
    assert below(hashed, Fraction(bucket, 2**64)).tolist() == [False]
    assert below(hashed, Fraction(bucket + 1, 2**64)).tolist() == [True]
    assert below(hashed, Fraction(3 * bucket + 1, 3 * 2**64)).tolist() == [True]  # a third of a step is enough
    assert below(hashed, Fraction(0)).tolist() == [False]
    assert below(hashed, Fraction(1)).tolist() == [True]


def test_thirds_are_thirds_and_floats_mean_what_they_say() -> None:
    assert exact_share(0.1) == Fraction(1, 10)
    assert exact_share(1 / 3) == Fraction(1, 3) != exact_share(0.3333)
    assert [arm.share for arm in Assignment("s", tuple(Arm.of(name, "1/3") for name in "abc")).arms] == [
        Fraction(1, 3)
    ] * 3


def test_numbers_and_their_texts_are_the_same_units() -> None:
    numbers = np.arange(500)
    as_text = [str(number) for number in numbers]
    for units in (as_text, pd.Series(numbers), pd.Index(as_text), numbers.tolist()):
        assert (halves().assign(units) == halves().assign(numbers)).all()


def test_customers_of_one_cluster_are_together() -> None:
    household = np.random.default_rng(0).integers(0, 300, 2000)
    pairs = set(zip(household.tolist(), halves().assign(household).tolist(), strict=True))
    assert len(pairs) == len({*household.tolist()})


def test_growing_the_rollout_moves_nobody() -> None:
    units = np.arange(20_000)
    trial = halves(rollout=Fraction(1, 100), holdback=Holdback.of(0.05, salt="long-term"))
    before = trial.assign(units)
    for share in (0.05, 0.2, "1/2", 1):
        trial = trial.grown(share)
        after = trial.assign(units)
        was_in = before != OUTSIDE
        assert (after[was_in] == before[was_in]).all()
        assert abs((after != OUTSIDE).mean() - (0.05 + 0.95 * float(trial.rollout))) < 0.015
        before = after
    with pytest.raises(EvenhandError, match="only grows"):
        trial.grown(0.5)


def test_the_holdback_outlives_trials() -> None:
    """Another trial with another salt holds back the same units, and nobody else."""
    units, kept = np.arange(5000), Holdback.of("1/20", salt="long-term")
    one = halves("spring", holdback=kept).assign(units) == HELD_BACK
    other = halves("summer", holdback=kept, rollout=Fraction(1, 10)).assign(units) == HELD_BACK
    assert (one == other).all()
    assert 0.03 < one.mean() < 0.07


def test_buckets_are_uniform_for_every_salt() -> None:
    """Chi-square over 100 cells for 40 salts and two kinds of ids, Bonferroni over the 80 at 1e-4 together."""
    worst = chi2.isf(ERROR / 80, 99)
    for k in range(40):
        for units in (np.arange(10_000), [f"customer-{i:07d}@shop.example" for i in range(0, 30_000, 3)]):
            cells = np.bincount(
                (buckets(f"salt {k}", "arm", units) >> np.uint64(32)).astype(np.int64) * 100 >> 32, minlength=100
            )
            assert float(((cells - 100.0) ** 2 / 100).sum()) < worst


def test_salts_and_purposes_are_independent() -> None:
    """Chi-square of the 10 x 10 table of two salts (or purposes), 45 pairs, Bonferroni at 1e-4 together."""
    units = np.arange(10_000)
    hashed = [buckets(f"salt {k}", "arm", units) for k in range(8)]
    hashed += [buckets("salt 0", "rollout", units), buckets("salt 0", "holdback", units)]
    tenths = [((h >> np.uint64(32)).astype(np.int64) * 10 >> 32) for h in hashed]
    pairs = [(a, b) for k, a in enumerate(tenths) for b in tenths[:k]]
    assert len(pairs) == 45
    for a, b in pairs:
        table = np.bincount(10 * a + b, minlength=100).reshape(10, 10)
        assert chi2_contingency(table, correction=False).pvalue > ERROR / 45


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: halves("a|b"), "a salt is a word without"),
        (lambda: halves(" "), "a salt is a word"),
        (lambda: Assignment("s", ()), "at least one arm"),
        (lambda: Assignment("s", (Arm.of("a", 0.5), Arm.of("a", 0.5))), "a name of its own"),
        (lambda: Assignment("s", (Arm.of("a", 0.333), Arm.of("b", 0.333), Arm.of("c", 0.333))), "exactly 1"),
        (lambda: Assignment("s", (Arm.of("a", 0), Arm.of("b", 1))), "above 0"),
        (lambda: Arm.of("a", 1.5), "a share is a number"),
        (lambda: Arm.of("a", float("nan")), "share nan"),
        (lambda: Arm.of("a", "1/0"), "share '1/0'"),
        (lambda: halves("s", holdback=Holdback.of(0.1, salt="s")), "a salt of its own"),
    ],
)
def test_a_bad_assignment_says_what_to_mend(make: object, says: str) -> None:
    with pytest.raises(EvenhandError, match=says):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("units", [[1.5], [None], [""], [True], np.array([1.0, 2.0])])
def test_ids_that_languages_write_differently_are_refused(units: list[object]) -> None:
    with pytest.raises(DataError, match="id"):
        halves().assign(units)


def test_shares_too_small_to_hold_anybody_are_refused_at_once() -> None:
    assert exact_share("1e-2") == Fraction(1, 100)
    assert exact_share("1e-999999999") == 0  # in no time, and without a thousand million zeros
    tiny = exact_share("1e-300")
    with pytest.raises(EvenhandError, match="below 1 / 2"):
        Assignment("s", (Arm("a", 1 - tiny), Arm("b", tiny)))
    least = Fraction(1, 2**64)
    assert Assignment("s", (Arm("a", 1 - least), Arm("b", least))).assign(["x"]).tolist() == [0]
