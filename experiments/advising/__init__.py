"""Advice for fresh segment statistics: what a server answers within a few milliseconds, without torch or simulation."""
