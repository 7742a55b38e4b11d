"""What is wrong with a table is said in the reader's language: what is composed of parts, and where it stands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evenhand.customers.files import RawTable
from evenhand.customers.values import numbers
from evenhand.errors import DataError
from evenhand.server.arriving.reading import BIGGER, OTHERS, check_texts
from evenhand.server.pages.sentences import placed, told
from evenhand.server.pages.sentences.told import known
from evenhand.server.pages.speech import Speech


def test_what_is_composed_of_parts_is_known_as_a_whole() -> None:
    for what, mend in OTHERS.values():
        assert known(what)
        assert known(mend)
    assert known(BIGGER)
    ids = pd.Series(["a", "b"], dtype="str")
    for cells, expected in ((["=1+1", "x"], "'=1+1' beginnt"), (["x" * 501, "y"], "ist zu lang")):
        table = RawTable("shop.csv", pd.DataFrame({"id": ids, "text": cells}), np.arange(2, 4), "")
        with pytest.raises(DataError) as refused:
            check_texts(table, "text")
        assert expected in told(refused.value.what, Speech("de"))
        assert told(refused.value.rule or "", Speech("de")) != refused.value.rule
    table = RawTable("shop.csv", pd.DataFrame({"id": ids, "days": [-1.0, 1200.5]}), np.arange(2, 4), "")
    for high, expected in ((np.inf, "Werte sind mindestens 0"), (1.0, "Werte liegen von 0 bis 1")):
        with pytest.raises(DataError) as refused:
            numbers(table, "days", low=0, high=high)
        assert told(refused.value.rule or "", Speech("de")) == expected
    assert told(refused.value.what, Speech("de")) == "'-1.0' liegt außerhalb des Erlaubten (und 1 weitere)"
    assert placed(refused.value.where or "", Speech("de")) == "shop.csv, Zeile 2, Spalte „days“"


def test_places_are_said_in_the_reader_s_language() -> None:
    german = Speech("de")
    assert placed("shop.csv, row 1,203", german) == "shop.csv, Zeile 1.203"
    assert placed("shop.csv, column 'age'", german) == "shop.csv, Spalte „age“"
    assert placed("column 'age'", german) == "Spalte „age“"
    assert placed("campaign 2", german) == "Kampagne 2"
    assert placed("title", german) == "Titel"
    assert placed("shop.csv", german) == "shop.csv"
    assert placed("shop.csv, row 3", Speech("en")) == "shop.csv, row 3"
    assert told("both 'a' and 'b' are said to be the column that names the customer", german) == (
        "„a“ und „b“ sind beide als die Spalte angegeben, die den Kunden benennt"
    )
    assert told("the cost 'x' is no amount", german) == "Kosten: „x“ ist kein Betrag"
    assert told("is no column of numbers, so it cannot be the recency", german).startswith("enthält keine Zahlen")
