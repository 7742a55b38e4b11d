"""A hash of the code that a cell depends on: what it does, not how it is worded."""

from __future__ import annotations

import ast
import hashlib
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import evenhand

__all__ = ["LEARNED_WITH", "PLAYED_WITH", "ROOT", "code_hash", "meaning", "versions"]

ROOT = Path(evenhand.__file__).parent
ROOMS = ("segments", "fairness", "customers", "simulator", "envs")
PLAYING = (
    *(f"{room}/**/*.{kind}" for room in ROOMS for kind in ("py", "toml")),
    "agents/*.py",
    "agents/baselines/*.py",
    *(f"experiments/{name}.py" for name in ("setup", "beginning", "opponents", "evaluation")),
    *(f"experiments/benchmark/{name}.py" for name in ("business", "funnel", "measure", "work")),
)
LEARNING = ("agents/learning/*.py", "experiments/training.py", "experiments/ablations.py")
PLAYED_WITH = ("numba", "numpy", "scikit-learn", "scipy")
LEARNED_WITH = ("sb3-contrib", "stable-baselines3", "torch")
NO_PART = (  # of what is measured here
    "simulator/realism/", "segments/sql.py",
    *(f"customers/{name}" for name in ("campaign_", "plan_", "results", "log_storage")),
)  # fmt: skip


@lru_cache
def code_hash(*, learning: bool, root: Path = ROOT) -> str:
    """Return the SHA-256 of all files that playing, or also learning, depends on; files of names alone are left out."""
    patterns = (*PLAYING, *LEARNING) if learning else PLAYING
    whole = hashlib.sha256()
    for file in sorted({file for pattern in patterns for file in root.glob(pattern)}):
        name = file.relative_to(root).as_posix()
        if file.name == "__init__.py" or name.startswith(NO_PART):
            continue
        text = file.read_text(encoding="utf-8")
        whole.update(f"{name}\0{meaning(text) if file.suffix == '.py' else text}\0".encode())
    return whole.hexdigest()


def versions(*, learning: bool) -> dict[str, str]:
    """Return the versions of the libraries whose own changes would change a cell."""
    return {name: version(name) for name in (*PLAYED_WITH, *(LEARNED_WITH if learning else ()))}


def meaning(source: str) -> str:
    """Return Python source without comments, layout and docstrings: hours of training outlive a better wording."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = node.body[ast.get_docstring(node, clean=False) is not None :]
    return ast.dump(tree)
