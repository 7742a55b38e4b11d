"""How a command ends: status 0, status 2 with one line on what to mend, 130 when stopped, or a full traceback."""

from __future__ import annotations

import io
import os
import sys

from evenhand.cli.app import app
from evenhand.errors import EvenhandError

__all__ = ["main"]

MEND, STOPPED = 2, 130
# What a disk refuses is for the user to mend; any other OSError is a fault of ours and keeps its traceback.
REFUSED = (PermissionError, FileExistsError, NotADirectoryError, IsADirectoryError)


def main() -> None:
    """Run the command line and leave by `sys.exit`; usage errors end with status 2 as typer words them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a sign gets a question mark
    try:
        app(prog_name="evenhand")
    except EvenhandError as error:
        _end(str(error), MEND)
    except REFUSED as error:
        if error.filename is None:
            raise
        _end(f"{error.filename}: {str(error.strerror).lower()}", MEND)
    except BrokenPipeError:
        # Whoever read our output has gone (`evenhand ... | head`); flushing at exit would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        _end("stopped", STOPPED)
    except SystemExit as end:
        if end.code == STOPPED:  # typer makes this of Ctrl-C, without a word
            _end("stopped; what earlier steps wrote is whole", STOPPED)
        raise


def _end(line: str, status: int) -> None:
    """Say one line on standard error and leave."""
    sys.stdout.flush()
    print(f"evenhand: {line}", file=sys.stderr)  # noqa: T201  plain: rich would wrap and style it
    sys.exit(status)
