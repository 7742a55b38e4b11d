"""The review pages over HTTP: each shows a view, or does what a form asks for by the commands that the API uses."""

from fastapi import APIRouter

from evenhand.server.pages.routes import (
    auditing,
    dashboard,
    editing,
    entering,
    experiments,
    helping,
    policies,
    queue,
    requests,
    segmentations,
    starting,
    static,
)

__all__ = ["ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (
    static.router,
    entering.router,
    queue.router,
    requests.router,
    editing.router,
    segmentations.router,
    auditing.router,
    policies.router,
    experiments.router,
    dashboard.router,
    starting.router,
    helping.router,
)
