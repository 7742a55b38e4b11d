"""A store of made-up cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.experiments.benchmark.made_up import store_at

from evenhand.experiments.benchmark.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_at(tmp_path / "cells")
