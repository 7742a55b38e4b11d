"""Two moments are the same, to so many digits of the spread."""

from __future__ import annotations

import numpy as np

from evenhand.experiments.moments import Moments


def assert_same(a: Moments, b: Moments, *, digits: float = 1e-9) -> None:
    assert (a.columns, a.factors, a.keys) == (b.columns, b.factors, b.keys)
    assert a.n.tolist() == b.n.tolist()
    assert a.dropped.tolist() == b.dropped.tolist()
    np.testing.assert_allclose(a.mean, b.mean, rtol=digits, atol=digits)
    sd = np.sqrt(np.einsum("ckk->ck", b.comoment))
    assert (np.abs(a.comoment - b.comoment) <= digits * (1e-300 + sd[:, :, None] * sd[:, None, :])).all()
