"""How soon the engine answers in a fresh process: its import, the shell's first answer, a kernel's first call."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPEATS = 7
REQUEST = {
    "person": {"age_y": 45, "sex": "female", "weight_kg": 70},
    "doses": [{"drug": "ketamine", "route": "iv", "amount_mg": 35, "start_h": 0, "duration_h": 0.6667}],
    "at_h": [0, 0.25, 0.5, 1, 2, 4],
}
IMPORT = "import time; t = time.perf_counter(); import euthymia.pharmacology; print(time.perf_counter() - t)"
KERNEL = """
import time, numpy as np
from euthymia.pharmacology import Dose, Person, Regimen, load_model
from euthymia.pharmacology.population import sample_effects
model = load_model("fanta_otto_2021")
plan = Regimen((Dose("esketamine", "iv", 20, 0, duration_h=0.67),))
values = model.values(Person(45, "female", 70), sample_effects(model, 7, 1000))
system = model.system(plan, values, 1000)
t = time.perf_counter()
from euthymia.pharmacology.solve import fast
fast.solve(system, np.linspace(0, 6, 61))
print(time.perf_counter() - t)
"""


def measure() -> list[dict[str, Any]]:
    """Medians of fresh processes; bytecode is kept as in an installed program."""
    with tempfile.TemporaryDirectory() as folder:
        request = Path(folder) / "request.json"
        request.write_text(json.dumps(REQUEST))
        shell = [sys.executable, "-m", "euthymia", "simulate", str(request), "--json"]
        empty = {"NUMBA_CACHE_DIR": str(Path(folder) / "kernels")}
        import_s = _median(lambda: float(_output([sys.executable, "-c", IMPORT])))
        shell_s = _median(lambda: _took(shell))
        compiling_s = float(_output([sys.executable, "-c", KERNEL], **empty))
        kernel_s = _median(lambda: float(_output([sys.executable, "-c", KERNEL], **empty)))
    return [
        {"name": "import_s", "value": round(import_s, 3), "unit": "s", "target": 0.3},
        {"name": "shell_one_person_ms", "value": round(1000 * shell_s), "unit": "ms", "target": 300},
        {
            "name": "first_call_s",
            "value": round(kernel_s, 2),
            "unit": "s",
            "target": "said",
            "against": f"compiled kernel from disk; compiling it the first time on a machine took {compiling_s:.0f} s",
        },
    ]


def _median(once: Any) -> float:
    once()
    return statistics.median(once() for _ in range(REPEATS))


def _output(command: list[str], **extra: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, env=environment | extra, capture_output=True, text=True, check=True)
    return done.stdout


def _took(command: list[str]) -> float:
    started = time.perf_counter()
    _output(command)
    return time.perf_counter() - started
