"""Where each page and form lives: the one table that templates link by and routes are declared by."""

from __future__ import annotations

from urllib.parse import quote, urlencode

__all__ = ["PLACES", "address"]

PLACES: dict[str, str] = {
    "queue": "/",
    "request": "/requests/{id}",
    "decide": "/requests/{id}/review",
    "act": "/requests/{id}/act",
    "comment": "/requests/{id}/comments",
    "edit-request": "/requests/{id}/edit",
    "segmentations": "/segmentations",
    "segmentation": "/segmentations/{name}",
    "compare": "/segmentations/{name}/compare",
    "edit": "/segmentations/{name}/edit",
    "roll-back": "/segmentations/{name}/roll-back",
    "freeze": "/segmentations/{name}/freeze",
    "unfreeze": "/segmentations/{name}/unfreeze",
    "policies": "/policies",
    "policy": "/policies/{id}",
    "promote": "/policies/{id}/promote",
    "ask-for-plan": "/policies/{id}/plan",
    "experiments": "/experiments",
    "register-plan": "/experiments/plan",
    "experiment": "/experiments/{id}",
    "experiment-report": "/experiments/{id}/report",
    "dashboard": "/dashboard",
    "dashboard-of": "/dashboard/{name}",
    "audit": "/audit",
    "verify": "/audit/verify",
    "export-head": "/audit/head",
    "export-rows": "/audit/rows",
    "start": "/start",
    "schema": "/start/{table}",
    "today": "/start/{table}/today",
    "drop": "/start/{table}/drop",
    "tour": "/tour/{step}",
    "help": "/help",
    "log-in": "/log-in",
    "log-out": "/log-out",
    "reading": "/reading",
    "static": "/static/{file}",
}


def address(place: str, /, query: dict[str, object] | None = None, **parts: object) -> str:
    """Return the path of a place with its parts filled in and quoted, and the query that is not empty."""
    path = PLACES[place].format(**{key: quote(str(value), safe="") for key, value in parts.items()})
    asked = urlencode({key: value for key, value in (query or {}).items() if value not in ("", None)})
    return f"{path}?{asked}" if asked else path
