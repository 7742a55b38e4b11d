"""What every test shares: one thread, no display, and property tests that repeat themselves exactly."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy or torch load: threads fight over shared cores
os.environ.setdefault("MPLBACKEND", "Agg")
if (worker := os.environ.get("PYTEST_XDIST_WORKER")) and (cache := os.environ.get("NUMBA_CACHE_DIR")):
    # Numba gives two signatures one file when two processes store them at once, and the one then runs as the other.
    os.environ["NUMBA_CACHE_DIR"] = os.path.join(cache, worker)

from hypothesis import settings

settings.register_profile("house", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("house")
