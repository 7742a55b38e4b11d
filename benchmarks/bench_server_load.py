"""Sends requests to a server on this machine and times the answers; a process of its own beside `bench_server.py`.

    python benchmarks/bench_server_load.py < job.json

The job: port, key, kind ("recommend" or "lookup"), connections, seconds, most, seed, and rate: a number of requests
a second for an open loop, null for a closed one. Closed: each connection asks again as soon as it is answered. Open:
requests fall due at random (Poisson) whatever the server does, wait for a free connection if there is none, and are
timed from when they were due, so that a server that stalls cannot slow its own examination down. Every request is new.
Answers are checked afterwards. Prints one JSON line.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import uvloop

HOST = "127.0.0.1"
ANSWER_IN = 30.0  # seconds, after which a request counts as lost
BACKLOG_IN = 120.0  # seconds for what fell due and waits, where the server cannot keep up; the rest is lost


class Answer(NamedTuple):
    """What came back."""

    seconds: float
    status: int
    body: bytes


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request at work."""

    def __init__(self) -> None:
        self._got = bytearray()
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Finish the answer once it is whole."""
        self._got += data
        end = self._got.find(b"\r\n\r\n")
        if end < 0 or self._waiting is None:
            return
        head = bytes(self._got[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._got) >= end + 4 + length:
            body, waiting = bytes(self._got[end + 4 :]), self._waiting
            self._got.clear()
            if not waiting.done():
                waiting.set_result((int(head[9:12]), body))

    async def ask(self, request: bytes, *, since: float) -> Answer:
        """Send a request and return its answer, timed from `since`."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        status, body = await asyncio.wait_for(self._waiting, ANSWER_IN)
        return Answer(time.perf_counter() - since, status, body)

    def close(self) -> None:
        """End it."""
        self._transport.close()


def main() -> None:
    """Do the job."""
    job = json.load(sys.stdin)
    made = requests_of(job)
    gc.freeze()  # the requests are not rubbish, and looking through them would be timed
    found, seconds = uvloop.run(run(job, made))
    print(json.dumps(report(job, found, seconds)))


async def run(job: dict[str, Any], made: list[bytes]) -> tuple[list[Answer | None], float]:
    """Return every answer, None for those that never came, and how long it all took."""
    loop = asyncio.get_running_loop()
    opened = [(await loop.create_connection(Connection, HOST, job["port"]))[1] for _ in range(job["connections"])]
    begun = time.perf_counter()
    found = await (open_loop if job["rate"] else closed_loop)(job, opened, made)
    seconds = time.perf_counter() - begun
    for connection in opened:
        connection.close()
    return found, seconds


async def closed_loop(job: dict[str, Any], opened: list[Connection], made: list[bytes]) -> list[Answer | None]:
    """Let each connection ask, over and over, until time or requests are over."""
    left, found = iter(made), list[Answer | None]()
    until = time.perf_counter() + job["seconds"]

    async def work(connection: Connection) -> None:
        for request in left:
            found.append(await asked(connection, request, time.perf_counter()))
            if found[-1] is None or time.perf_counter() > until:
                return

    await asyncio.gather(*map(work, opened))
    return found


