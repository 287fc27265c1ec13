"""How many examples each property of the rules was really tried with. Half an hour on two cores."""

from __future__ import annotations

import os
import re
from typing import Any

from benchmarks.care import pytest_says

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
    """The one row."""
    examples, tests = _examples()
    return [
        {
            "name": "property_examples_per_rule",
            "value": examples,
            "unit": "examples",
            "target": 10_000,
            "against": f"{tests} properties, the fewest examples of any that did not try every possibility",
        }
    ]


def _examples() -> tuple[int, int]:
    """The fewest examples any property was really tried with, and how many properties there are."""
    said = pytest_says(
        [*PROPERTIES, "-n", "2", "--hypothesis-show-statistics"], os.environ | {"EUTHYMIA_EXAMPLES": "thorough"}
    )
    tried = [
        max((int(count) for count in EXAMPLES.findall(block)), default=0)
        for block in said.split("\n\n\n")
        if EXAMPLES.search(block) and RAN_OUT not in block
    ]
    return min(tried, default=0), len(tried)
