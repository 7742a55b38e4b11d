"""Machine code, made once and by one process before anybody needs it.

Numba keeps what it compiled in a folder, and two processes that store at once can take each other's code. So a process
of its own compiles, alone under a lock, and says so by a mark; workers and the background only load. They can end at
any time while it is at work.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import evenhand
from evenhand.errors import UnavailableError
from evenhand.server.settings import ServerSettings

__all__ = ["CACHE", "Compiler", "cache_of", "environment_of", "made_for", "mark_of"]

CACHE = "NUMBA_CACHE_DIR"
COMMAND = (sys.executable, "-m", "evenhand.server.compiling")
POLL = 0.1  # seconds between two looks at the process that compiles

Say = Callable[[str], None]


class Compiler:
    """Sees to it that the machine code which a business needs is there."""

    def __init__(self, settings: ServerSettings, *, command: Sequence[str] = COMMAND) -> None:
        self._settings, self._command = settings, command
        self.closed = False  # no threading.Event: a signal's handler must not wait for the lock of one
        self._cache, self._tried = cache_of(settings.data_dir), set[str]()

    def ensure(self, name: str, *, say: Say = lambda line: None) -> None:
        """Return when what advice on a segmentation needs is compiled; UnavailableError once `close` was called.

        Where it cannot be compiled, whoever needs it says why, in words that fit; it is tried once.
        """
        if name in self._tried or mark_of(self._cache, name).exists():
            return
        say(f"Compiling what advice on {name!r} needs, once for each release; it takes about a minute")
        began = time.monotonic()
        environment = environment_of(self._settings)
        # In a session of its own Ctrl-C does not reach it: it is ended below.
        process = subprocess.Popen(
            [*self._command, name], env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )  # fmt: skip
        try:
            while process.poll() is None:
                if self.closed:
                    raise UnavailableError("the server ends", mend="ask again in a while")
                time.sleep(POLL)
        finally:
            if process.poll() is None:
                process.kill()  # nothing of it is marked, so the next one begins anew
            process.wait()
        self._tried.add(name)
        say(f"Compiled in {time.monotonic() - began:.0f} s" if process.returncode == 0 else "It could not be compiled")

    def close(self) -> None:
        """Let nobody wait any longer; a signal's handler may call it."""
        self.closed = True


def cache_of(data_dir: Path) -> Path:
    """Return the folder of machine code: as the environment says, else one in the data folder for this release's code.

    Numba notices when a function is edited, not when one that it calls in another file is.
    """
    given = os.environ.get(CACHE)
    return Path(given) if given else data_dir / "machine-code" / _code()[:16]


def environment_of(settings: ServerSettings) -> dict[str, str]:
    """Return the environment of processes that work with these settings."""
    given = {f"EVENHAND_{name.upper()}": str(value) for name, value in settings.model_dump().items()}
    return {**os.environ, **given, CACHE: str(cache_of(settings.data_dir))}


@lru_cache
def _code() -> str:
    root, whole = Path(evenhand.__file__).parent, hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        whole.update(file.read_bytes())
    return whole.hexdigest()


def mark_of(cache: Path, name: str) -> Path:
    """Return the file that says that what a business needs is compiled."""
    return cache / f"compiled-{_code()[:16]}-{name}"


def made_for(settings: ServerSettings, name: str) -> None:
    """Run through what the server does with a business, on a few of its customers, so that all of it is compiled."""
    from evenhand.customers.locking import locked

    cache = cache_of(settings.data_dir)
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache):
        if not mark_of(cache, name).exists():
            _run_through(settings, name)
            mark_of(cache, name).touch()


FEW = 300  # customers: what is compiled does not depend on how many


def _run_through(settings: ServerSettings, name: str) -> None:
    from evenhand.experiments.advising.offers import Offers
    from evenhand.experiments.advising.standing import standing_of
    from evenhand.experiments.advising.statistics import SegmentCounts
    from evenhand.experiments.setup import setup_of
    from evenhand.registry import segmentations
    from evenhand.registry.database import Database
    from evenhand.server.serving.business import load_business
    from evenhand.server.serving.predicting import foretold

    with Database.open(settings.database) as database, database.reading() as connection:
        today = segmentations.current(connection, name).content
    business = load_business(settings.data_dir, name)
    business = business._replace(customers=business.customers.only(business.customers.frame.index[:FEW]))
    setup = setup_of(business.simulator, today, business.settings)
    standing = standing_of(business.customers, today, business.simulator, setup)
    view, offers = standing.look({id: SegmentCounts(FEW, {}) for id in today.ids}), Offers(standing)
    for operation in range(1, int(view.decode[:, 0].max()) + 1):
        rows = (view.allowed[0] & (view.decode[:, 0] == operation)).nonzero()[0]
        if rows.size:
            tweak = offers.of(view.decode[rows[0]], 0).tweak
            foretold(business, today, tweak.apply(today).segmentation, draws=1)


if __name__ == "__main__":
    made_for(ServerSettings(), sys.argv[1])
