"""A client that speaks to an app in this process, without a socket."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any

import httpx
from fastapi import FastAPI

__all__ = ["Client"]


class Client:
    """Asks an app; keeps cookies, as a browser does, and sends the headers that it was made with."""

    def __init__(self, app: FastAPI, *, base_url: str = "http://localhost", **headers: str) -> None:
        self.app = app
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("203.0.113.9", 4711))
        self.http = httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers)

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Ask and wait for the answer."""
        return self._runner.run(self.http.request(method, url, **options))

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> httpx.Response:
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> httpx.Response:
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", url, **options)

    def run(self, work: Any) -> Any:
        """Wait for something else on the same loop."""
        return self._runner.run(work)

    def close(self) -> None:
        self._runner.run(self.http.aclose())
        self._runner.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
