"""What every test shares: one thread, no display, and property tests that repeat themselves exactly."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy or torch load: threads fight over shared cores
os.environ.setdefault("MPLBACKEND", "Agg")

from hypothesis import settings

settings.register_profile("house", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("house")
