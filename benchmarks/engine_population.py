"""Ten million virtual people of workload W1: drawn, simulated at 200 times and summed up, in one process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

PEOPLE = 10_000_000
ONCE = """
import resource, sys, time
from benchmarks.engine_w1 import MODEL, regimen, looks_h
from euthymia.pharmacology import VirtualPeople, summarise
people = int(sys.argv[1])
summarise(regimen(), VirtualPeople(5000), looks_h(), model=MODEL, compiled=True)
started = time.perf_counter()
found = summarise(regimen(), VirtualPeople(people), looks_h(), model=MODEL, compiled=True)
took = time.perf_counter() - started
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, found.peaks["ketamine"][0.5])
"""


def measure() -> list[dict[str, Any]]:
    """One run: it is long enough to be its own average."""
    command = [sys.executable, "-c", ONCE, str(PEOPLE)]
    took, most_mb, _ = map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    return [
        {"name": "ten_million_people_s", "value": round(took, 1), "unit": "s", "target": 30},
        {"name": "ten_million_people_mb", "value": round(most_mb), "unit": "MB", "target": 1000},
    ]
