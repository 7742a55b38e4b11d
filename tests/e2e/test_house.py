"""The house stands as drawn: rooms are listed, typed and guarded, dependencies pinned and explained."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT: dict[str, Any] = PYPROJECT["project"]
PACKAGES: list[str] = PYPROJECT["tool"]["setuptools"]["packages"]
FOLDERS: dict[str, str] = PYPROJECT["tool"]["setuptools"]["package-dir"]  # package -> mapped folder
ROOMS = sorted(folder.name for folder in ROOT.iterdir() if (folder / "__init__.py").is_file())
OUTSIDE = ("tests", "benchmarks", "examples")  # folders of Python files that are no packages


def package_folders() -> Iterator[tuple[str, Path]]:
    """Yield the import name and the folder of every folder that Python would import as a package."""
    for name, top in [("evenhand", ROOT / "src/evenhand"), *((f"evenhand.{r}", ROOT / r) for r in ROOMS)]:
        for init in sorted(top.rglob("__init__.py")):
            yield ".".join([name, *init.parent.relative_to(top).parts]), init.parent


def python_files(*tops: str) -> list[Path]:
    return sorted(path for top in tops for path in (ROOT / top).rglob("*.py"))


def imported_roots(path: Path) -> set[str]:
    """Return the first part of the name of everything that the file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def requirements(*groups: str) -> dict[str, Requirement]:
    """Return direct dependencies by canonical name: "run" or the name of an extra."""
    extras: dict[str, list[str]] = PROJECT["optional-dependencies"]
    lines = [line for group in groups for line in (PROJECT["dependencies"] if group == "run" else extras[group])]
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)}


def lock_lines() -> list[str]:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()


def lock() -> dict[str, Version]:
    pins = (line.split("==") for line in lock_lines())
    return {canonicalize_name(name): Version(version) for name, version in pins}


