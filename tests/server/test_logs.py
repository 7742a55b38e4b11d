"""A line of the log: what is in it, and what never is."""

from __future__ import annotations

import json
import logging
import logging.config
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from evenhand.server.logs import JsonLines, current_request, said_of

SECRET = "customer 4711 lives in Kiel"


def line_of(level: int, message: str, *args: object, error: BaseException | None = None, **extra: object) -> str:
    found = (type(error), error, error.__traceback__) if error else None
    record = logging.getLogger("x").makeRecord("x", level, __file__, 1, message, args, found, extra=extra)
    return JsonLines().format(record)


@pytest.fixture
def failed() -> Iterator[BaseException]:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        yield error


def test_a_line_is_what_is_said_the_event_the_level_and_the_time() -> None:
    line = json.loads(line_of(logging.WARNING, "unavailable", said={"what": "two\nlines"}))
    assert list(line) == ["what", "event", "level", "timestamp"]
    assert (line["what"], line["event"], line["level"]) == ("two\nlines", "unavailable", "warning")
    assert line["timestamp"].endswith("Z")


def test_no_text_makes_a_second_line() -> None:
    line = line_of(logging.INFO, "a\nb", said={"c\n": 'd"\r\n', "e": object()})
    assert "\n" not in line
    assert "\r" not in line


def test_lines_of_others_are_alike() -> None:
    assert json.loads(line_of(logging.INFO, "started %d", 5))["event"] == "started 5"


def test_of_an_exception_its_type_and_place_are_said_and_never_its_message(failed: BaseException) -> None:
    line = line_of(logging.ERROR, "Exception in ASGI application", error=failed)
    assert json.loads(line).items() >= said_of(failed).items()
    assert json.loads(line)["error"] == "builtins.KeyError"
    assert SECRET not in line


def test_each_line_says_its_request_and_only_there() -> None:
    before = current_request.set("7")
    try:
        assert json.loads(line_of(logging.INFO, "x"))["request_id"] == "7"
    finally:
        current_request.reset(before)
    assert "request_id" not in json.loads(line_of(logging.INFO, "x"))


def test_a_library_is_silent_until_somebody_wants_its_log() -> None:
    code = """
    import logging.config
    from evenhand.server import logs
    logs.configure()
    logs.log.error("unheard")
    logging.config.dictConfig(logs.configuration("warning"))
    logs.configure()
    logs.log.info("too little")
    logs.log.error("heard", who="somebody")
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
    assert [json.loads(line)["event"] for line in told] == ["heard"]
