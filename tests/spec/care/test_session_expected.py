"""What was seen in studies informs and never decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from euthymia.care.protocol import Provenance
from euthymia.care.session_expected import AT_HAND, EXPECTED, expected_in


@pytest.mark.parametrize(
    ("drug", "route", "seen"),
    [
        ("esketamine", "nasal", {"sedation": (48, 61), "dissociation": (61, 84)}),
        (
            "ketamine",
            "iv",
            {
                "systolic rise, mean": (16.0, 16.0),
                "diastolic rise, mean": (11.0, 11.0),
                "time of the highest pressure": (40, 40),
                "infusions with severe hypertension": (0.98, 0.98),
            },
        ),
        ("ketamine", "nasal", {}),
        ("ketamine", "im", {}),
        ("esketamine", "iv", {}),
    ],
)
def test_what_was_seen_by_drug_and_route(drug: str, route: str, seen: dict[str, tuple[float, float]]) -> None:
    assert {row.what: (row.low, row.high) for row in expected_in(drug, route)} == seen


def test_every_number_has_its_unit_and_source() -> None:
    for row in EXPECTED:
        assert row.unit
        assert row.basis.sources
        assert row.basis.provenance in (Provenance.READ, Provenance.ABSTRACT)


def test_what_is_at_hand_is_classes_from_memory_and_never_a_dose() -> None:
    assert [row.against for row in AT_HAND] == ["hypertension", "agitation", "nausea", "airway"]
    for row in AT_HAND:
        assert not row.basis.may_gate
        assert not any(f" {unit}" in name for name in row.classes for unit in ("mg", "mL", "µg"))


def test_no_rule_reads_what_was_only_expected(repository: Path) -> None:
    for name in ("monitoring", "discharge", "gate", "session"):
        assert "session_expected" not in (repository / f"src/euthymia/care/{name}.py").read_text(encoding="utf-8")