async def open_loop(job: dict[str, Any], opened: list[Connection], made: list[bytes]) -> list[Answer | None]:
    """Let requests fall due at their rate."""
    waits = np.random.default_rng(job["seed"]).exponential(1 / job["rate"], len(made))
    due = time.perf_counter() + np.cumsum(waits)
    due = due[due < due[0] + job["seconds"]]
    free, found = deque(opened), list[Answer | None]()
    queue: asyncio.Queue[tuple[bytes, float]] = asyncio.Queue()

    async def work(connection: Connection) -> None:
        while True:
            request, since = await queue.get()
            found.append(await asked(connection, request, since))
            queue.task_done()

    workers = [asyncio.ensure_future(work(connection)) for connection in free]
    asked_for = min(len(made), len(due))
    for request, since in zip(made, due.tolist(), strict=False):
        if (wait := since - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        queue.put_nowait((request, since))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(queue.join(), BACKLOG_IN)
    for worker in workers:
        worker.cancel()
    return found + [None] * (asked_for - len(found))


async def asked(connection: Connection, request: bytes, since: float) -> Answer | None:
    """Return an answer, or None where none came."""
    try:
        return await connection.ask(request, since=since)
    except (OSError, TimeoutError):
        return None


# -- requests ----------------------------------------------------------------------------------------------------


def requests_of(job: dict[str, Any]) -> list[bytes]:
    """Return `most` requests, no two alike."""
    rng = np.random.default_rng([job["seed"], job["connections"]])
    return list((statistics if job["kind"] == "recommend" else lookups)(job, rng))


def statistics(job: dict[str, Any], rng: np.random.Generator) -> Iterator[bytes]:
    """Give questions for recommendations: customers near their number, contacts answered at rates that vary."""
    ids, sizes = zip(*job["segments"], strict=True)
    sent = ",".join(
        f'{{"campaign":"{id_}","sends":%d,"opens":%d,"redemptions":%d,"unsubscribes":%d}}' for id_ in job["campaigns"]
    )
    parts = ",".join(f'{{"segment":"{id_}","customers":%d,"campaigns":[{sent}]}}' for id_ in ids)
    template = f'{{"version":1,"count":3,"segments":[{parts}]}}'
    head = f"POST /v1/segmentations/{job['segmentation']}/recommendations HTTP/1.1\r\n"
    shape = (len(sizes), len(job["campaigns"]))
    n = np.array(sizes)[:, None]
    for _ in range(job["most"]):
        sends = rng.poisson(np.broadcast_to(np.maximum(40 * n, 400), shape))
        opens = rng.binomial(sends, rng.uniform(0.1, 0.4, shape))
        redeemed = rng.binomial(opens, rng.uniform(0.01, 0.3, shape))
        gone = rng.poisson(np.ones(shape))
        counts = np.stack([sends, opens, redeemed, gone], axis=-1).reshape(len(sizes), -1)
        row = np.concatenate([rng.binomial(n, 0.98), counts], axis=1)
        yield _request(head, job, template % tuple(row.ravel().tolist()))


def lookups(job: dict[str, Any], rng: np.random.Generator) -> Iterator[bytes]:
    """Give questions for the segment of customers drawn at random."""
    for k in rng.integers(len(job["customers"]), size=job["most"]).tolist():
        key, name = job["customers"][k], job["segmentation"]
        yield _request(f"GET /v1/customers/{key}/segment?segmentation={name} HTTP/1.1\r\n", job)


def _request(head: str, job: dict[str, Any], body: str = "") -> bytes:
    content = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{head}Host: {HOST}\r\nAuthorization: Bearer {job['key']}\r\n{content}\r\n{body}".encode()


# -- answers -----------------------------------------------------------------------------------------------------


def report(job: dict[str, Any], found: list[Answer | None], seconds: float) -> dict[str, Any]:
    """Return how fast the answers were, how many, and what was in them."""
    came = [answer for answer in found if answer is not None]
    times = np.array([answer.seconds for answer in came]) * 1000
    kinds = Counter(kind_of(job, answer) for answer in came)
    p50, p95, p99 = np.percentile(times, [50, 95, 99]).round(2).tolist() if came else [None] * 3
    return {
        "answers": len(came),
        "lost": len(found) - len(came),
        "good": sum(count for kind, count in kinds.items() if not kind.startswith("wrong")),
        "kinds": dict(kinds),
        "rps": round(len(came) / seconds, 1),
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "max_ms": round(float(times.max()), 2) if came else None,
    }


def kind_of(job: dict[str, Any], answer: Answer) -> str:
    """Return what kind of answer it is: some tweaks, the reason to keep what runs, a segment, or what is wrong."""
    if answer.status != 200:
        return f"wrong: status {answer.status}"
    content = json.loads(answer.body)
    if job["kind"] == "lookup":
        return "a segment" if content.get("segment") and content.get("why") else "wrong: no segment"
    return advice_of(content)


def advice_of(content: dict[str, Any]) -> str:
    """Return how many tweaks were recommended, each with an interval and words, or why none."""
    items, hold = content["items"], content["hold"]
    if not items:
        return f"hold: {hold['why']}" if hold and hold["reason"] else "wrong: neither tweaks nor a reason"
    for item in items:
        profit = item["expected"]["profit"]
        if not (0 < profit["low"] <= profit["mean"] <= profit["high"] and item["sentence"] and item["reason"]):
            return "wrong: a tweak without its interval or words"
    return f"{len(items)} tweaks"


if __name__ == "__main__":
    main()
