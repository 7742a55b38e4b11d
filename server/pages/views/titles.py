"""What a request is called and why it was written: in the reader's language where a policy wrote it."""

from __future__ import annotations

from sqlalchemy import Connection

from evenhand.errors import EvenhandError
from evenhand.registry import segmentations
from evenhand.registry.requests import GoBack, Request
from evenhand.segments import Segmentation
from evenhand.segments.sentences import tweak_sentence
from evenhand.server.pages.catalogue import SOURCE
from evenhand.server.pages.sentences import told, tweak_said
from evenhand.server.pages.speech import Speech

__all__ = ["reason_of", "title_of"]


def title_of(connection: Connection, request: Request, say: Speech) -> str:
    """Return a request's title; where a policy wrote it as a sentence about its change, that sentence anew."""
    if request.author_kind != "policy" or say.locale.language == SOURCE:
        return request.title
    if isinstance(request.wish, GoBack | Segmentation):  # its plan, or people changed what was recommended
        return told(request.title, say)
    try:
        base = segmentations.version(connection, request.segmentation, request.base_version).content
        written = tweak_sentence(request.wish, base).startswith(request.title)  # long ones are cut
        return tweak_said(request.wish, base, say) if written else request.title
    except EvenhandError:  # it fits its base no longer
        return request.title


def reason_of(request: Request, say: Speech) -> str:
    """Return why a request was written."""
    return told(request.reason, say) if request.author_kind == "policy" else request.reason
