"""How fast an experiment is analysed, beside a NumPy floor, tea-tasting on Polars and a scipy script.

    python benchmarks/bench_experiments.py [--users 1000000] [--rows 30000000]

The job: five metrics (three means, two ratios), each with CUPED, overall and in each of four groups, from a Polars
table with labels as text. Everything is measured in turns in one run on one thread, and medians are quoted: other work
on the machine only adds. Who takes part is asked for the same estimates, but for the floor, which does less: it gets
arrays and whole-number codes and computes the co-moments per arm and group alone, by the fastest of three ways that
NumPy has. Peak memory is what each adds in a process of its own. Then a Parquet file of 30 million rows is analysed
through DuckDB, its ids checked, in a process whose whole memory is measured, and a log of 100,000 rounds and 8 actions
judges another plan, every interval included. Prints one JSON line and keeps it in results/experiments.json beside this
file.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evenhand.experiments.inference import Metric, arm_means, columns_of, effects_by, lift
from evenhand.experiments.moments import scan
from evenhand.experiments.offpolicy import Rounds, evaluate_rounds

RESULT = Path(__file__).parent / "results" / "experiments.json"
TURNS = 11
GROUPS = ("18-34", "35-49", "50-64", "65+")
ARMS = ("control", "treatment")
METRICS = (
    Metric("revenue", covariates=("revenue_before",)),
    Metric("orders", covariates=("orders_before",)),
    Metric("converted", covariates=("orders_before",)),
    Metric("clicks", "sessions", ("clicks_before", "sessions_before")),
    Metric("revenue", "orders", ("revenue_before", "orders_before")),
)
COLUMNS = columns_of(METRICS)
MOST_MB = 1500  # of the whole process, for 30 million rows


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=1_000_000, help="of the table in memory")
    parser.add_argument("--rows", type=int, default=30_000_000, help="of the Parquet file; 0 leaves it out")
    parser.add_argument("--alone", nargs=2, metavar=("WHO", "FILE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        print(json.dumps(alone(*asked.alone)))
        return
    figures = about() | in_memory(asked.users) | off_policy() | (out_of_core(asked.rows) if asked.rows else {})
    line = json.dumps(figures)
    if asked.users >= 1_000_000 and asked.rows:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(line + "\n", encoding="utf-8")
    print(line)


def about() -> dict[str, Any]:
    """Return what was measured on what."""
    return {
        "date": date.today().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}, one thread",
        "versions": {n: version(n) for n in ("numpy", "numba", "polars", "duckdb", "tea-tasting", "scipy")},
    }


# -- a log that judges another plan ------------------------------------------------------------------------------


def off_policy(rounds: int = 100_000, actions: int = 8) -> dict[str, Any]:
    """Return seconds of off-policy evaluation, checks and the intervals of all estimators included.

    A tenth of the log is explored at random; what is asked about gives one group in eight another action.
    """
    rng = np.random.default_rng(1)
    planned = rng.integers(0, actions, rounds)
    explored = rng.random(rounds) < 0.1
    taken = np.where(explored, rng.integers(0, actions, rounds), planned)
    chances = np.full((rounds, actions), 0.1 / actions)
    chances[np.arange(rounds), planned] += 0.9
    rewards = 1.0 * (rng.random(rounds) < 0.2 + 0.02 * taken)
    target = np.where(planned == 3, 5, planned)
    seconds = []
    for _ in range(TURNS + 1):  # the first one compiles
        start = time.perf_counter()
        answer = evaluate_rounds(Rounds.of(taken, rewards, chances, target, strata=planned, planned=planned))
        seconds.append(time.perf_counter() - start)
    if not answer.supported:
        raise RuntimeError("the log of the benchmark has no support: nothing was measured")
    return {
        "ope_rounds": rounds,
        "ope_actions": actions,
        "ope_estimators": len(answer.estimates),
        "ope_seconds": round(float(np.median(seconds[1:])), 4),
    }


# -- the table in memory -----------------------------------------------------------------------------------------


def in_memory(users: int) -> dict[str, Any]:
    """Return seconds and added memory of everyone, measured in turns."""
    table = shop(users)
    jobs = {name: make(table) for name, make in JOBS.items()}
    for job in jobs.values():  # compile, import, warm up
        job()
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(TURNS):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            seconds[name].append(time.perf_counter() - start)
    median = {name: float(np.median(values)) for name, values in seconds.items()}
    floor = min(median[name] for name in FLOORS)
    agreed = agreement(table)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shop.parquet"
        table.write_parquet(file)
        peak = {name: apart(name, file)["added_mb"] for name in jobs}
    return {
        "users": users,
        "metrics": len(METRICS),
        "columns": len(COLUMNS),
        "seconds": round(median["evenhand"], 4),
        "floor_seconds": round(floor, 4),
        "ratio_to_floor": round(median["evenhand"] / floor, 3),
        "peak_mb": peak["evenhand"],
        "checked_ids_seconds": round(median["evenhand_ids"], 4),
        "tea_tasting_seconds": round(median["tea_tasting"], 4),
        "tea_tasting_overall_seconds": round(median["tea_tasting_overall"], 4),
        "scipy_seconds": round(median["scipy"], 4),
        "all_seconds": {name: round(value, 4) for name, value in median.items()},
        "all_peak_mb": peak,
        "agrees_with_tea_tasting": agreed,
    }


def shop(users: int, seed: int = 1) -> pl.DataFrame:
    """Return customers of two arms and four groups, with what they did before and during the experiment."""
    rng = np.random.default_rng(seed)
    arm, group, like = rng.integers(0, 2, users), rng.integers(0, 4, users), rng.gamma(2.0, 0.5, users)
    sessions = 1.0 + rng.poisson(4 * like)
    orders = 1.0 * rng.poisson(0.6 * like + 0.02 * arm)
    columns = {
        "id": rng.permutation(users),
        "arm": np.array(ARMS)[arm],
        "group": np.array(GROUPS)[group],
        "sessions": sessions,
        "clicks": 1.0 * rng.binomial(sessions.astype(np.int64), 0.2 + 0.005 * arm),
        "orders": orders,
        "converted": 1.0 * (orders > 0),
        "revenue": orders * rng.lognormal(3.0, 0.5, users),
    }
    before = 1.0 * rng.poisson(0.6 * like)
    columns |= {"orders_before": before, "revenue_before": before * rng.lognormal(3.0, 0.5, users)}
    columns |= {"sessions_before": 1.0 + rng.poisson(4 * like), "clicks_before": 1.0 * rng.poisson(like)}
    return pl.DataFrame(columns)


Job = Callable[[], Any]


def evenhand(table: pl.DataFrame, unit: str | None = None) -> Job:
    """Return our analysis, from the table to every estimate, interaction tests included."""

    def job() -> list[Any]:
        moments = scan(table, COLUMNS, by=["group"], unit=unit)
        found: list[Any] = []
        for metric in METRICS:
            means = arm_means(moments, metric)
            found += [means.difference(ARMS[1], ARMS[0]), lift(means, ARMS[1], ARMS[0])]
            effects = effects_by(moments, metric, "group", treatment=ARMS[1], control=ARMS[0])
            found += [effects, effects.interaction]
        return found

    return job


def tea_tasting(table: pl.DataFrame, *, groups: bool = True) -> Job:
    """Return the same by tea-tasting: it has no groups, so it is asked once for each."""
    import tea_tasting as tt

    metrics: dict[str, Any] = {}
    for metric in METRICS:
        kind: Any = (
            tt.RatioOfMeans(metric.value, metric.per, *metric.covariates)
            if metric.per
            else tt.Mean(metric.value, covariate=metric.covariates[0])
        )
        metrics[str(metric)] = kind
    experiment: Any = tt.Experiment(metrics, variant="arm")

    def job() -> list[Any]:
        found = [experiment.analyze(table, control=ARMS[0])]
        for group in GROUPS if groups else ():
            found.append(experiment.analyze(table.filter(pl.col("group") == group), control=ARMS[0]))
        return found

    return job


def scipy_script(table: pl.DataFrame) -> Job:
    """Return the same as a careful analyst's script: linearise, adjust, Welch's test of scipy."""
    from scipy import stats

    def one(rows: Mapping[str, NDArray[Any]], treated: NDArray[np.bool_]) -> list[Any]:
        found = []
        for metric in METRICS:
            y = rows[metric.value]
            if metric.per:
                d = rows[metric.per]
                ratio = y.sum() / d.sum()
                y = (y - ratio * d) / d.mean()
            x = np.stack([rows[name] for name in metric.covariates])
            joint = np.cov(np.vstack([x, y]))
            y = y - np.linalg.solve(joint[:-1, :-1], joint[:-1, -1]) @ (x - x.mean(axis=1, keepdims=True))
            found.append(stats.ttest_ind(y[treated], y[~treated], equal_var=False))
        return found

    def job() -> list[Any]:
        columns = {name: table[name].to_numpy() for name in COLUMNS}
        treated, group = (table["arm"] == ARMS[1]).to_numpy(), table["group"]
        found = [one(columns, treated)]
        for name in GROUPS:
            rows = (group == name).to_numpy()
            found.append(one({column: values[rows] for column, values in columns.items()}, treated[rows]))
        return found

    return job


def _codes(table: pl.DataFrame) -> NDArray[np.int8]:
    arm = (table["arm"] == ARMS[1]).to_numpy().astype(np.int8)
    group = table["group"].cast(pl.Enum(GROUPS)).to_physical().to_numpy().astype(np.int8)
    return np.asarray(arm * len(GROUPS) + group, np.int8)


def floor_by_mask(table: pl.DataFrame) -> Job:
    """Return NumPy's co-moments per cell: rows of a matrix by mask, centred, multiplied out by BLAS."""
    codes, matrix = _codes(table), np.column_stack([table[name].to_numpy() for name in COLUMNS])

    def job() -> list[Any]:
        found = []
        for cell in range(len(ARMS) * len(GROUPS)):
            x = matrix[codes == cell]
            middle = x.mean(axis=0)
            x -= middle
            found.append((len(x), middle, x.T @ x))
        return found

    return job


