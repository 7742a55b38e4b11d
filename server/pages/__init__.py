"""The review pages: view models, templates, charts and words; routes and data come from outside."""

from evenhand.server.pages.models import Frame, Page
from evenhand.server.pages.rendering import CONTENT_SECURITY_POLICY, render

__all__ = ["CONTENT_SECURITY_POLICY", "Frame", "Page", "render"]
