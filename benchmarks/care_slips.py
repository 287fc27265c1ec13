"""The catalogue of slips, typed into every way a weight or a dose enters: how many, and which get through."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TEST = "tests/integration/clinic/test_slips.py"


def run() -> dict[str, Any]:
    """{"cases": named slips, "typed": how often one is typed, "not_caught": the slips that get through}.

    The pages need a database, so the tests run them, each in a rolled-back transaction, and report what they saw.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "slips.xml"
        which = ("-k", "gets_through or catalogue")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEST, *which, f"--junitxml={report}"]
        subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=1800)
        suite = ElementTree.parse(report).getroot()
    properties = [(row.get("name"), row.get("value", "")) for row in suite.iter("property")]
    broken = [case.get("name", "") for case in suite.iter("testcase") if case.find("error") is not None]
    through = [line for name, value in properties if name == "not_caught" for line in value.splitlines()]
    failed = [case.get("name", "") for case in suite.iter("testcase") if case.find("failure") is not None]
    numbers = {name: int(value) for name, value in properties if name in ("cases", "typed")}
    return {**numbers, "not_caught": [*sorted(through), *broken] or failed}


if __name__ == "__main__":
    print(run())
