"""Rules, segments and tweaks as sentences in the reader's language; in English those of `evenhand.segments`."""

from evenhand.server.pages.sentences.changes import differences, tweak_said
from evenhand.server.pages.sentences.segments import NO_CONTACT_SAID, segment_said
from evenhand.server.pages.sentences.told import placed, sentence, told, trouble_said

__all__ = ["NO_CONTACT_SAID", "differences", "placed", "segment_said", "sentence", "told", "trouble_said", "tweak_said"]
