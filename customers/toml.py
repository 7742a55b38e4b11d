"""Write plain values as TOML: the few kinds that a schema needs, so that no package is needed for it.

Reading is `tomllib` of the standard library; a property test holds that it reads back what this writes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence

__all__ = ["Value", "dump_toml"]

Value = str | int | float | bool | Sequence["Value"] | Mapping[str, "Value"]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def _string(text: str) -> str:
    # JSON's escapes are TOML's, but TOML also wants the delete character escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _inline(value: Value) -> str:
    """Write one value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} has no place in a schema: numbers are finite")
        return repr(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_inline(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    return f"[{', '.join(_inline(item) for item in value)}]"


def _is_table_list(value: Value) -> bool:
    listed = isinstance(value, Sequence) and not isinstance(value, str)
    return listed and bool(value) and all(isinstance(item, Mapping) for item in value)  # type: ignore[union-attr]


def _pairs(table: Mapping[str, Value]) -> list[str]:
    return [f"{_key(key)} = {_inline(value)}" for key, value in table.items()]


def dump_toml(document: Mapping[str, Value], *, comments: Mapping[str, str] | None = None) -> str:
    """Return `document` as TOML: plain keys first, then tables, then lists of tables.

    `comments` maps a top-level key to text that stands above it as a comment; the key "" stands at the top.
    Raises ValueError on numbers that are not finite.
    """
    notes = dict(comments or {})

    def comment(key: str) -> list[str]:
        return [f"# {line}".rstrip() for line in notes.get(key, "").splitlines()]

    plain: list[str] = comment("")
    blocks: list[list[str]] = []
    for key, value in document.items():
        if isinstance(value, Mapping):
            blocks.append([*comment(key), f"[{_key(key)}]", *_pairs(value)])
        elif _is_table_list(value):
            tables = [item for item in value if isinstance(item, Mapping)]  # type: ignore[union-attr]
            for position, table in enumerate(tables):
                above = comment(key) if position == 0 else []
                blocks.append([*above, f"[[{_key(key)}]]", *_pairs(table)])
        else:
            plain += [*comment(key), f"{_key(key)} = {_inline(value)}"]
    return "\n\n".join("\n".join(block) for block in [plain, *blocks] if block) + "\n"
