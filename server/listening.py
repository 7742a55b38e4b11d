"""One address, a socket for each worker: connections are spread over all workers, by the system.

On a socket that workers share, whoever wakes first takes every connection that waits: of 16 that came together, one
worker of two had all. Where each worker listens on a socket of its own (`SO_REUSEPORT`, Linux), each gets its part.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

from evenhand.errors import UnavailableError

__all__ = ["listening"]


class _Own(socket.socket):
    """A bound socket that becomes another one, bound to the same address, in each process that it is handed to."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _bound, (self.family, self.getsockname())


def listening(host: str, port: int) -> socket.socket:
    """Return a bound socket to hand to workers.

    UnavailableError where the address is taken, or is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    alone = socket.socket(family)
    alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        alone.bind((host, port))  # without the option: it fails beside another server like this one too
    except OSError as error:
        alone.close()
        raise UnavailableError(
            f"cannot listen there: {(error.strerror or str(error)).lower()}", where=f"{host}, port {port}",
            mend="end what listens there, or choose another --port",
        ) from None  # fmt: skip
    if sys.platform != "linux":  # elsewhere the last socket would get everything, or there is no such option
        alone.set_inheritable(True)
        return alone
    address = alone.getsockname()
    alone.close()
    return _bound(family, address)


def _bound(family: int, address: Any) -> _Own:
    own = _Own(family, socket.SOCK_STREAM)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    own.bind(address)
    return own
