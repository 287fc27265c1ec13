"""Mutation testing of the rules that decide about a person: of all small changes to them, the share some test notices.

Works in a copy of the checkout under `var/mutation`, and goes on there where an earlier run of the same code stopped.
The survivors are kept beside the results, so that each can be looked at.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "var" / "mutation"
SURVIVORS = Path(__file__).parent / "results" / "care_mutation_survivors.txt"
NOTICED = ("killed", "timeout", "segfault", "suspicious")
MISSED = ("survived", "no tests")


def measure() -> list[dict[str, Any]]:
    """One row, and the list of what no test noticed."""
    _copy()
    mutmut = [str(Path(sys.executable).parent / "mutmut")]
    environment = os.environ | {"EUTHYMIA_EXAMPLES": "quick"}
    subprocess.run([*mutmut, "run", "--max-children", "2"], cwd=COPY, env=environment, check=True)
    told = subprocess.run([*mutmut, "results", "--all", "true"], cwd=COPY, capture_output=True, text=True, check=True)
    states = dict(line.strip().rsplit(": ", 1) for line in told.stdout.splitlines() if ": " in line)
    counts = Counter(states.values())
    noticed, missed = (sum(counts[name] for name in names) for names in (NOTICED, MISSED))
    left = sorted(f"{name}: {state}" for name, state in states.items() if state in MISSED)
    SURVIVORS.write_text("\n".join(left) + "\n")
    score = 100 * noticed / (noticed + missed)
    return [
        {
            "name": "mutation_score_percent",
            "value": round(score, 1),
            "unit": "%",
            "target": 90,
            "against": f"mutmut, {noticed + missed} changes in the files named in pyproject.toml; survivors in "
            f"benchmarks/results/{SURVIVORS.name}",
        }
    ]


def _copy() -> None:
    """The tracked and new files of the checkout, without what git ignores."""
    COPY.mkdir(parents=True, exist_ok=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        source, target = ROOT / name, COPY / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