def floor_by_take(table: pl.DataFrame) -> Job:
    """Return the same from columns, each taken by the positions of the cell's rows."""
    codes, columns = _codes(table), [table[name].to_numpy() for name in COLUMNS]

    def job() -> list[Any]:
        found = []
        for cell in range(len(ARMS) * len(GROUPS)):
            at = np.flatnonzero(codes == cell)
            x = np.empty((len(columns), len(at)))
            for row, column in zip(x, columns, strict=True):
                np.take(column, at, out=row)
            middle = x.mean(axis=1)
            x -= middle[:, None]
            found.append((len(at), middle, x @ x.T))
        return found

    return job


def floor_by_blocks(table: pl.DataFrame) -> Job:
    """Return the same in blocks that fit into the cache, shifted by overall means and corrected at the end."""
    codes, columns = _codes(table), [table[name].to_numpy() for name in COLUMNS]
    cells, block = len(ARMS) * len(GROUPS), 16_384

    def job() -> list[Any]:
        k = len(columns)
        shift = np.array([column[:block].mean() for column in columns])
        n, sums, gram = np.zeros(cells), np.zeros((cells, k)), np.zeros((cells, k, k))
        x = np.empty((k, block))
        for first in range(0, len(codes), block):
            part = codes[first : first + block]
            for j, column in enumerate(columns):
                np.subtract(column[first : first + block], shift[j], out=x[j, : len(part)])
            order = np.argsort(part, kind="stable")
            ends = np.searchsorted(part[order], np.arange(cells + 1))
            inside = x[:, order]
            for cell in range(cells):
                rows = inside[:, ends[cell] : ends[cell + 1]]
                n[cell] += rows.shape[1]
                sums[cell] += rows.sum(axis=1)
                gram[cell] += rows @ rows.T
        mean = sums / n[:, None]
        return [n, mean + shift, gram - n[:, None, None] * mean[:, :, None] * mean[:, None, :]]

    return job


