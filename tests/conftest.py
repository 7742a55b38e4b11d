"""What every test shares: one thread, no display, and property tests that repeat themselves exactly."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy or torch load: threads fight over shared cores
os.environ.setdefault("MPLBACKEND", "Agg")
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # Numba gives two signatures one file when two processes store them at once, and the one then runs as the other.
    whole = Path(os.environ.get("NUMBA_CACHE_DIR", ".numba_cache/by-hand"))
    os.environ["NUMBA_CACHE_DIR"] = str(own := (whole / worker).resolve())
    if whole.exists() and not own.exists():
        shutil.copytree(whole, own, ignore=shutil.ignore_patterns("gw*", "*.tmp.*"))

from hypothesis import settings

settings.register_profile("house", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("house")
