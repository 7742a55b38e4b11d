"""One self-contained page of a realism report: no script, no outside file, light and dark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

from evenhand.experiments.report.figures import THIN
from evenhand.experiments.report.html import environment
from evenhand.simulator import Realism
from evenhand.simulator.realism import targets_of
from evenhand.simulator.realism.pictures import BAD, GRID, INK, LINE, MUTED, PAPER, QUIET, SIMULATED

__all__ = ["inline_svg", "render_realism"]

# A picture's light colours stand for those of the page, whatever its scheme.
SCHEME = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    GRID: "var(--grid)",
    PAPER: "var(--surface)",
    SIMULATED: "var(--learned)",
    QUIET: "var(--baseline)",
    BAD: "var(--bad)",
}
CAPTIONS = {  # picture -> heading, and what a reader should make of it
    "told_apart": (
        "Told from real customers",
        "A classifier (gradient boosting, five folds by customer) tries to tell simulated from real half years. "
        "0.50: it can only toss a coin. Lines hold 95 % of single futures and fold splits. Two real halves show "
        "what chance does; copying the past shows how a cheap trick fares: it passes alone and is found out jointly.",
    ),
    "coverage": (
        "Does each customer's real future lie where the simulated ones say?",
        "Randomised PIT under {futures} simulated futures of each customer: flat when all is right, heaped at both "
        "ends when the simulator is too sure, in the middle when it is too vague. The grey band holds 95 % of bars. "
        "Wanted: 85 to 95 % of customers between 0.05 and 0.95.",
    ),
    "marginals": (
        "Feature by feature",
        "Distribution functions of the second half year, the most different first, without the outermost 1 %. W: "
        "Wasserstein distance in units of the real standard deviation (in brackets: between two real halves, each of "
        "half as many customers). KS: largest difference of the curves, and its p-value (twice the median of futures).",
    ),
    "moments": (
        "Feature with feature, and with the past",
        "Each dot is one correlation, real (across) and simulated (up): on the line is right.",
    ),
    "trajectories": (
        "Week by week",
        "All held-out customers together. The band holds the luck of these customers; it knows nothing of what happens "
        "to all of them at once, such as holidays.",
    ),
    "redemption_by_tenth": (
        "Who redeems: by tenth of the simulated chance",
        "Contacted customers in ten groups by simulated chance to redeem at least once; dots should lie on the line. "
        "Bars are Wilson's 95 % intervals; red ones miss the line.",
    ),
    "redemption_by_group": (
        "Who redeems: by campaign and group",
        "Tick: expected. Grey bar: where 95 % of observations should lie if it is right. Dot: observed. Groups of "
        "fewer than 200 contacted customers have no figures.",
    ),
}


def render_realism(document: Mapping[str, Any], found: Realism, pictures: Mapping[str, Figure]) -> str:
    """Return the page of a report, `document` being what its JSON holds; the same report gives the same bytes."""
    futures = found.coverage[0].futures if found.coverage else 0
    drawn = [
        (name, *(_unbroken(text.format(futures=futures)) for text in CAPTIONS[name]), inline_svg(figure, name))
        for name, figure in pictures.items()
    ]
    targets = targets_of(found)
    seen, short = document["held_out"] is False, any(target.met is False for target in targets)
    status = "Falls short" if short else "Not held out" if seen else "Every measured target met"
    page = environment().get_template("realism_page.html")
    return page.render(
        report=document,
        found=found,
        pictures=drawn,
        targets=targets,
        status=status if found.enough else "Not enough data",
        missed=short or seen,
        features=sorted(found.features, key=lambda gap: -abs(gap.auc - 0.5)),
        too_small=sum(not cell.enough for cell in found.cells),
    )


def _unbroken(text: str) -> str:
    """Return text whose per cent signs stay with their numbers."""
    return text.replace(" %", f"{THIN}%")


def inline_svg(figure: Figure, name: str) -> Markup:
    """Return a picture as an SVG element whose colours follow the page; ids are made from `name`."""
    text = StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawing = text.getvalue()
    head = f'<svg class="picture" role="img" aria-label="{CAPTIONS[name][0]}" '
    drawing = drawing[drawing.index("<svg") :].replace("<svg ", head, 1)
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.S)
    for light, variable in SCHEME.items():
        drawing = drawing.replace(light, variable)
    return Markup(drawing)  # matplotlib escapes the texts in it