FLOORS = {"floor_mask": floor_by_mask, "floor_take": floor_by_take, "floor_blocks": floor_by_blocks}
JOBS: dict[str, Callable[[pl.DataFrame], Job]] = {
    "evenhand": evenhand,
    "evenhand_ids": lambda table: evenhand(table, "id"),
    **FLOORS,
    "tea_tasting": tea_tasting,
    "tea_tasting_overall": lambda table: tea_tasting(table, groups=False),
    "scipy": scipy_script,
}


def agreement(table: pl.DataFrame) -> bool:
    """Return whether plain means and ratios are tea-tasting's to six digits: a wrong number has no speed."""
    import tea_tasting as tt

    plain: dict[str, Any] = {"mean": tt.Mean("revenue"), "ratio": tt.RatioOfMeans("clicks", "sessions")}
    theirs: Any = tt.Experiment(plain, variant="arm").analyze(table, control=ARMS[0])
    moments = scan(table, COLUMNS, by=["group"])
    close = []
    for name, metric in (("mean", Metric("revenue")), ("ratio", Metric("clicks", "sessions"))):
        low, high = arm_means(moments, metric).difference(ARMS[1], ARMS[0]).interval()
        other = [theirs[name].effect_size_ci_lower, theirs[name].effect_size_ci_upper]
        close.append(np.allclose([low, high], other, rtol=1e-6, atol=0))
    return all(close)


