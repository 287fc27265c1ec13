"""The how-to page on adding a FHIR resource does what it says."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

from euthymia.interop.fhir.document import read_document, write_document
from euthymia.interop.vital_signs.load import vital_signs


def test_the_example_of_a_new_resource_runs(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (repository / "docs" / "how-to" / "add-a-fhir-resource.md").read_text(encoding="utf-8")
    module, check = (textwrap.dedent(block) for block in re.findall(r"```python\n(.*?)   ```", page, re.DOTALL))
    new = ModuleType("flag_from_the_page")
    monkeypatch.setitem(sys.modules, new.__name__, new)
    exec(module, new.__dict__)
    exec(check, new.__dict__ | {"read_document": read_document, "write_document": write_document})


def test_the_reference_page_tells_every_vital_sign_with_its_limits(repository: Path) -> None:
    page = (repository / "docs" / "reference" / "fhir.md").read_text(encoding="utf-8")
    for sign in set(vital_signs().by_loinc.values()):
        (row,) = (line for line in page.splitlines() if f"| {', '.join(sign.loinc)} |" in line)
        assert f"| {sign.unit} |" in row
        assert row.endswith(f"| {sign.lowest} to {sign.highest} |")
