from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evenhand.errors import DataError
from evenhand.experiments.rehearsal.truth import unit_part, value_of
from evenhand.experiments.trial.parts import MeanMetric, ProportionMetric, QuantileMetric, RatioMetric

RNG = np.random.default_rng(5)
X = RNG.normal(size=4000)
FRAME = pd.DataFrame({"x": X, "y": 2 * X + RNG.normal(size=4000) + 3, "orders": RNG.poisson(2.0, 4000)})
FRAME["spend"] = FRAME["orders"] * 10.0 + FRAME["x"]
FRAME["bought"] = (FRAME["orders"] > 0).astype(float)


def test_every_kind_of_metric_is_what_its_name_says() -> None:
    assert value_of(MeanMetric(name="m", column="y"), FRAME) == pytest.approx(FRAME["y"].mean())
    assert value_of(ProportionMetric(name="p", column="bought"), FRAME) == pytest.approx(FRAME["bought"].mean())
    ratio = value_of(RatioMetric(name="r", numerator="spend", denominator="orders"), FRAME)
    assert ratio == pytest.approx(FRAME["spend"].sum() / FRAME["orders"].sum())
    assert value_of(QuantileMetric(name="q", column="y", quantile=0.9), FRAME) == np.quantile(FRAME["y"], 0.9)
    assert np.isnan(value_of(RatioMetric(name="r", numerator="spend", denominator="zero"), FRAME.assign(zero=0.0)))


def test_what_covariates_explain_is_the_share_of_the_regression() -> None:
    """Of variance 5, 4 come from x: R2 is 0.8, with a standard error of 0.006 at this size (fixed seed)."""
    part = unit_part(MeanMetric(name="m", column="y"), FRAME, ("x",))
    assert part.r2 == pytest.approx(0.8, abs=0.02)
    assert part.sd == pytest.approx(FRAME["y"].std())
    assert unit_part(MeanMetric(name="m", column="y"), FRAME, ()).r2 == 0


def test_a_ratio_s_part_has_the_spread_of_the_delta_method() -> None:
    """The error of the ratio over 2,000 bootstrap samples is sd / sqrt(n), within 5 % (three standard errors)."""
    metric = RatioMetric(name="r", numerator="spend", denominator="orders")
    rows = np.random.default_rng(1).integers(4000, size=(2000, 4000))
    spend, orders = FRAME["spend"].to_numpy(), FRAME["orders"].to_numpy()
    spread = (spend[rows].sum(axis=1) / orders[rows].sum(axis=1)).std()
    assert unit_part(metric, FRAME, ()).sd / np.sqrt(4000) == pytest.approx(spread, rel=0.05)


def test_what_simulated_customers_do_not_tell_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match="did you mean 'spend'"):
        value_of(MeanMetric(name="m", column="spent"), FRAME)
