"""The command line: one command a step, each on the files of the step before, and `demo` for all of them."""

import os

# Before anything that reads it is imported: several threads for each small task wait for each other on a busy machine,
# ten-fold. Work goes to processes side by side instead.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from evenhand.cli.app import app
from evenhand.cli.ending import main

__all__ = ["app", "main"]
