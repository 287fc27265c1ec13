"""The how-to's example runs as it is printed, and gives what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

HOW_TO = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "draw-a-chart.md"


def test_the_example_of_the_how_to_runs() -> None:
    printed = re.search(r"```python\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    assert printed is not None
    given: dict[str, Any] = {}
    exec(compile(printed[1], str(HOW_TO), "exec"), given)
    assert ElementTree.fromstring(given["svg"]).tag.endswith("svg")
    assert ("30 Mar 2026", "", "", "", "8 (entered late)", "") in given["rows"]
