"""The room of rules measured: slips caught, scoring in bulk, branches covered, examples tried."""

from __future__ import annotations

import json
import os
import re
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
# The properties written rule by rule: more facts never make a verdict milder, and their kin.
PROPERTIES = (
    "tests/agreement/care/test_eligibility_only_tightens.py",
    "tests/agreement/care/test_interactions_only_add.py",
    "tests/agreement/care/test_episode_only_rises.py",
    "tests/agreement/care/test_resistance_only_rises.py",
    "tests/agreement/care/test_dosing.py",
    "tests/spec/care/test_monitoring.py",
    "tests/spec/care/test_discharge.py",
    "tests/spec/care/test_risk_pathway.py",
)
EXAMPLES = re.compile(r"(\d+) passing,")
RAN_OUT = "nothing left to do"


def measure() -> list[dict[str, Any]]:
    """Rows of the care area but for mutation, which takes longest and comes after."""
    slips = care_slips.run()
    examples, tests = _examples()
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
        {
            "name": "property_examples_per_rule",
            "value": examples,
            "unit": "examples",
            "target": 10_000,
            "against": f"{tests} properties, the fewest examples of any that did not try every possibility",
        },
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
        counting = ["--cov=euthymia.care", "--cov-branch", f"--cov-report=json:{report}"]
        environment = os.environ | {"COVERAGE_FILE": str(Path(folder) / "counted")}
        _pytest([*TESTS_OF_CARE, *counting], environment)
        totals = json.loads(report.read_text())["totals"]
    return round(totals["percent_covered"], 2)


def _examples() -> tuple[int, int]:
    """The fewest examples any property was really tried with, and how many properties there are."""
    said = _pytest(
        [*PROPERTIES, "-n", "2", "--hypothesis-show-statistics"], os.environ | {"EUTHYMIA_EXAMPLES": "thorough"}
    )
    tried = [
        max((int(count) for count in EXAMPLES.findall(block)), default=0)
        for block in said.split("\n\n\n")
        if EXAMPLES.search(block) and RAN_OUT not in block
    ]
    return min(tried, default=0), len(tried)


def _pytest(arguments: list[str], environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"A test fails, so nothing is measured:\n{done.stdout[-3000:]}")
    return done.stdout
