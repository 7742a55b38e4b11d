from __future__ import annotations

import io

from rich.console import Console, RenderableType

from evenhand.experiments.report import Report, policies_table, tweak_lines, verdict_line


def shown(what: RenderableType, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(what)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text.replace("\u202f", " ")


def test_the_table_has_one_line_per_policy_and_only_gaps_with_a_limit(report: Report) -> None:
    head, *rows = shown(policies_table(report)).splitlines()
    assert "profit / customer / week" in head
    assert "age gap" in head
    assert "income gap" not in head
    assert len(rows) == len(report.policies)
    learned = rows[-1]
    assert "0.488  [0.482, 0.494]" in learned
    assert "4.3 %" in learned
    assert "0.19 %" in learned
    assert learned.rstrip().endswith("best")
    greedy = next(row for row in rows if row.startswith("greedy "))
    assert "0.061  ✗" in greedy
    assert greedy.rstrip().endswith("unfair")


def test_a_narrow_terminal_keeps_one_line_per_profit(report: Report) -> None:
    assert shown(policies_table(report), width=80).count("[0.") == len(report.policies)


def test_tweaks_say_what_to_whom_and_why(report: Report) -> None:
    text = " ".join(shown(tweak_lines(report)).split())
    assert text.startswith("1. Split “Loyal” at a produce share of 12 % or more")
    assert "+0.0078 [0.0033, 0.0123] profit per customer and week, 214 customers" in text
    assert "age gap 0.034 → 0.036. Why: They redeemed" in text


def test_no_tweak_is_an_answer_too(report: Report) -> None:
    assert "Keep what runs" in shown(tweak_lines(report.model_copy(update={"recommendations": ()})))


def test_the_verdict_is_shown_as_it_is(report: Report) -> None:
    assert verdict_line(report).plain == report.verdict
