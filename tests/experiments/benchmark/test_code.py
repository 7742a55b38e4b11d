"""What makes a cell stale: what code does, not how it is worded."""

from __future__ import annotations

from pathlib import Path

from evenhand.experiments.benchmark.code import code_hash, meaning

CODE = '"""Words."""\n\n\ndef double(x):\n    """Say."""\n    return 2 * x  # twice\n'


def test_words_and_layout_are_not_what_code_does() -> None:
    assert meaning(CODE) == meaning("def double(x):\n    'Other words.'\n\n    return 2*x\n")
    assert meaning(CODE) != meaning(CODE.replace("2 * x", "3 * x"))


def test_the_hash_follows_code_and_constants_of_what_is_played_and_learned(tmp_path: Path) -> None:
    def hashes() -> tuple[str, str]:
        code_hash.cache_clear()
        return code_hash(learning=False, root=tmp_path), code_hash(learning=True, root=tmp_path)

    files = {
        name: tmp_path / name for name in ("envs/world.py", "simulator/x.toml", "agents/learning/a.py", "cli/c.py")
    }
    for file in files.values():
        file.parent.mkdir(parents=True)
        file.write_text("a = 1\n", encoding="utf-8")
    before = hashes()
    for name, changes in (
        ("cli/c.py", (False, False)),
        ("agents/learning/a.py", (False, True)),
        ("envs/world.py", (True, True)),
        ("simulator/x.toml", (True, True)),
    ):
        files[name].write_text("a = 2\n", encoding="utf-8")
        after = hashes()
        assert tuple(old != new for old, new in zip(before, after, strict=True)) == changes, name
        before = after


def test_every_part_of_the_package_is_found() -> None:
    assert code_hash(learning=True) != code_hash(learning=False)


def test_other_populations_of_the_evidence_make_every_cell_stale(tmp_path: Path) -> None:
    """`business.py` counts the unseen populations from a constant of `experiments/evaluation.py`."""
    file = tmp_path / "experiments" / "evaluation.py"
    file.parent.mkdir()
    hashes = []
    for first in (500_000_000, 800_000_000):
        file.write_text(f"EVALUATION_SEED = {first}\n", encoding="utf-8")
        code_hash.cache_clear()
        hashes.append(code_hash(learning=False, root=tmp_path))
    code_hash.cache_clear()
    assert hashes[0] != hashes[1]