# -- memory, in processes of their own ---------------------------------------------------------------------------


def apart(who: str, file: Path) -> dict[str, Any]:
    """Return what `alone` finds in a process of its own."""
    command = [sys.executable, __file__, "--alone", who, str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # errors are seen as they come
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def alone(who: str, file: str) -> dict[str, Any]:
    """Return seconds and megabytes of one job in this process."""
    if who == "parquet":
        start = time.perf_counter()
        moments = scan(file, COLUMNS, by=["group"], unit="id")
        effects = [effects_by(moments, m, "group", treatment=ARMS[1], control=ARMS[0]) for m in METRICS]
        assert all(len(effect.effects) == len(GROUPS) for effect in effects)
        return {"seconds": time.perf_counter() - start, "process_mb": _peak_mb(), "rows": moments.rows}
    JOBS[who](shop(1000))()  # imports and compiled code are not the analysis' memory
    job = JOBS[who](pl.read_parquet(file).rechunk())  # as the timed table: one piece per column
    _forget_peak()
    before = _status_mb("VmRSS")
    job()
    return {"added_mb": round(_status_mb("VmHWM") - before, 1)}


def _peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _status_mb(key: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(key))


# -- a file larger than one would load ---------------------------------------------------------------------------


def out_of_core(rows: int) -> dict[str, Any]:
    """Return seconds and the peak memory of a whole process that analyses a Parquet file through DuckDB."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.parquet"
        write_large(file, rows)
        found = apart("parquet", file)
        return {
            "parquet_rows": found["rows"],
            "parquet_mb": round(file.stat().st_size / 2**20),
            "parquet_seconds": round(found["seconds"], 2),
            "parquet_peak_mb": found["process_mb"],
            "parquet_within_limit": found["process_mb"] < MOST_MB,
        }


def write_large(file: Path, rows: int, at_once: int = 1_000_000) -> None:
    """Write `rows` customers of `shop`, ids over all of them, a million at a time."""
    writer: pq.ParquetWriter | None = None
    for first in range(0, rows, at_once):
        part = shop(min(at_once, rows - first), seed=first).with_columns(pl.col("id") + first).to_arrow()
        writer = writer or pq.ParquetWriter(file, part.schema)
        writer.write_table(part)
    assert writer is not None
    writer.close()


if __name__ == "__main__":
    main()
