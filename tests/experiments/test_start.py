from __future__ import annotations

import numpy as np
import pytest

from evenhand.customers import Role
from evenhand.customers.rfm import ENGAGEMENT_SHRINK
from evenhand.experiments import start as module


@pytest.mark.parametrize("role", ["recency", "frequency", "monetary", "engagement"])
def test_round_values_stay_on_their_side_of_round_cuts(role: Role) -> None:
    """Hundredths up to 60, there and back as the environment counts them."""
    values = np.arange(0, 6000) / 100 if role != "engagement" else np.arange(0, 1000) / 1000
    counted = module._counted_in(module.UNITS[role], values)
    back = {
        "recency": counted * np.float32(7),
        "frequency": counted * np.float32(30 / 7),
        "monetary": counted,
        "engagement": counted / np.float32(module.SUPPOSED_CONTACTS + ENGAGEMENT_SHRINK),
    }[role]
    assert (back >= values.astype(np.float32)).all()
    assert (back == values.astype(np.float32)).mean() > 0.8
    np.testing.assert_allclose(back, values, rtol=2e-7, atol=1e-9)