DIRECT = requirements("run", "causal", "demo", "postgres", "dev")
TOP = {
    *(".ci", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md"),
    *("pyproject.toml", "requirements.lock", "benchmarks", "docs", "examples", "src", "tests", *ROOMS),
}
PARTS = {
    "pydantic_core": "pydantic",
    "packaging": "pytest",
    "markupsafe": "jinja2",
    "anyio": "fastapi",
    "starlette": "fastapi",
}  # importable name: what it is pinned and brought by


# ------------------------------------------------------------------------------------------- packages


def test_every_package_is_listed() -> None:
    assert sorted(PACKAGES) == sorted(name for name, _ in package_folders())


def test_every_room_is_mapped() -> None:
    rooms = [(f"evenhand.{room}", room) for room in ROOMS]
    assert sorted(FOLDERS.items()) == sorted([("evenhand", "src/evenhand"), *rooms])


def test_every_bare_import_of_a_room_is_banned_by_ruff() -> None:
    banned = PYPROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
    assert sorted(banned) == sorted([*ROOMS, "src"])


def test_every_room_is_covered() -> None:
    assert sorted(PYPROJECT["tool"]["coverage"]["run"]["source_dirs"]) == sorted([*ROOMS, "src"])


def test_no_file_imports_a_room_by_its_bare_name() -> None:
    files = python_files("src", *ROOMS, *OUTSIDE)
    bare = {str(path.relative_to(ROOT)): imported_roots(path) & {*ROOMS, "src"} for path in files}
    assert not {path: names for path, names in bare.items() if names}


def test_every_file_of_a_package_is_shipped() -> None:
    """Typed marker and templates included: what package-data does not name is missing from a wheel."""
    patterns: list[str] = PYPROJECT["tool"]["setuptools"]["package-data"]["*"]
    folders = dict(package_folders()).values()
    files = {path.relative_to(f) for f in folders for path in f.rglob("*") if path.is_file() and owner(path) == f}
    data = {str(path) for path in files if path.suffix != ".py" and "__pycache__" not in path.parts}
    assert "py.typed" in data
    assert not {path for path in data if not any(fnmatch(path, pattern) for pattern in patterns)}


def owner(path: Path) -> Path:
    """Return the innermost package folder that holds the file."""
    return next(parent for parent in path.parents if (parent / "__init__.py").is_file())


def test_nothing_else_lies_at_the_top() -> None:
    """A script that takes an option for a folder leaves one behind, and a commit of everything keeps it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout: what is tracked cannot be told")
    assert {name.partition("/")[0] for name in listed.stdout.split("\0") if name} == TOP


def test_tests_mirror_the_tree() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if any(path.glob("test_*.py"))}
    assert folders <= {*ROOMS, "e2e", "evenhand"}


# --------------------------------------------------------------------------------------- public names


def is_documented(thing: object) -> bool:
    """Tell whether a class or function has a docstring of its own; constants and aliases cannot have one."""
    if not (inspect.isclass(thing) or inspect.isroutine(thing)):
        return True
    written = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
    return bool(written) and not str(written).startswith(f"{thing.__name__}(")  # what dataclass makes up


def unlisted(module: ModuleType) -> set[str]:
    """Return public classes and functions of ours that the package binds and `__all__` forgets."""
    ours = {
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and str(getattr(thing, "__module__", "")).startswith("evenhand")
    }
    return ours - set(module.__all__)


@pytest.mark.parametrize("name", PACKAGES)
def test_public_names_are_guarded(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} says nothing about itself"
    names: list[str] = module.__all__
    assert len(names) == len(set(names))
    assert [public for public in names if not hasattr(module, public)] == []
    assert [public for public in names if not is_documented(getattr(module, public))] == []
    assert sorted(unlisted(module)) == []


def test_a_made_up_docstring_is_not_one() -> None:
    @dataclass
    class Bare:
        n: int

    class Documented:
        """It says what it is."""

    assert not is_documented(Bare)
    assert is_documented(Documented)


# --------------------------------------------------------------------------------------- dependencies


def test_every_line_of_the_lock_is_an_exact_pin() -> None:
    """No hash and no local version such as +cpu, so that pip takes whichever build of torch is at hand."""
    assert [line for line in lock_lines() if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9A-Za-z.]*", line)] == []
    assert str(lock()["torch"]) == "2.13.0"


def test_lock_covers_every_direct_dependency_within_its_bounds() -> None:
    pins = lock()
    assert [name for name in DIRECT if name not in pins] == []
    assert [str(req) for name, req in DIRECT.items() if not req.specifier.contains(pins[name])] == []


def test_lock_covers_what_the_dependencies_need() -> None:
    """But for torch, whose needs differ from one build to another."""
    pins = lock()
    missing = {f"{name} needs {need}" for name in pins if name != "torch" for need in needs(name) if need not in pins}
    assert not missing


def needs(name: str) -> set[str]:
    """Return canonical names of what an installed distribution needs here, extras left out."""
    found = (Requirement(line) for line in importlib.metadata.requires(name) or ())
    return {canonicalize_name(r.name) for r in found if not r.marker or r.marker.evaluate({"extra": ""})}


def test_every_direct_dependency_has_its_line() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", (ROOT / "docs/dependencies.md").read_text(), re.M)
    assert sorted(row[0] for row in rows if row[0] != "package") == sorted(DIRECT)


@pytest.mark.parametrize(
    ("tops", "groups"),
    [(("src", *ROOMS), ("run", "causal", "demo", "postgres")), (OUTSIDE, ("run", "causal", "demo", "postgres", "dev"))],
    ids=["packages", "tests"],
)
def test_every_import_is_a_declared_dependency(tops: tuple[str, ...], groups: tuple[str, ...]) -> None:
    declared = {"evenhand", "tests", *requirements(*groups)}
    declared |= {canonicalize_name(part) for part, whole in PARTS.items() if whole in declared}
    providers = packages_distributions()
    roots = set().union(*map(imported_roots, python_files(*tops))) - sys.stdlib_module_names
    undeclared = {
        root for root in roots if not declared & {canonicalize_name(name) for name in providers.get(root, [root])}
    }
    assert not undeclared


# ----------------------------------------------------------------------------------------- front door


def test_help_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = " ".join(re.findall(r"^\.PHONY: (.*)$", makefile, re.M)).split()
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert sorted(re.findall(r"^  make (\S+)", shown, re.M)) == sorted(targets)


def test_changelog_knows_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(PROJECT['version'])}\b", changelog, re.M)
