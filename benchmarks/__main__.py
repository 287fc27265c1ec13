"""`python3 run.py bench AREA`: run one area's measurements and write benchmarks/results/AREA.json.

`AREA/MODULE` runs one module of an area, e.g. `engine/engine_w2`.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
# The page of measured numbers is rendered from the results, so it is made anew with them.
NUMBERS_PAGE = Path(__file__).parent.parent / "scripts" / "numbers_page.py"
# What of the environment changes what is measured, as it is told; a folder of one's own goes by a name for it.
ASKED_BY = {"EUTHYMIA_LOAD_S": os.environ.get("EUTHYMIA_LOAD_S"), "EUTHYMIA_PEERS": "DIRECTORY"}
# Area → the modules whose `measure()` gives its rows.
AREAS = {
    "one_patient": ["one_patient_band", "one_patient"],
    "care": ["care", "care_examples", "care_mutation"],
    "session_room": ["session_room", "session_room_alarms", "session_room_ledger"],
    "keep_well": ["keep_well", "keep_well_seconds"],
    "engine": [
        "engine_accuracy",
        "one_patient_band",
        "engine_fit",
        "engine_w1",
        "engine_w2",
        "engine_population",
        "engine_start",
        "engine_calibration",
        "engine_peers",
    ],
}


def main(arguments: list[str]) -> int:
    """Measure each area named; rows not measured in this run keep their earlier values."""
    if not arguments or not all(modules_of(wanted) for wanted in arguments):
        print(f"Name an area: {', '.join(AREAS)}; or one module of it, AREA/MODULE.", file=sys.stderr)
        return 2
    for wanted in arguments:
        path = RESULTS / f"{wanted.partition('/')[0]}.json"
        rows = {row["name"]: row for row in (json.loads(path.read_text()) if path.exists() else [])}
        for row in measured(wanted):
            rows[row["name"]] = row
            print(f"{row['name']:28} {row['value']:>10} {row['unit']:6} target {row['target']}", flush=True)
            # After every row, so that a long run that breaks off has not measured in vain.
            path.write_text(json.dumps(list(rows.values()), indent=2) + "\n")
    return subprocess.run([sys.executable, str(NUMBERS_PAGE)], check=False).returncode


def modules_of(wanted: str) -> list[str]:
    """The modules of an area, or the one that is named behind it; none where there is no such thing."""
    area, _, module = wanted.partition("/")
    return [name for name in AREAS.get(area, []) if module in ("", name)]


def measured(wanted: str) -> Iterator[dict[str, Any]]:
    """Every row of an area, with the command, date and machine it was measured on."""
    for module in modules_of(wanted):
        measure: Callable[[], list[dict[str, Any]]] = import_module(f"benchmarks.{module}").measure
        for row in measure():
            about = {"command": command(wanted), "date": f"{datetime.now(UTC):%Y-%m-%d}"}
            yield row | about | {"machine": machine()}


def command(wanted: str) -> str:
    """What to type to measure this again, with what was set for it."""
    asked = "".join(f"{name}={told} " for name, told in ASKED_BY.items() if name in os.environ)
    return f"{asked}python3 run.py bench {wanted}"


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
