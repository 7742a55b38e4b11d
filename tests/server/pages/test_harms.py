"""What could go wrong with a change: the gravest first, and one line an attribute."""

from __future__ import annotations

from evenhand.server.pages.models.parts import Gap, GroupRow
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.harms import harms_of


def gap(attribute: str, *groups: GroupRow, after: float = 0.01, tolerance: float | None = None) -> Gap:
    return Gap(attribute=attribute, before=0.01, after=after, tolerance=tolerance, groups=groups)


def test_groups_that_get_less_stand_in_one_line_an_attribute() -> None:
    young, old = (GroupRow(group=name, n=500, affected=50, before=0.9, after=0.87) for name in ("young", "old"))
    more = GroupRow(group="middle", n=500, affected=50, before=0.9, after=0.91)
    unknown = GroupRow(group="unknown", n=90, affected=9, before=0.9, after=0.1, note="unknown")
    _, harm = harms_of([], [gap("age", young, more, old, unknown), gap("kids", more)], Speech("en"))
    assert harm.severity == "low"
    assert harm.text == (
        "By age, these would receive beneficial offers less often: "
        "“young” (90.0%, then 87.0%), “old” (90.0%, then 87.0%)."
    )


def test_a_broken_limit_comes_before_everything_else() -> None:
    less = GroupRow(group="young", n=500, affected=50, before=0.9, after=0.5)
    first, *others = harms_of([], [gap("age", less, after=0.4, tolerance=0.05)], Speech("en"))
    assert (first.severity, "by age" in first.text) == ("high", True)
    assert [one.severity for one in others] == ["medium", "low"]
