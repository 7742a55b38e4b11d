"""Every worker gets its part of the connections, and two servers never share an address by mistake."""

from __future__ import annotations

import pickle
import socket
import sys
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import pytest

from evenhand.errors import UnavailableError
from evenhand.server.listening import listening


def handed_on(bound: socket.socket) -> socket.socket:
    """Return the socket that a worker gets."""
    worker: socket.socket = pickle.loads(ForkingPickler.dumps(bound))
    return worker


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers share a socket")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_connections_are_spread_over_workers(host: str) -> None:
    if ":" in host and not Path("/proc/net/if_inet6").exists():
        pytest.skip("there is no IPv6 here")
    with listening(host, 0) as bound, handed_on(bound) as one, handed_on(bound) as other:
        assert one.getsockname() == other.getsockname() == bound.getsockname()
        for worker in (one, other):
            worker.listen(128)
            worker.setblocking(False)
        clients = [socket.create_connection(bound.getsockname()[:2]) for _ in range(64)]
        counts = [accepted(worker) for worker in (one, other)]
        for client in clients:
            client.close()
    assert sum(counts) == 64  # the parent, which does not listen, gets none
    assert min(counts) >= 10  # of a coin thrown 64 times fewer come once in a hundred million


def accepted(worker: socket.socket) -> int:
    count = 0
    while True:
        try:
            worker.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def test_an_address_that_is_taken_is_refused_even_beside_a_server_like_this() -> None:
    with listening("127.0.0.1", 0) as bound, handed_on(bound) as worker:
        worker.listen()
        with pytest.raises(UnavailableError, match=r"cannot listen there: address already in use.*--port"):
            listening(*bound.getsockname())


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(UnavailableError, match="cannot listen there"):
        listening("203.0.113.7", 0)
