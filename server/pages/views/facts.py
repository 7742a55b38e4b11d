"""What the risk of a change depends on, counted by the server on the customers at hand; people's words never count."""

from __future__ import annotations

from pathlib import Path

from evenhand.segments import Segmentation
from evenhand.segments.canonical import Json
from evenhand.server.pages.views.audience import audience_of
from evenhand.server.pages.views.groups import gaps_of
from evenhand.server.pages.views.request import affected_by

__all__ = ["facts_about"]


def facts_about(data_dir: Path, name: str, before: Segmentation, after: Segmentation) -> dict[str, Json] | None:
    """Return the shares of customers touched and of the fairness margin used; None, so a high risk, without a table."""
    audience = audience_of(data_dir, name, before, after)
    if audience is None:
        return None
    touched, n = affected_by(before, after, audience)
    facts: dict[str, Json] = {"customers_share": touched / max(n, 1)}
    used = [gap.used for gap in gaps_of(before, after, audience) if gap.used is not None]
    return facts | ({"margin_used": max(used)} if used else {})
