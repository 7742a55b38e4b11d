"""The server, wired in one place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

import anyio
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from evenhand.errors import EvenhandError
from evenhand.registry.database import Database
from evenhand.registry.identity import Passwords
from evenhand.server import logs
from evenhand.server.auth.identifier import PasswordIdentifier
from evenhand.server.auth.keycache import KeyCache
from evenhand.server.campaigns.periods import Counts
from evenhand.server.catching import Catch, on_error
from evenhand.server.compiling import Compiler
from evenhand.server.deps import Clock, Deps, utc_now
from evenhand.server.headers import SecurityHeaders
from evenhand.server.limits import Bodies, Load, Loading
from evenhand.server.lookups import Lookups
from evenhand.server.metrics import Metrics, Watch
from evenhand.server.openapi import describe
from evenhand.server.pages.routes import ROUTERS as PAGES
from evenhand.server.pages.views import audience
from evenhand.server.requestid import RequestIds
from evenhand.server.routes import (
    account,
    audit,
    campaigns,
    customers,
    health,
    keys,
    observations,
    policies,
    recommendations,
    reference,
    requests,
    reviewing,
    rollouts,
    segmentations,
    users,
)
from evenhand.server.serving.parts import Serving
from evenhand.server.settings import ServerSettings

__all__ = ["PAGES", "ROUTERS", "create_app"]

ROUTERS: tuple[APIRouter, ...] = (  # looked through in this order: what is asked for most stands first
    recommendations.router,
    customers.router,
    health.router,
    reference.router,
    account.router,
    users.router,
    keys.router,
    segmentations.router,
    requests.router,
    reviewing.router,
    rollouts.router,
    campaigns.router,
    observations.router,
    audit.router,
    policies.router,
)
HASHES_AT_ONCE = 2
REMEMBERED = 30.0  # seconds after which a worker that nobody asks lets go of customers who have been erased


def create_app(
    settings: ServerSettings, *, clock: Clock = utc_now, compiler: Compiler | None = None,
    adviser_socket: str | None = None,
) -> FastAPI:  # fmt: skip
    """Return the server as an ASGI application; without a `compiler` it compiles by itself what is not compiled yet.

    Where a process beside it listens on `adviser_socket`, that one advises (`advising`), else the application does.
    The database must be there and migrated: UnavailableError or ArtefactError says what to do otherwise.
    """
    logs.configure()
    deps = _parts(settings, clock, compiler, adviser_socket)
    app = FastAPI(
        title="Evenhand",
        version=version("evenhand"),
        middleware=_middleware(deps),
        exception_handlers=dict.fromkeys((EvenhandError, RequestValidationError, HTTPException), on_error),
        lifespan=_lifespan,
        docs_url=None,  # its page loads scripts from elsewhere, which the security policy forbids
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.deps = deps
    for router in (*ROUTERS, *PAGES):
        app.include_router(router)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]  # how FastAPI is told
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Make ready in the background; write what waits and close the database when the last request is answered."""
    deps: Deps = app.state.deps
    deps.serving.begin()
    working = asyncio.create_task(deps.serving.warm()), asyncio.create_task(_forget(deps))
    try:
        yield
    finally:
        for task in working:
            task.cancel()
        deps.serving.close()
        deps.database.close()


async def _forget(deps: Deps) -> None:
    """Keep nobody in memory who was erased by another worker: answers never use them, but a worker may be idle."""
    while True:
        await asyncio.sleep(REMEMBERED)
        audience.forget()
        deps.serving.forget()


def _parts(
    settings: ServerSettings, clock: Clock, compiler: Compiler | None, adviser_socket: str | None
) -> Deps:  # fmt: skip
    database = Database.open(settings.database)
    passwords = Passwords(settings.password_memory, settings.password_passes)
    deps = Deps(
        settings=settings,
        database=database,
        metrics=Metrics(),
        identifier=PasswordIdentifier(passwords, settings.allowance),
        keys=KeyCache(database, seconds=settings.key_cache),
        passwords=passwords,
        lookups=Lookups(database),
        counts=Counts(),
        serving=Serving(database, settings.data_dir, compiler, adviser_socket),
        hashing=anyio.CapacityLimiter(HASHES_AT_ONCE),
        clock=clock,
    )
    return deps


def _middleware(deps: Deps) -> list[Middleware]:
    """Return what every request passes, from the outside in."""
    settings = deps.settings
    return [
        Middleware(RequestIds),
        Middleware(Watch, metrics=deps.metrics),
        Middleware(SecurityHeaders),
        Middleware(Load, most=settings.concurrency_limit, seconds=settings.time_limit, metrics=deps.metrics),
        Middleware(Loading, serving=deps.serving),
        Middleware(Catch),
        Middleware(
            Bodies,
            most=settings.body_limit,
            most_file=settings.upload_limit,
            depth=settings.depth_limit,
            seconds=settings.time_limit,
        ),
    ]
