"""Workloads W1 and W2 beside mrgsolve and rxode2, the engines in R, where they are installed.

The same seeded people on two cores in one run. A peer answers to the same gate as we do: the worst of 2,000 people
within 1e-4, at whichever tolerance is fastest for it among the loosest that pass. A peer that is not installed has no
row. EUTHYMIA_PEERS names the R library they were installed in, for example by `R CMD INSTALL --library=DIRECTORY`;
left out, R's own libraries are searched. Peers translate a model to C or C++, so a compiler must be at hand; that time
is not counted, nor is that of our own compiler.
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np

from benchmarks import engine_w1, engine_w2, engine_w2_peer
from benchmarks.engine_accuracy import error
from euthymia.pharmacology import Dose, Model, Regimen
from euthymia.pharmacology.solve import closed_form, exponential, fast_turnover, integrated

SCRIPTS = Path(__file__).parent / "peers"
# Factors a prototype reached on two cores.
TARGETS = {"mrgsolve": {"w1": 940, "w2": 195}, "rxode2": {"w1": 1_480, "w2": 469}}
PEOPLE, GATED, AUDITED, GATE = engine_w2.PEOPLE, engine_w2.GATED, engine_w2.AUDITED, engine_w2.GATE
TRUTH_RELATIVE = 1e-11
CORES = 2
REPEATS = 7
MOST_SECONDS = 1_800


@dataclass(frozen=True, slots=True)
class Workload:
    """What every engine solves.

    parameters: (people, parameters), columns `names`.   truth: (gated people, times, 3), of the first people.
    ours: solves everybody once.
    """

    name: str
    names: Sequence[str]
    parameters: np.ndarray
    regimen: Regimen
    at_h: np.ndarray
    truth: np.ndarray
    ours: Callable[[], object]


def measure() -> Iterator[dict[str, Any]]:
    """A speed-up for each workload and installed peer; ours is timed before and after each. A quarter of an hour."""
    found = [peer for peer in TARGETS if installed(peer)]
    if not found:
        return
    with _on_two_cores(), tempfile.TemporaryDirectory() as folder:
        for make in (first, second):
            workload = make()
            write(Path(folder), workload)
            for peer in found:
                yield _beside(peer, workload, Path(folder))


def installed(peer: str) -> bool:
    """Whether R is here and can load the peer."""
    if which("Rscript") is None:
        return False
    asked = ["Rscript", "-e", f"suppressMessages(library({peer}))"]
    return subprocess.run(asked, env=_environment(), capture_output=True, check=False).returncode == 0


def first() -> Workload:
    """W1; the truth is the closed form in NumPy, itself held to the matrix exponential in a few people."""
    at_h, drawn = engine_w1.looks_h(), engine_w1.parameters(PEOPLE)
    truth = closed_form.solve(engine_w1.system_of(drawn[:GATED]), at_h)
    _audit(truth, exponential.solve(engine_w1.system_of(drawn[:AUDITED]), at_h))
    recipe, out = engine_w1.recipe_of(at_h), np.zeros((3, at_h.size, PEOPLE))

    def ours() -> None:
        recipe.solve_into(out, drawn.T)

    return Workload("w1", _names(engine_w1.MODEL), drawn, engine_w1.regimen(), at_h, truth, ours)


def second() -> Workload:
    """W2, at the loosest step that passes; the truth is LSODA far below the gate, held to SciPy's Radau in a few."""
    at_h, drawn, system = engine_w2.looks_h(), engine_w2.parameters(PEOPLE), engine_w2.people(PEOPLE)
    truth = engine_w2_peer.solve(drawn[:GATED], at_h, TRUTH_RELATIVE)
    _audit(truth, integrated.referred(system.some(np.arange(AUDITED)), at_h))
    regimen = Regimen(
        tuple(Dose("ketamine", "iv", 37.5, at, duration_h=engine_w2.INFUSION_H) for at in engine_w2.DOSES_H)
    )

    gated = system.some(np.arange(GATED))
    step, _ = engine_w2.loosest(engine_w2.OURS, truth, lambda each: fast_turnover.driven(gated, at_h, relative=each))

    def ours() -> None:
        fast_turnover.driven(system, at_h, relative=step)

    return Workload("w2", _names(engine_w2.MODEL), drawn, regimen, at_h, truth, ours)


def write(folder: Path, workload: Workload) -> None:
    """The files that benchmarks/peers/workload.R describes."""
    people = ([place + 1, *row] for place, row in enumerate(workload.parameters.tolist()))
    doses = (
        (dose.start_h, dose.duration_h, dose.amount_mg, "central" if dose.route == "iv" else "depot")
        for dose in workload.regimen
    )
    _table(folder / f"{workload.name}_people.csv", ("id", *workload.names), people)
    _table(folder / f"{workload.name}_doses.csv", ("start_h", "duration_h", "amount_mg", "state"), doses)
    _table(folder / f"{workload.name}_times.csv", ("at_h",), ([at_h] for at_h in workload.at_h.tolist()))
    workload.truth.astype("<f8").tofile(folder / f"{workload.name}_truth.f64")


def _beside(peer: str, workload: Workload, folder: Path) -> dict[str, Any]:
    workload.ours()
    took_s = [_seconds(workload.ours) for _ in range(REPEATS)]
    theirs = _theirs(peer, workload.name, folder)
    took_s += [_seconds(workload.ours) for _ in range(REPEATS)]
    ratio = PEOPLE / statistics.median(took_s) / theirs["people_per_s"]
    return {
        "name": f"{workload.name}_speedup_vs_{peer}",
        "value": round(ratio),
        "unit": "times",
        "target": TARGETS[peer][workload.name],
        "against": f"{peer} {theirs['version']} at rtol {theirs['relative']:g}, atol {theirs['absolute']:g} "
        f"(worst of {GATED}: {theirs['worst_error']:.1e}), {theirs['people_per_s']:.0f} people/s, "
        f"{CORES} cores, the same run",
    }


def _theirs(peer: str, workload: str, folder: Path) -> dict[str, Any]:
    """The line the peer's script prints last."""
    asked = ["Rscript", str(SCRIPTS / f"{peer}_w12.R"), str(folder), str(CORES), workload]
    ran = subprocess.run(asked, env=_environment(), capture_output=True, text=True, check=False, timeout=MOST_SECONDS)
    if ran.returncode != 0:
        raise RuntimeError(f"{peer} could not solve {workload}: {ran.stderr[-2_000:]}")
    found: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return found


def _environment() -> dict[str, str]:
    library = os.environ.get("EUTHYMIA_PEERS")
    return os.environ | ({"R_LIBS": library} if library else {})


@contextmanager
def _on_two_cores() -> Iterator[None]:
    """Every thread of this process, and those and the processes they start, keep to two cores; on Linux only."""
    threads = Path("/proc/self/task")
    allowed = os.sched_getaffinity(0) if threads.exists() else set()

    def keep_to(cores: Iterable[int]) -> None:
        for thread in threads.iterdir() if allowed else ():
            os.sched_setaffinity(int(thread.name), cores)

    keep_to(sorted(allowed)[:CORES])
    try:
        yield
    finally:
        keep_to(allowed)


def _audit(truth: np.ndarray, slow: np.ndarray) -> None:
    apart = error(truth[: len(slow)], slow)
    if apart > GATE / 20:
        raise RuntimeError(f"The truth is {apart:.1e} from the slow reference; nothing can be measured against it.")


def _names(model: Model) -> list[str]:
    return [parameter.name for parameter in model.parameters]


def _table(path: Path, head: Sequence[str], rows: Any) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
