"""The session's cookie: unreadable by scripts, not sent from other sites, only over TLS but on the own machine."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

__all__ = ["clear_cookie", "cookie_name", "set_cookie", "token_of"]

NAME = "evenhand"
OWN_MACHINE = {"localhost", "127.0.0.1", "::1"}


def _secure(request: Request) -> bool:
    """Everywhere but on plain HTTP to the own machine, where there is nobody to listen."""
    return not (request.url.scheme == "http" and request.url.hostname in OWN_MACHINE)


def cookie_name(request: Request) -> str:
    """Return the cookie's name; `__Host-` binds it to this very host, so that no neighbour can set it."""
    return f"__Host-{NAME}" if _secure(request) else NAME


def token_of(request: Request) -> str | None:
    """Return the session's token that a browser sent."""
    return request.cookies.get(cookie_name(request))


def set_cookie(request: Request, response: Response, token: str, *, seconds: int) -> None:
    """Give a browser the token of its session."""
    response.set_cookie(
        cookie_name(request), token, max_age=seconds, path="/", secure=_secure(request), httponly=True, samesite="lax"
    )


def clear_cookie(request: Request, response: Response) -> None:
    """Take it away."""
    response.delete_cookie(cookie_name(request), path="/", secure=_secure(request), httponly=True, samesite="lax")
