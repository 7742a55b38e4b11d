"""Rules, segments and tweaks as sentences in the reader's language; in English those of `evenhand.segments`."""

from evenhand.server.pages.sentences.changes import differences, tweak_said
from evenhand.server.pages.sentences.segments import segment_said

__all__ = ["differences", "segment_said", "tweak_said"]
