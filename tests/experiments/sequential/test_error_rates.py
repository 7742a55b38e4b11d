from __future__ import annotations

import pytest

from evenhand.experiments.sequential.error_rates import error_rates


def test_twenty_looks_keep_the_promised_error_rates_where_peeking_does_not() -> None:
    """20,000 replications take a fraction of a second. The seed is fixed; with another one, each bound of four
    Monte Carlo standard errors would fail with probability 3e-5."""
    found = {rate.way: rate for rate in error_rates(seed=1)}
    for way in ("obrien-fleming", "pocock", "power", "always-valid"):
        assert found[way].false_positive <= 0.05 + 4 * 0.00154, way
    assert found["always-valid"].false_positive < 0.02
    assert found["naive"].false_positive == pytest.approx(0.25, abs=0.0125)
    assert found["fixed"].power == pytest.approx(0.80, abs=0.0115)
    assert found["obrien-fleming"].power >= 0.78
    assert found["obrien-fleming"].sample < 0.8
    assert found["pocock"].power == pytest.approx(0.696, abs=0.013)


def test_the_same_seed_gives_the_same_rates() -> None:
    assert error_rates(seed=3, replications=50) == error_rates(seed=3, replications=50)
    assert error_rates(seed=3, replications=50) != error_rates(seed=4, replications=50)
