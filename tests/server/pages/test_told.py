"""Messages of other rooms in the reader's language: known as they are raised, and said with their values."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenhand.errors import ConflictError, DataError
from evenhand.server.pages.sentences import told, trouble_said
from evenhand.server.pages.sentences.told import known
from evenhand.server.pages.speech import Speech

ROOT = Path(__file__).parents[3]
REQUESTS = ("change", "record", "reviewing", "rollout", "rules", "states")
FILES = (
    *(f"registry/requests/{name}.py" for name in REQUESTS), "registry/texts.py", "server/auth/csrf.py",
    *(f"server/pages/routes/{name}.py" for name in ("editing", "forms", "policies", "requests", "segmentations")),
    "server/pages/views/moving.py", "server/pages/views/rules.py", "experiments/gate/validity.py",
    "experiments/gate/rules.py", "experiments/trial/integrity.py", "server/pages/routes/starting.py",
    "server/pages/views/starting.py",
    *(f"server/arriving/{name}.py" for name in ("child", "describing", "dividing", "folder", "reading")),
    *(f"customers/{name}.py" for name in ("files", "groups", "infer", "protected", "quality", "read", "values")),
)  # fmt: skip
# What no person at a page meets: programs send these, or they are an example of what to write.
OF_PROGRAMS = {
    '{"version": 3}', "2026-11-30T09:00", "make a request of kind 'rollback'", "0 weeks or more",
    "a roll-back names the version to go back to", "a washout of 7 weeks", "moments do not fit the covariates",
    "means (7,) and covariances (7, 7)", "a covariate is not finite", "means and covariances are finite numbers",
    "There is no result for the guardrail '7'7.",  # its end is one of two: both are known
    "counts of missing 7 do not fit the arms", "0 <= missing <= units, arm by arm",
    # pages infer by themselves, and ask a person where nothing was found
    "no column could be a feature", "a feature is a column of numbers, yes/no values or few categories",
    "write a schema by hand", "no column looks like the customer's id",
    "name the column customer_id, or write a schema with id = ...",
    "Winter shop",
}  # fmt: skip


COMPOSED = {"'7' 7", "values are 7"}  # tested in test_told_of_tables.py


def texts(node: ast.expr) -> Iterator[str]:
    """Give what an expression may say, with a 7 for each value, in quotation marks where the source asks for them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else _value(part) for part in node.values]
        if parts != ["'7'"]:  # somebody's own words
            yield "".join(map(str, parts))
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))
    elif isinstance(node, ast.Lambda):
        yield from texts(node.body)
    elif isinstance(node, ast.BinOp):  # an end that not every message has
        yield from (left + right for left in texts(node.left) for right in texts(node.right))


def _value(part: ast.expr) -> str:
    assert isinstance(part, ast.FormattedValue)
    shown = isinstance(part.value, ast.Call) and getattr(part.value.func, "id", "") == "shown"
    return "'7'" if shown or part.conversion == ord("r") else "7"


def raised(file: str) -> Iterator[str]:
    """Give every message of a file's errors, checks and verdicts."""
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Yield) and node.value is not None:
            yield from texts(node.value)
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "")
        named = {one.arg: one.value for one in node.keywords}
        if name == "check":  # of a table's cells: the value stands before what is wrong with it
            yield from (f"'7' {text}" for text in texts(node.args[3]))
        if name == "_too_much":
            yield from texts(node.args[1])
        if name.endswith("Error") or name == "check":
            for part in (*node.args[: name != "check"], *(named[one] for one in ("rule", "mend") if one in named)):
                yield from texts(part)
        if name == "Check" and "what" in named:
            yield from texts(named["what"])


@pytest.mark.parametrize("file", FILES)
def test_every_message_that_a_page_may_show_is_known(file: str) -> None:
    said = {" ".join(text.split()) for text in raised(file)} - OF_PROGRAMS - COMPOSED
    assert {text for text in said if text and not known(text)} == set()


def test_values_are_written_as_the_language_writes_them() -> None:
    german = Speech("de")
    assert told("there is no request 1,234", german) == "Es gibt keinen Antrag 1.234"
    apart = "1.5 standard errors away from its null where 2.25 are needed at this look"
    said = told(f"Harm beyond its margin: orders, {apart}.", german)
    assert said.startswith("Schaden über den Spielraum hinaus: orders, 1,5 Standardfehler vom Grenzwert")
    assert "2,25" in said
    refused = told("approve is not possible: the request is in review", german)
    assert refused == "Genehmigen ist nicht möglich: Der Antrag ist in Prüfung"


def test_the_title_of_a_policy_s_plan_is_said_in_the_reader_s_language() -> None:
    said = told("Begin with the plan of policy 'winter-7'.", Speech("de"))
    assert said == "Mit dem Plan der Strategie „winter-7“ beginnen."


def test_what_is_measured_and_who_is_compared_is_named_as_pages_name_it() -> None:
    german = Speech("de")
    apart = "more than 8 standard errors away from its null where 1.96 are needed at this look"
    said = told(f"profit is shown to be better: {apart}.", german)
    assert said == (
        "Dass „Gewinn“ besser ist, ist gezeigt: mehr als 8 Standardfehler vom Grenzwert entfernt, bei diesem Blick "
        "sind 1,96 nötig."
    )
    said = told(f"18-34 against 35-54 (age, benefit) is shown to be within its margin: {apart}.", german)
    assert said.startswith("Dass „18-34 gegenüber 35-54 (age, wer vorteilhafte Angebote erhält)“ in seinem Spielraum")
    assert told(f"clicks is shown to be better: {apart}.", german).startswith("Dass „clicks“ besser ist")
    refused = told("it takes the permission audit:read, which administrator, auditor have", german)
    assert refused.endswith("sie haben: Administration und Revision")


def test_what_nobody_knows_stays_as_it_is_and_english_is_never_touched() -> None:
    assert told("something else altogether", Speech("de")) == "something else altogether"
    assert told("it is empty", Speech("en")) == "it is empty"
    book = f"approve is not possible: the request is {'in ' * 1000}"
    assert told(book, Speech("de")) == book


def test_a_trouble_names_the_field_and_never_a_code() -> None:
    assert trouble_said(DataError("it is empty", where="reason"), Speech("de")) == "Begründung: Es ist leer"
    assert trouble_said(ConflictError("it is empty", where="requests/1"), Speech("en")) == "it is empty"
