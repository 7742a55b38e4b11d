"""Clusters randomised: the delta method on totals is the cluster-robust error of the regression."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from evenhand.experiments.inference import Metric, clustered, columns_of, difference
from evenhand.experiments.moments import scan, totals


def shops(clusters: int, seed: int) -> pd.DataFrame:
    """Return customers in shops; the first half of the shops is control, their sizes differ, shops have luck."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 40, clusters)
    shop = np.repeat(np.arange(clusters), sizes)
    arm = (shop >= clusters // 2).astype(int)
    luck = rng.normal(size=clusters)[shop]
    return pd.DataFrame({"shop": shop, "arm": arm, "y": 10 + arm + luck + rng.gamma(1.0, 2.0, len(shop))})


@pytest.mark.parametrize(("clusters", "seed"), [(20, 1), (100, 2), (1000, 3)])
def test_the_error_is_that_of_statsmodels(clusters: int, seed: int) -> None:
    data = shops(clusters, seed)
    metric = clustered(Metric("y"))
    moments = scan(totals(data, ["y"], cluster="shop"), columns_of([metric]))
    found = difference(moments, metric, treatment="1", control="0")
    fit: Any = sm.OLS(data["y"], sm.add_constant(data["arm"])).fit()
    robust = fit.get_robustcov_results("cluster", groups=data["shop"], use_correction=False)
    correction = np.sqrt(clusters / 2 / (clusters / 2 - 1))  # n_a / (n_a - 1), both arms having half the shops
    assert found.value == pytest.approx(fit.params["arm"], rel=1e-9)
    assert found.se == pytest.approx(robust.bse[1] * correction, rel=1e-6)


def test_ignoring_the_clusters_would_have_made_the_error_too_small() -> None:
    data = shops(100, 4)
    moments = scan(totals(data, ["y"], cluster="shop"), ["y", "rows"])
    right = difference(moments, clustered(Metric("y")), treatment="1", control="0")
    wrong = difference(scan(data, ["y"]), Metric("y"), treatment="1", control="0")
    assert wrong.value == pytest.approx(right.value)
    assert wrong.se < 0.7 * right.se
