"""Pictures show what they are given, and say what there is not enough data for."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from evenhand.customers import Customers
from evenhand.simulator import Realism, Simulator, realism
from evenhand.simulator.realism import Bin, Budget, Cell
from evenhand.simulator.realism.pictures import BAD, SIMULATED, cells
from evenhand.simulator.realism.response_figures import groups_figure, tenths_figure


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def dots(figure: Figure) -> list[tuple[float, str]]:
    return [
        (float(np.asarray(line.get_xdata())[0]), to_hex(line.get_color()))
        for axes in figure.axes
        for line in axes.lines
        if line.get_marker() == "o"
    ]


def test_cells_are_red_outside_their_interval_and_honest_without_data() -> None:
    nan = float("nan")
    figure = cells(
        [[0.10, 0.20], [0.35, nan]], [[0.11, 0.10], [0.33, nan]], [[0.02, 0.02], [0.05, nan]],
        rows=["mens e-mail", "womens e-mail"], columns=["mens buyers", "womens buyers"],
        sizes=[[400, 300], [250, 90]], label="visit",
    )  # fmt: skip
    assert dots(figure) == [(0.10, SIMULATED), (0.20, BAD), (0.35, SIMULATED)]
    assert texts(figure).count("not enough data") == 1
    assert {"n 400", "n 300", "n 250", "n 90"} <= set(texts(figure))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["mens e-mail", "womens e-mail"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["mens buyers", "womens buyers"]


def test_groups_without_figures_anywhere_are_left_out_of_the_picture() -> None:
    nan = float("nan")
    given = [
        Cell("A", "", "everyone", 500, 0.2, 0.16, 0.24, 0.21, 0.02),
        Cell("A", "age", "young", 250, 0.3, 0.25, 0.36, 0.2, 0.02),
        Cell("A", "age", "old", 100, nan, nan, nan, nan, nan),
        Cell("B", "", "everyone", 300, 0.1, 0.07, 0.14, 0.1, 0.02),
        Cell("B", "age", "young", 150, nan, nan, nan, nan, nan),
    ]
    figure = groups_figure(given)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["everyone", "age: young"]
    assert dots(figure) == [(0.2, SIMULATED), (0.3, BAD), (0.1, SIMULATED)]
    assert "not enough data" in texts(figure)


def test_tenths_off_the_line_are_red() -> None:
    figure = tenths_figure([Bin("", 75, 0.1, 0.12, 0.06, 0.2), Bin("", 75, 0.3, 0.5, 0.38, 0.6)])
    assert [colour for _, colour in dots(figure)] == [SIMULATED, BAD]


@pytest.fixture(scope="module")
def found(simulator: Simulator, demo: Customers) -> Realism:
    few = demo.holdout.only(demo.holdout.frame.index[:450])
    return realism(simulator, few, seed=0, budget=Budget(futures=2, splits=1, halves=1, answers=2, coverage=10))


def test_a_full_report_has_every_picture_and_each_can_be_drawn(found: Realism) -> None:
    pictures = found.pictures()
    assert list(pictures) == [
        "told_apart", "coverage", "marginals", "moments", "trajectories", "redemption_by_tenth", "redemption_by_group",
    ]  # fmt: skip
    for figure in pictures.values():
        figure.draw_without_rendering()
    assert len([axes for axes in pictures["marginals"].axes if axes.get_visible()]) == len(found.features)
    assert len(pictures["coverage"].axes) == 4
    assert len(pictures["trajectories"].axes) == 3
