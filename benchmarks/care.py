"""The room of rules measured: slips caught, scoring in bulk, branches covered."""

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

import numpy as np

from benchmarks import care_slips
from euthymia.care.instruments import load_instrument
from euthymia.care.instruments.bulk import score_many

ROOT = Path(__file__).resolve().parent.parent
FORMS, REPEATS = 1_000_000, 5
TESTS_OF_CARE = ("tests/spec/care", "tests/unit/care", "tests/agreement/care", "tests/reference/care")


def measure() -> list[dict[str, Any]]:
    """Rows of the care area but for mutation, which takes longest and comes after."""
    slips = care_slips.run()
    return [
        {"name": "phq9_million_s", "value": round(_million_s(), 2), "unit": "s", "target": 2},
        {"name": "slip_catalogue_cases", "value": slips["cases"], "unit": "slips", "target": 60},
        {
            "name": "slips_not_caught",
            "value": len(slips["not_caught"]),
            "unit": "slips",
            "target": 0,
            "against": f"{slips['typed']} entries on plan, record, bedside and FHIR file",
        },
        {"name": "branch_coverage_percent", "value": _covered_percent(), "unit": "%", "target": 100},
    ]


def _million_s() -> float:
    """Seconds to score a million random PHQ-9 forms, the median."""
    phq9, forms = load_instrument("phq9"), np.random.default_rng(1).integers(0, 4, (FORMS, 9))
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        scored = score_many(phq9, forms)
        took.append(time.perf_counter() - started)
        assert np.array_equal(scored.total, forms.sum(axis=1))
    return statistics.median(took)


def _covered_percent() -> float:
    """Of all lines and branches of the care room, the share its own tests go through."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        workers = ["-n", str(os.cpu_count() or 1)]
        counting = ["--cov=euthymia.care", "--cov-branch", f"--cov-report=json:{report}"]
        environment = os.environ | {"COVERAGE_FILE": str(Path(folder) / "counted")}
        pytest_says([*workers, *TESTS_OF_CARE, *counting], environment)
        totals = json.loads(report.read_text())["totals"]
    return round(totals["percent_covered"], 2)


def pytest_says(arguments: list[str], environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"A test fails, so nothing is measured:\n{done.stdout[-3000:]}")
    return done.stdout
