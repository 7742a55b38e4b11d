"""Running the server: N workers of uvicorn at one address, that end when their last request is answered.

Beside them one process advises all of them, where they are several (`advising`), and one does what nobody waits for
(`background`).
"""

from __future__ import annotations

import logging.config
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.errors import UnavailableError
from evenhand.registry.database import Database
from evenhand.registry.segmentations import every
from evenhand.server import logs
from evenhand.server.advising.frames import ADDRESS, pulse_of
from evenhand.server.compiling import Compiler, environment_of
from evenhand.server.listening import listening
from evenhand.server.loading import loading
from evenhand.server.serving.folders import folder_of
from evenhand.server.settings import ServerSettings
from evenhand.server.supervising import beside

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["serve", "worker_app"]

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # as in `metrics`, which must not be imported before it is set
SILENT = 60  # seconds after which a worker is taken for dead
ADVISING, BACKGROUND = "evenhand.server.advising", "evenhand.server.background"  # beside the workers
AFTER = 3.0  # seconds until the background begins: meanwhile workers and advisers have the processors
LONGEST = 60  # characters of a folder with a socket in it: the system takes about a hundred in all
KEEP_ALIVE = 15  # seconds that an idle connection is kept; longer than most load balancers wait between two checks


def serve(settings: ServerSettings, *, say: Callable[[str], None] = lambda line: None) -> None:
    """Answer requests until SIGTERM or Ctrl-C; open ones are answered first, for `shutdown_limit` at most.

    What advice needs is compiled first, where that has not been done; `say` is told of that, and of the address.
    UnavailableError or ArtefactError, before anything listens, when the database is not there or not migrated, or the
    address is taken.
    """
    with Database.open(settings.database) as database, database.reading() as connection:
        names = [record.name for record in every(connection)]
    logs.configure()
    logging.config.dictConfig(logs.configuration(settings.log_level))
    compiler = Compiler(settings)
    with _closed_by_signals(compiler), suppress(UnavailableError):
        for name in names:
            if (folder_of(settings.data_dir, name) / "simulator.json").exists():  # else evidence brings it
                compiler.ensure(name, say=say)
    if compiler.closed:
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again when one worker has ended
    own = listening(settings.host, settings.port)
    address = f"[{settings.host}]" if ":" in settings.host else settings.host
    say(f"Serving on http://{address}:{settings.port} ({settings.workers} workers); Ctrl-C ends it")
    with _shared(settings), _advising(settings), beside(BACKGROUND, seconds=settings.shutdown_limit, after=AFTER):
        import uvicorn  # while the advisers are being made
        from uvicorn.supervisors import Multiprocess

        config = uvicorn.Config(
            "evenhand.server.run:worker_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            loop="auto",  # uvloop and httptools, where they exist
            http="auto",
            log_config=None,
            access_log=False,  # `metrics.Watch` writes a line without addresses
            server_header=False,
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=round(settings.shutdown_limit),
            timeout_keep_alive=KEEP_ALIVE,
            timeout_worker_healthcheck=SILENT,
        )
        with suppress(KeyboardInterrupt):
            if settings.workers > 1:
                Multiprocess(config, sockets=[own]).run()
            else:
                uvicorn.Server(config).run(sockets=[own])


@contextmanager
def _closed_by_signals(compiler: Compiler) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C close the compiler: an exception while it starts its process would leave that behind."""
    before = {number: signal.signal(number, lambda *_: compiler.close()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def worker_app() -> FastAPI:
    """Return the app of one worker, set by the environment that `serve` left."""
    with loading():
        from evenhand.server.app import create_app

    settings = ServerSettings()
    logging.config.dictConfig(logs.configuration(settings.log_level))
    return create_app(settings, compiler=Compiler(settings), adviser_socket=os.environ.get(ADDRESS))


@contextmanager
def _advising(settings: ServerSettings) -> Iterator[None]:
    """Let one process advise all workers, where they are several; a single one advises itself."""
    os.environ.pop(ADDRESS, None)
    if settings.workers == 1:
        yield
        return
    long = len(tempfile.gettempdir()) > LONGEST
    with tempfile.TemporaryDirectory(prefix="evenhand-", dir="/tmp" if long else None) as folder:
        address = Path(folder) / "advisers"
        os.environ[ADDRESS] = str(address)
        with beside(ADVISING, seconds=settings.shutdown_limit, pulse=pulse_of(address)):
            yield


@contextmanager
def _shared(settings: ServerSettings) -> Iterator[None]:
    """Hand the settings to the workers, by the environment, and give them a folder for the metrics of all."""
    folder = tempfile.mkdtemp(prefix="evenhand-")
    before = dict(os.environ)
    os.environ.update({**environment_of(settings), FOLDER: folder})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)
