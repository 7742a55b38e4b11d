from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from evenhand.simulator.answers.randomised import ALPHA, LogAudit, audit_log, holm

NAMES = ("age", "money", "member")
ARMS = ("none", "letter", "mail")


def features(n: int, rng: np.random.Generator) -> np.ndarray:
    return np.column_stack([rng.standard_normal(n), np.exp(rng.standard_normal(n)), rng.random(n) < 0.3]).astype(float)


def audit(arm: np.ndarray, x: np.ndarray, **more: object) -> LogAudit:
    return audit_log(arm, x, **{"arms": ARMS, "names": NAMES, "untreated": 0, **more})  # type: ignore[arg-type]  # by name


def by_features(x: np.ndarray, strength: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return arms (none or letter) drawn with a chance that depends on the first feature, and that chance."""
    p = expit(strength * x[:, 0])
    arm = (rng.random(len(x)) < p).astype(np.intp)
    return arm, np.where(arm == 1, p, 1 - p)


@pytest.mark.parametrize("n", [400, 2_000], ids=["permuted", "by its limit"])
def test_a_randomised_log_is_doubted_as_rarely_as_stated(n: int) -> None:
    """The joint p-value is uniform: at 400 (permuted: 60) logs, 5 % and 20 % within four standard errors."""
    rng = np.random.default_rng(n)
    logs = 400 if n >= 2_000 else 60
    p = np.array([audit(rng.integers(0, 3, n), features(n, rng)).p_value for _ in range(logs)])
    for level in (0.05, 0.2):
        assert abs((p < level).mean() - level) < 4 * np.sqrt(level * (1 - level) / logs)


def test_a_randomised_log_passes() -> None:
    rng = np.random.default_rng(1)
    found = audit(rng.choice(3, 6_000, p=[0.5, 0.3, 0.2]), features(6_000, rng))
    assert found.randomised
    assert "effects of contact are calibrated" in found.claim
    assert max(found.differences) < 0.1
    assert min(found.effective) > 0.99
    assert found.unsupported == 0.0


@pytest.mark.parametrize("n", [800, 8_000])
def test_targeting_by_a_feature_is_found(n: int) -> None:
    rng = np.random.default_rng(n)
    x = features(n, rng)
    arm, _ = by_features(x, 0.6, rng)
    found = audit(arm, x)
    assert found.verdict == "not randomised"
    assert "stated priors" in found.claim
    assert found.adjusted[0] < ALPHA < found.adjusted[1]
    assert found.differences[0] > 0.3


def test_logged_propensities_clear_a_log_that_was_drawn_by_them() -> None:
    rng = np.random.default_rng(2)
    x = features(5_000, rng)
    arm, propensity = by_features(x, 0.6, rng)
    found = audit(arm, x, propensity=propensity)
    assert found.randomised
    assert found.logged
    assert "with the logged propensities" in found.claim
    assert min(found.effective) < 0.98


def test_logged_propensities_are_doubted_as_rarely_as_stated() -> None:
    rng = np.random.default_rng(3)
    p = []
    for _ in range(200):
        x = features(1_500, rng)
        arm, propensity = by_features(x, 0.5, rng)
        p.append(audit(arm, x, propensity=propensity).p_value)
    assert (np.array(p) < 0.05).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


@pytest.mark.parametrize("wrong", ["shares", "by features"])
def test_propensities_that_were_not_kept_to_are_found(wrong: str) -> None:
    rng = np.random.default_rng(4)
    x = features(4_000, rng)
    arm = (rng.random(4_000) < 0.6).astype(np.intp) if wrong == "shares" else by_features(x, 0.6, rng)[0]
    found = audit(arm, x, propensity=np.full(4_000, 0.5))
    assert found.verdict == "not randomised"
    assert "do not fit the logged propensities" in found.claim


def test_a_single_missing_propensity_makes_them_unlogged() -> None:
    rng = np.random.default_rng(5)
    propensity = np.full(3_000, 1 / 3)
    propensity[7] = np.nan
    assert not audit(rng.integers(0, 3, 3_000), features(3_000, rng), propensity=propensity).logged


def test_customers_without_a_chance_of_some_arm_are_no_experiment() -> None:
    """Propensities that were kept to do not help whom an arm hardly ever reached."""
    rng = np.random.default_rng(6)
    x = features(20_000, rng)
    p = np.where(x[:, 0] > 0, 0.994, 0.5)
    arm = (rng.random(20_000) < p).astype(np.intp)
    found = audit(arm, x, propensity=np.where(arm == 1, p, 1 - p))
    assert found.p_value is not None
    assert found.p_value > ALPHA
    assert found.unsupported == pytest.approx(0.5, abs=0.1)
    assert found.verdict == "not randomised"
    assert "hardly a chance" in found.claim


@pytest.mark.parametrize(
    ("sizes", "untreated", "why"),
    [
        ([0, 500, 500], 0, "without contact"),
        ([10, 500, 500], 0, "without contact"),
        ([500, 500, 500], None, "without contact"),
        ([60, 50, 50], 0, "too small"),
        ([500, 5, 5], 0, "no campaign"),
    ],
)
def test_it_says_when_it_cannot_tell(sizes: list[int], untreated: int | None, why: str) -> None:
    rng = np.random.default_rng(7)
    arm = rng.permutation(np.repeat(np.arange(3), sizes))
    found = audit(arm, features(len(arm), rng), untreated=untreated)
    assert found.verdict == "cannot tell"
    assert why in found.claim


def test_without_a_varying_feature_nothing_is_claimed() -> None:
    found = audit(np.random.default_rng(8).integers(0, 3, 900), np.ones((900, 3)))
    assert found.verdict == "cannot tell"
    assert found.features == ()


def test_the_joint_test_is_the_likelihood_ratio_in_large_logs() -> None:
    """Score and likelihood-ratio tests agree where differences are small (Hansen and Bowers 2008)."""
    rng = np.random.default_rng(9)
    x = features(20_000, rng)
    arm, _ = by_features(x, 0.03, rng)
    model = LogisticRegression(C=1e6, max_iter=500).fit(x, arm)
    p, share = model.predict_proba(x)[np.arange(len(arm)), arm], np.bincount(arm) / len(arm)
    ratio = 2 * (np.log(p).sum() - np.log(share[arm]).sum())
    assert audit(arm, x).p_value == pytest.approx(stats.chi2.sf(ratio, 3), rel=0.05)


def test_holm_is_the_published_step_down() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])


def test_the_smallest_difference_that_would_show_does_show_four_times_in_five() -> None:
    """Of 200 logs, 80 % within four standard errors."""
    rng = np.random.default_rng(10)
    n, found = 2_400, []
    goal = audit(rng.integers(0, 2, n), rng.standard_normal((n, 3)), arms=("none", "letter")).detectable
    assert goal is not None
    for _ in range(200):
        arm = rng.integers(0, 2, n)
        x = rng.standard_normal((n, 3))
        x[:, 1] += goal * (arm - 0.5)
        found.append((audit(arm, x, arms=("none", "letter")).p_value or 0.0) < ALPHA)
    assert abs(np.mean(found) - 0.8) < 4 * np.sqrt(0.16 / 200)


def test_a_log_that_explores_a_tenth_is_not_taken_for_a_targeted_one() -> None:
    """Segments by features get their own campaign with chance 0.92, the four others 0.02 each: 100 logs, level 1 %."""
    alarms = 0
    for seed in range(100):
        rng = np.random.default_rng([seed, 92])
        n = 2_000
        x = rng.standard_normal((n, 4))
        own = np.digitize(x[:, 0], [-1.0, 0.5, 1.5])  # the fifth campaign is nobody's own
        explored = rng.random(n) < 0.1
        arm = np.where(explored, rng.integers(0, 5, n), own)
        propensity = np.where(arm == own, 0.92, 0.02)
        found = audit_log(arm, x, arms=["none", *"abcd"], names=list("wxyz"), untreated=0, propensity=propensity)
        alarms += found.verdict == "not randomised"
    assert alarms <= 6  # at 1 % the chance of more is below 0.0001
