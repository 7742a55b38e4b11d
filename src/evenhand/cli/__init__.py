"""The command line: one command a step, each on the files of the step before, and `demo` for all of them."""

from evenhand.cli.app import app
from evenhand.cli.ending import main

__all__ = ["app", "main"]
