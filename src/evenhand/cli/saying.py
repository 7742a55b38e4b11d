"""What each step says when it is done: one numbered heading, then what was found; plain when nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from evenhand.customers import Customers
    from evenhand.experiments.evaluation import Evaluation
    from evenhand.experiments.report import Recommendation, RecommendedPlan, Report
    from evenhand.experiments.settings import StudySettings
    from evenhand.segments import Segmentation
    from evenhand.simulator import Realism

__all__ = [
    "heading",
    "lines",
    "out",
    "say_customers",
    "say_evidence",
    "say_learning",
    "say_notices",
    "say_plan",
    "say_policies",
    "say_quality",
    "say_realism",
    "say_today",
    "say_tweaks",
    "show_table",
]

INDENT = 16  # columns of "1 Customers     "
PIPED = 200  # columns of a table that goes to a file

# Texts of users (names, values) are never markup. Lines wrap on a terminal, and stay whole in a file or a pipe.
out = Console(highlight=False, markup=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def heading(number: int, title: str, text: str) -> None:
    """Say the heading of a step with what it found, wrapped under itself on a terminal."""
    head = Text(f"{number} {title}".ljust(INDENT), style="bold")
    if not out.is_terminal:
        out.print(f"{head.plain}{text}".rstrip())
        return
    grid = Table.grid()
    grid.add_column(width=INDENT)
    grid.add_column()
    grid.add_row(head, Text(text))
    out.print(grid)


def lines(texts: Iterable[str], *, indent: int = 2, style: str = "") -> None:
    """Say one line each, indented; on a terminal what wraps stays indented."""
    for text in texts:
        if out.is_terminal:
            out.print(Padding(Text(text, style=style), (0, 0, 0, indent), expand=False))
        else:
            out.print(" " * indent + text)


def say_notices(customers: Customers) -> None:
    """Quote every licence and provenance notice that came with the data."""
    lines(dict.fromkeys(n for source in customers.sources for n in source.notices), indent=0, style="dim")


def say_customers(customers: Customers) -> None:
    """Say who was read."""
    heading(1, "Customers", repr(customers))


def say_quality(customers: Customers) -> None:
    """Say what a person should look at, each with the mend."""
    for check in customers.quality().remarks:
        count = f" ({check.count:,})" if check.count else ""
        mend = f": {check.mend}" if check.mend else ""
        lines([f"{check.level:<8} {check.what}{count}{mend}"])


def say_today(today: Segmentation) -> None:
    """Say how many segments and campaigns run now."""
    contacts = {segment.campaign for segment in today.every} - {"none"}
    heading(2, "Today", f"{_count(len(today.every), 'segment')} · {_count(len(contacts), 'campaign')}")


def say_realism(found: Realism) -> None:
    """Say how well held-out customers, simulated forward, pass for real ones."""
    if found.enough:
        said = (
            f"held-out customers simulated {found.weeks} weeks forward: "
            f"AUC {found.joint:.2f} (0.50 is perfect, {found.copy_joint:.2f} copies the past)"
        )
    else:
        said = f"not compared with reality: {found.reason}"
    heading(3, "Simulator", f"calibrated · {said}")


def say_learning(
    settings: StudySettings, *, profit: float, gap: float, greedy: float, attribute: str | None, begins_with: str
) -> None:
    """Say what the kept checkpoint brought on validation populations, beside the best-tuned greedy.

    `begins_with` is what people call the plan that both begin with; empty: today's segmentation.
    """
    watched = f" · {attribute} gap {gap:.3f} (at most {settings.tolerance:.3f})" if attribute else " · no constraint"
    heading(
        4,
        "Learning",
        f"{settings.steps:,} steps x {_count(settings.training_seeds, 'seed')} · profit over today {profit:+.4f} per "
        f"customer and week (best-tuned greedy {greedy:+.4f}){watched}",
    )
    if begins_with:
        lines([f"begins with a whole plan: {begins_with}"], indent=INDENT)


def say_evidence(evaluation: Evaluation, populations: int) -> None:
    """Say on how many populations everyone was compared, and the comparison that decides."""
    met = f" · dynamics of scenario {evaluation.scenario}" if evaluation.scenario else ""
    heading(5, "Evidence", f"{populations:,} unseen populations, same luck for every policy{met}")
    comparison = evaluation.comparison
    if comparison:
        rival = next(policy.label for policy in evaluation.policies if policy.name == comparison.baseline)
        lines(
            [
                f"learned less best fair alternative ({rival}): {comparison.mean:+.4f} "
                f"[{comparison.low:+.4f}, {comparison.high:+.4f}] per customer and week"
            ],
            indent=INDENT,
        )


def say_plan(plan: RecommendedPlan) -> None:
    """Say the plan to put in force before any tweak: its segments, its expected effect and its reach."""
    heading(6, "First", plan.sentence)
    lines(plan.segments, indent=INDENT)
    held, followed = (f"{one.mean:+.4f} [{one.low:+.4f}, {one.high:+.4f}]" for one in plan.expected.values())
    said = f"profit {held} per customer and week if it is held, {followed} with tweaks to follow (simulated)"
    lines([f"{said}, {_count(plan.affected_customers, 'customer')}. {plan.reason}"], indent=INDENT)


def say_tweaks(found: list[Recommendation], *, after: bool = False) -> None:
    """Say the next tweaks, `after` a plan or not, each with its expected effect, its reach and its reason."""
    none = "none: go on with the plan" if after else "none: keep what runs"
    heading(6, "Then" if after else "Next tweaks", "" if found else none)
    for k, tweak in enumerate(found, start=1):
        effect = tweak.expected["profit"]
        lines([f"{k}. {tweak.sentence}"])
        lines(
            [
                f"profit {effect.mean:+.4f} [{effect.low:+.4f}, {effect.high:+.4f}] per customer and week (simulated), "
                f"{_count(tweak.affected_customers, 'customer')}. {tweak.reason}"
            ],
            indent=5,
        )


def say_policies(report: Report) -> None:
    """Show the table of policies."""
    from evenhand.experiments.report import policies_table

    show_table(policies_table(report))


def show_table(table: Table) -> None:
    """Show a table, or its rows as lines where the terminal is too narrow for it."""
    if not out.is_terminal:
        page = Console(width=PIPED, highlight=False)
        with page.capture() as captured:
            page.print(table)
        lines((line.rstrip() for line in captured.get().splitlines()), indent=0)
    elif Measurement.get(out, out.options.update(max_width=PIPED), table).maximum <= out.width:
        out.print(table)
    else:
        headers = [str(column.header) for column in table.columns[1:]]
        for name, *cells in zip(*(column.cells for column in table.columns), strict=True):
            said = [f"{header} {cell}" for header, cell in zip(headers, cells, strict=True) if str(cell)]
            lines([f"{name}: {', '.join(said)}"])


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}" + ("" if n == 1 else "s")
