"""What is measured, in Prometheus's format: requests by route and status, how long they took, how many are at work.

Several workers share the numbers through small files (prometheus-client's multiprocess mode) in a folder that
`evenhand serve` makes at every start and names in PROMETHEUS_MULTIPROC_DIR; any worker then answers for all.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evenhand.server.logs import log

__all__ = ["FOLDER", "Metrics", "Watch"]

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Metrics:
    """The instruments of one app, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        by = ("method", "route")
        self.requests = Counter("evenhand_requests", "Answers given", (*by, "status"), registry=self.registry)
        self.seconds = Histogram(
            "evenhand_request_seconds", "Time to answer", by, buckets=BUCKETS, registry=self.registry
        )
        self.working = Gauge(
            "evenhand_requests_working", "Requests at work", registry=self.registry, multiprocess_mode="livesum"
        )
        self.logins = Counter("evenhand_logins", "Attempts to log in", ("outcome",), registry=self.registry)

    def text(self) -> bytes:
        """Return the numbers of all workers in Prometheus's text format."""
        folder = os.environ.get(FOLDER)
        if not folder:
            return generate_latest(self.registry)
        _forget_the_dead(Path(folder))
        together = CollectorRegistry()
        MultiProcessCollector(together, folder)  # type: ignore[no-untyped-call]  # it has no types
        return generate_latest(together)


def _forget_the_dead(folder: Path) -> None:
    """Drop gauges of workers that were killed; their counters stay, for those only grow."""
    for path in folder.glob("gauge_live*_*.db"):
        found = re.search(r"_(\d+)\.db$", path.name)
        if found and not Path(f"/proc/{found[1]}").exists() and Path("/proc/self").exists():
            mark_process_dead(int(found[1]), str(folder))  # type: ignore[no-untyped-call]  # it has no types


class Watch:
    """Counts and logs every answer, under its route's template: addresses hold names of customers."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = _template(scope)
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.seconds.labels(method, route).observe(seconds)
        log.info("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 2))


def _template(scope: Scope) -> str:
    """Return `/v1/users/{name}` of whatever name was asked for."""
    route: Any = scope.get("route")
    return str(getattr(route, "path", None) or "unmatched")
