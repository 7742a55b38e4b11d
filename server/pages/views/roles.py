"""Who may do what, in words."""

from __future__ import annotations

from evenhand.server.pages.models.segmentations import Choice
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.words import N_

__all__ = ["ROLES_SAID", "roles_said"]

ROLES_SAID = {
    "reviewer": (N_("Reviewer"), N_("Reads everything, comments, decides on what others wrote, stops and undoes.")),
    "marketer": (
        N_("Marketer"),
        N_("Brings customers, proposes changes, puts approved ones into force, stops them."),
    ),
    "data_scientist": (
        N_("Data scientist"),
        N_("Brings customers and policies, which recommend; proposes changes."),
    ),
    "auditor": (N_("Auditor"), N_("Reads everything, the audit log too, and changes nothing.")),
    "administrator": (
        N_("Administrator"),
        N_("Lets people in, brings customers; may review, never their own changes."),
    ),
    "service": (N_("Service"), N_("A program: asks for recommendations and sends results. It never decides.")),
}


def roles_said(say: Speech) -> tuple[Choice, ...]:
    """Return the roles with what each may do."""
    return tuple(Choice(value=say(name), label=say(text)) for name, text in ROLES_SAID.values())
