"""The rule book: no rule without a sentence and a test, no number left out, and what is open is said to be open."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripts.rule_book import exercised, guards
from scripts.rule_book.code_rules import rules_in_code
from scripts.rules_page import PAGES, ROOM, ROOT, render

from euthymia.care.eligibility import RULES
from euthymia.care.indications import indications
from euthymia.care.instruments import instruments
from euthymia.care.interactions import GROUPS
from euthymia.care.protocols.load import load_protocol, shipped_protocols


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return render()


def test_every_rule_the_code_answers_with_is_described_and_none_that_is_gone() -> None:
    found = rules_in_code(ROOM)
    assert sorted(found.keys() - guards.described()) == []
    assert sorted(guards.described() - found.keys()) == []


def test_the_search_in_the_code_finds_rules_however_they_are_named() -> None:
    found = rules_in_code(ROOM)
    assert "gate" in found["consent_covers"]  # handed to a function that makes the reason
    assert "discharge" in found["no_driving_told"]  # in the rows of a loop
    assert "titration" in found["step_skipped"]  # one of two, by a condition
    assert found["two_identifiers"] == {"discharge", "gate"}


def test_every_rule_has_a_test(pages: dict[str, str]) -> None:
    silent = [(name, line) for name, page in pages.items() for line in page.splitlines() if exercised.NO_TEST in line]
    assert silent == []


def test_what_no_test_names_is_said_to_have_none() -> None:
    tests = exercised.Tests(ROOT / "tests")
    assert tests.told("a_rule_nobody_wrote") == exercised.NO_TEST
    assert tests.told("dose_cap", about="crisis") == exercised.NO_TEST
    assert "spec/care/test_eligibility.py" in tests.of("escort", part="eligibility")
    assert len(tests.of("dose_cap")) == exercised.AT_MOST


def test_a_rule_is_named_by_a_text_and_not_by_a_docstring_an_argument_or_part_of_a_word() -> None:
    found = exercised.texts(
        """
'Of dose_cap.'
@pytest.mark.parametrize(("is_open", "x"), [("weight_change", 1)])
def test(is_open, x):
    'And interval.'
    assert x == ["limits.before_spo2", "a b"]
"""
    )
    assert found == dict.fromkeys(["weight_change", "limits.before_spo2", "limits", "before_spo2", "a b", "a", "b"], 1)


def test_every_limit_and_point_of_every_protocol_is_a_row(pages: dict[str, str]) -> None:
    for name in shipped_protocols():
        section = pages["protocols"].partition(f"## `{name}` ")[2].partition("\n## ")[0]
        protocol = load_protocol(name)
        assert re.findall(r"^\| `limits\.(\w+)`", section, re.MULTILINE) == [limit.name for limit in protocol.limits]
        assert re.findall(r"^\| `checks\.(\w+)` \| (stop|flag) ", section, re.MULTILINE) == [
            (item.name, "stop" if item.required else "flag") for item in protocol.checks
        ]
        assert re.findall(r"^\| `monitoring\.(\w+)` ", section, re.MULTILINE) == [
            rule.name for rule in protocol.monitoring
        ]


def test_every_rule_of_the_data_is_there(pages: dict[str, str]) -> None:
    assert all(f"| `{rule.name}` |" in pages["eligibility"] for rule in RULES)
    assert all(f"| `interaction_{group.name}` |" in pages["interactions"] for group in GROUPS)
    assert all(f"## `{name}` " in pages["protocols"] for name in shipped_protocols())
    assert all(f"## `{name}` " in pages["instruments"] for name in instruments())
    assert all(f"## `{name}` " in pages["indications"] for name in indications())


def test_what_is_open_is_said_to_be_open(pages: dict[str, str]) -> None:
    assert (
        "| `limits.dose_cap` | stop | When a dose is ordered, the dose is at most **open** (mg;" in pages["protocols"]
    )
    assert "| `see` | any | **open** |" in pages["risk"]
    assert "`endpoint.remission` | remission on PCL-5. | **open**" in pages["indications"]
    assert "| trazodone | sari | **open** |" in pages["resistance"]
    assert "(memory)" in pages["numbers"]


def test_numbers_of_the_code_are_read_from_the_code(pages: dict[str, str]) -> None:
    assert "15 to 40 kg/m²" in pages["dosing"]
    assert "0.1 of the last weight" in pages["dosing"]
    assert "60 s" in pages["monitoring"]
    assert "systolic 50 to 300 mmHg" in pages["monitoring"]


def numbers(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every number below this value as (the table it stands in, its digits), found another way than the page does."""
    stack = [(value, path)]
    while stack:
        here, where = stack.pop()
        if isinstance(here, dict):
            stack += [(item, f"{where}.{name}") for name, item in here.items()]
        elif isinstance(here, list):
            stack += [(item, f"{where}[{place}]") for place, item in enumerate(here)]
        elif isinstance(here, int | float) and not isinstance(here, bool):
            yield where.lstrip("."), f"{here:g}"


DATA = sorted(path for path in ROOM.rglob("*.toml") if path.name != "ruff.toml")


@pytest.mark.parametrize("path", DATA, ids=lambda path: path.stem)
def test_a_reader_finds_every_number_of_every_data_file(path: Path, pages: dict[str, str]) -> None:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    heading = f"## `{path.relative_to(ROOM).as_posix()}`"
    _, _, rest = pages["numbers"].partition(heading + "\n")
    section = rest.partition("\n## ")[0]
    rows = {line.split(" | ")[0].strip("| `"): line.split(" | ")[2] for line in section.splitlines() if "`" in line}
    lost = []
    for where, digits in numbers(document):
        # The last name is the field; a list of numbers is one field, so its places are not part of the row's name.
        table, _, field = re.sub(r"(\[\d+\])+$", "", where).rpartition(".")
        cell = f"; {rows.get(table or '(top)', '')};"
        told = re.search(rf"; {re.escape(field)} ([^;]*)", cell)
        if told is None or digits not in re.findall(r"[-\d.e+]+", told[1]):
            lost.append((where, digits))
    assert lost == []


def test_the_index_names_every_page_and_every_page_leads_back(pages: dict[str, str]) -> None:
    assert set(pages) == {"README", *PAGES}
    assert all(f"({name}.md)" in pages["README"] for name in PAGES)
    assert all("(README.md)" in pages[name] for name in PAGES)
