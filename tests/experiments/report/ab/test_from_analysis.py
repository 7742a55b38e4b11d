"""The page with all that an analysis knows: groups, periods, estimates after looks."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.experiments.gate.evidences import registered

from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.report.ab import render_ab, told
from evenhand.experiments.report.ab.groups import within_panels
from evenhand.experiments.report.ab.time_panels import time_panels
from evenhand.experiments.report.ab.told import evidence_of, read_analysis
from evenhand.experiments.trial.analysis import Layout, analyze

PLAN = registered()


@pytest.fixture(scope="module")
def analysis() -> dict[str, Any]:
    rng = np.random.default_rng(11)
    n = 8000
    new = rng.random(n) < 0.5
    weeks = rng.random((n, 2)) < 0.05 + 0.02 * new[:, None]
    data = pd.DataFrame(
        {
            "customer_id": [f"c{k}" for k in range(n)],
            "arm": np.where(new, "finer", "today"),
            "income": rng.choice(["low", "middle", "high"], n, p=[0.4, 0.5, 0.1]),
            "ordered": weeks.any(axis=1), "week 1": weeks[:, 0], "week 2": weeks[:, 1],
            "orders": weeks.sum(axis=1) + rng.poisson(1, n), "margin": rng.normal(2, 5, n),
            "unsubscribed": rng.random(n) < 0.02, "benefit": rng.random(n) < 0.3,
        }
    )  # fmt: skip
    found = analyze(
        PLAN, data, origin="live", start=date(2026, 3, 2), until=date(2026, 3, 15),
        layout=Layout(periods={"orders": ("week 1", "week 2")}), delivered={"finer": "b" * 64},
        now=datetime(2026, 4, 1, tzinfo=UTC),
    )  # fmt: skip
    plain: dict[str, Any] = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    return plain


def test_groups_periods_and_modest_estimates_are_told(analysis: dict[str, Any]) -> None:
    it = told(PLAN, [evidence_of(analysis, None)], analysis)
    assert [panel.title for panel in time_panels(it)] == ["orders, period by period"]
    (within,) = within_panels(it)
    assert within.title == "orders by income"
    effects = next(part for part in analysis["groups"] if part["metric"] == "orders")["effects"]
    assert f"low {effects['low']['value']:+.3g}" in within.chart
    text = render_ab(it)
    assert "against the winner&#39;s curse" in text
    for check in it.now.integrity:
        assert check.name in text


def test_the_analysis_is_read_back_from_its_file(analysis: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "analysis.json"
    file.write_text(json.dumps(analysis))
    assert read_analysis(file) == analysis
    assert evidence_of(read_analysis(file), "finer").arm == "finer"
    with pytest.raises(DataError, match="no challenger 'fine'"):
        evidence_of(analysis, "fine")
    file.write_text(json.dumps({"format": "evenhand evidence"}))
    with pytest.raises(ArtefactError, match="is no analysis"):
        read_analysis(file)
    file.write_text("{")
    with pytest.raises(ArtefactError, match="is no JSON"):
        read_analysis(file)
    with pytest.raises(ArtefactError, match="no such analysis"):
        read_analysis(tmp_path / "gone.json")
