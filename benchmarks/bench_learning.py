"""What does learning bring, and where does it not? Cells under results/learning/, each run once, gathered into one.

    make bench-learning [ARGS="--scenarios households restaurants --seeds 10 --minutes 80"]

Two processes of one thread each; at most `--minutes` a call; the next call goes on. `--gather` only adds up what there
is. `--renew FOLDER` keeps the cells that stood by the code in a folder (a checkout of an earlier commit) if those of
`--anew`, run again by today's code, find the same numbers. `--tiny` tries the machinery in a minute
and proves nothing; its results go to runs/.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from evenhand.experiments.benchmark.cells import FULL, HOUSEHOLDS, MANY, SCENARIOS, TINY, Cell, plan
from evenhand.experiments.benchmark.desk import work_through
from evenhand.experiments.benchmark.gather import gather
from evenhand.experiments.benchmark.page import write_page
from evenhand.experiments.benchmark.renewal import renew
from evenhand.experiments.benchmark.store import Store

ROOT = Path(__file__).parents[1]
RESULTS, DOCS, WORK = ROOT / "benchmarks" / "results", ROOT / "docs", ROOT / "runs" / "bench-learning"

ANEW = (Cell(HOUSEHOLDS, 1.0, "opponents"), Cell(HOUSEHOLDS, 1.0, "seed", 1))
SAID_ANEW = "to run for `--renew`; " + " ".join(map(str, ANEW))


def main(arguments: list[str] | None = None) -> int:
    """Run what is missing, as long as there is time, and gather everything; 1 if a cell failed."""
    asked = parsed(arguments)
    results, docs = (asked.out, asked.out) if asked.out else (RESULTS, DOCS)
    store = Store(results / "learning", TINY if asked.tiny else FULL)
    cells = plan(asked.scenarios, seeds=asked.seeds, brief=asked.tiny)
    failed, work = [], asked.out / "work" if asked.out else WORK
    if asked.renew:
        renewed = renew(store, asked.renew, work / "anew", anew=asked.anew, say=say)
        say(f"{len(renewed)} cells are renewed: {len(asked.anew)} run anew found the same")
    elif not asked.gather:
        processes = 1 if asked.tiny else 2
        failed = work_through(cells, store, work, minutes=asked.minutes, processes=processes, say=say)
    found = gather(store, stale=asked.stale)
    write_page(found, results / "learning.json", docs)
    for line in found["says"]:
        print(line)
    return 1 if failed else 0


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """Return what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", nargs="+", default=SCENARIOS, metavar="NAME", help=", ".join(SCENARIOS))
    parser.add_argument("--seeds", type=int, default=MANY, help="trainings of each, at most")
    parser.add_argument("--minutes", type=float, default=80.0, help="of this call, at most")
    parser.add_argument("--gather", action="store_true", help="run nothing")
    parser.add_argument(
        "--renew", type=Path, metavar="FOLDER", help="run `--anew` only, and keep cells of earlier code"
    )
    parser.add_argument(
        "--anew", type=Cell.named, nargs="+", default=ANEW, metavar="CELL", help=" ".join(map(str, ANEW))
    )
    parser.add_argument("--stale", action="store_true", help="gather cells of earlier code too, and say so")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--out", type=Path, help="where everything goes, instead of this repository")
    asked = parser.parse_args(arguments)
    if asked.tiny:
        asked.out, asked.seeds = asked.out or ROOT / "runs" / "bench-learning-tiny", 1
    return asked


def say(line: str) -> None:
    """Print a line of progress."""
    print(f"{time.strftime('%H:%M')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
