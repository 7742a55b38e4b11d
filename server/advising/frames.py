"""What workers and the process that advises say to each other: frames on a Unix socket, each with a number.

A frame is four bytes of length, four of number, one of kind, and its body. An answer has the number of its question.
"""

from __future__ import annotations

import asyncio
import json
import struct
from abc import ABC, abstractmethod
from enum import IntEnum
from pathlib import Path
from typing import cast

from evenhand import errors
from evenhand.errors import EvenhandError

__all__ = ["ADDRESS", "Frames", "Kind", "error_of", "pulse_of", "said"]

ADDRESS = "EVENHAND_ADVISER_SOCKET"  # variable of the environment that names the socket to all processes of a server
HEAD = struct.Struct("!IIB")


def pulse_of(address: Path) -> Path:
    """Return the file that the process touches as long as it is well."""
    return address.with_name(f"{address.name}-pulse")


class Kind(IntEnum):
    """What a frame says."""

    READY = 1  # are all advisers ready? Answered once they are
    ASK = 2  # a question
    ANSWER = 3
    REFUSED = 4  # an error, as `said` writes it
    FAILED = 5  # an error that nobody foresaw, which the log of the process holds


class Frames(asyncio.Protocol, ABC):
    """One end of a connection: cuts what comes into frames."""

    def __init__(self) -> None:
        self._got = bytearray()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is none by name

    def data_received(self, data: bytes) -> None:
        """Hand over every frame that is whole."""
        self._got += data
        while len(self._got) >= HEAD.size:
            length, number, kind = HEAD.unpack_from(self._got)
            end = HEAD.size + length
            if len(self._got) < end:
                return
            body = bytes(self._got[HEAD.size : end])
            del self._got[:end]
            self.came(number, Kind(kind), body)

    def say(self, number: int, kind: Kind, body: bytes = b"") -> None:
        """Send a frame; to an end that is gone it is lost."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(HEAD.pack(len(body), number, kind) + body)

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    @abstractmethod
    def came(self, number: int, kind: Kind, body: bytes) -> None:
        """Take a frame."""


def said(error: EvenhandError) -> bytes:
    """Write an error for the other end."""
    return json.dumps([type(error).__name__, error.what, error.where, error.rule, error.mend]).encode()


def error_of(body: bytes) -> EvenhandError:
    """Return the error that the other end wrote."""
    name, what, where, rule, mend = json.loads(body)
    kind: type[EvenhandError] = getattr(errors, name, EvenhandError)
    return kind(what, where=where, rule=rule, mend=mend)
