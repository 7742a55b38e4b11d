"""Rules and segmentations compiled to NumPy: who meets a rule, and which segment everyone is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from evenhand.errors import DataError
from evenhand.segments.checks import nearest_hint
from evenhand.segments.rules import Condition, RuleGroup

if TYPE_CHECKING:
    import pandas as pd

    from evenhand.segments.segmentation import Segment

# pandas is imported by what works on a table: whoever only holds rules, such as the server, starts without it.

__all__ = ["BoolArray", "Frame", "Positions", "assign", "mask"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
Positions: TypeAlias = npt.NDArray[np.int16]
Frame: TypeAlias = "pd.DataFrame | Mapping[str, npt.NDArray[np.generic]]"
Column: TypeAlias = "npt.NDArray[np.generic]"

COMPARE: dict[str, Callable[[Column, float], BoolArray]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal
}  # fmt: skip


def mask(rule: RuleGroup, frame: Frame) -> BoolArray:
    """Return who meets a rule, (n_customers,); a missing value meets no comparison, not even `!=`.

    `frame` is a table or a mapping of columns. DataError when a column is missing or of the wrong kind.
    """
    return _group(rule, _Columns(frame))


def assign(segments: Sequence[Segment], frame: Frame) -> Positions:
    """Return the position of the first segment whose rule each customer meets, (n_customers,).

    Who meets none is in the default, at position `len(segments)`.
    """
    columns = _Columns(frame)
    positions = np.full(columns.n, len(segments), dtype=np.int16)
    for position in reversed(range(len(segments))):
        positions[_group(segments[position].rule, columns)] = position
    return positions


class _Columns:
    """The columns of a frame, each converted once for all conditions on it."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.n = _length(frame) if isinstance(frame, Mapping) else len(frame)
        self.converted: dict[tuple[str, type], Column] = {}

    def get(self, name: str, kind: type) -> Column:
        """Return a column as float64 (NaN: missing), or as objects (None: missing) when `kind` is str."""
        if (name, kind) not in self.converted:
            column = self.raw(name)
            self.converted[name, kind] = _texts(column, name) if kind is str else _numbers(column, name)
        return self.converted[name, kind]

    def raw(self, name: str) -> pd.Series:
        import pandas as pd

        if name not in self.frame:
            hint = nearest_hint(name, tuple(str(column) for column in self.frame))
            raise DataError(f"there is no column {name!r}", mend=hint)
        column: object = self.frame[name]
        if isinstance(column, pd.DataFrame):
            raise DataError(f"the column {name!r} stands twice in the table", mend="keep one of the two")
        return pd.Series(cast("npt.NDArray[np.generic]", column), copy=False)


def _group(rule: RuleGroup, columns: _Columns) -> BoolArray:
    every = rule.combinator == "and"
    result = np.full(columns.n, every)
    for part in rule.rules:
        met = _group(part, columns) if isinstance(part, RuleGroup) else _condition(part, columns)
        result = result & met if every else result | met
    return ~result if rule.not_ else result


def _condition(condition: Condition, columns: _Columns) -> BoolArray:
    operator, value = condition.operator, condition.value
    if operator in ("null", "notNull"):
        missing = columns.raw(condition.field).isna().to_numpy(dtype=bool)
        return missing if operator == "null" else ~missing
    values = value if isinstance(value, tuple) else (value,)
    column = columns.get(condition.field, str if isinstance(values[0], str) else float)
    if isinstance(value, bool):
        _refuse_other_than_flags(column, condition.field)
    if operator in COMPARE:
        return COMPARE[operator](column, cast(float, values[0]))
    if operator in ("between", "notBetween"):
        low, high = cast("tuple[float, float]", values)
        met = np.greater_equal(column, low) & np.less_equal(column, high)
    else:
        met = _among(column, values)
    return ~met & _known(column) if operator in ("!=", "notIn", "notBetween") else met


def _refuse_other_than_flags(column: Column, name: str) -> None:
    odd = column[~np.isin(column, (0.0, 1.0)) & _known(column)]
    if odd.size:
        raise DataError(f"the column {name!r} holds {odd[0]:g} where a rule asks yes or no", rule="flags are 0 or 1")


def _among(column: Column, values: Sequence[object]) -> BoolArray:
    met = np.zeros(len(column), dtype=bool)
    for value in values:
        met |= np.asarray(column == value, dtype=bool)
    return met


def _known(column: Column) -> BoolArray:
    import pandas as pd

    if column.dtype == np.float64:
        return ~np.isnan(column.astype(np.float64, copy=False))
    return ~pd.isna(column)


def _numbers(column: pd.Series, name: str) -> Column:
    import pandas as pd

    if column.dtype == np.float64:
        return np.asarray(column.to_numpy())
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_complex_dtype(column.dtype):
        kind = pd.api.types.infer_dtype(column, skipna=True)
        if kind not in NUMBERS:
            raise DataError(f"the column {name!r} holds {kind} where a rule compares numbers or flags")
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def _texts(column: pd.Series, name: str) -> Column:
    import pandas as pd

    kind = pd.api.types.infer_dtype(column, skipna=True)
    if isinstance(column.dtype, pd.CategoricalDtype):
        kind = pd.api.types.infer_dtype(column.cat.categories, skipna=True)
    if kind not in ("string", "empty") and not column.isna().all():
        raise DataError(
            f"the column {name!r} holds {kind} where a rule compares text", mend="turn the column into text"
        )
    texts = column.astype(object).to_numpy(dtype=object, copy=True)
    texts[column.isna().to_numpy(dtype=bool)] = None
    return np.asarray(texts)


def _length(frame: Mapping[str, npt.NDArray[np.generic]]) -> int:
    lengths = {len(column) for column in frame.values()}
    if len(lengths) > 1:
        raise DataError(f"the columns have different lengths: {sorted(lengths)}")
    return lengths.pop() if lengths else 0


NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean", "empty")
