"""LOINC codes of panels, totals, items and levels as confirmed in public artefacts, and never one in another's place.

Origin: US Core AUDIT-C examples; US Behavioral Health Profiles, C-SSRS example; NLM and HL7 forms for PHQ and GAD;
Medizininformatik-Initiative catalogue for the BDI-II; public code for the DAST-10 total. Codes known from memory only
(DAST-10 panel, AUDIT-C item 1, the answer yes) are left out.
"""

from __future__ import annotations

from collections import Counter

import pytest

from euthymia.care.instruments import instruments, load_instrument

# instrument: panel, total. Public code often swaps the two.
PANEL_AND_TOTAL = {
    "phq9": ("44249-1", "44261-6"),
    "phq2": ("55757-9", "55758-7"),
    "gad7": ("69737-5", "70274-6"),
    "audit_c": ("72109-2", "75626-2"),
    "dast10": ("", "82667-7"),
    "bdi2": ("", "89209-1"),
    "cssrs_screener": ("93373-9", ""),
}
SCREENER = ["93246-7", "93247-5", "93248-3", "93249-1", "93250-9", "93267-3", "93269-9"]


@pytest.mark.parametrize("instrument_id", instruments())
def test_panel_and_total_are_where_they_belong(instrument_id: str) -> None:
    instrument = load_instrument(instrument_id)
    assert (instrument.loinc_panel, instrument.loinc_total) == PANEL_AND_TOTAL.get(instrument_id, ("", ""))


def test_no_code_means_two_things() -> None:
    totals = Counter(total for _, total in PANEL_AND_TOTAL.values() if total)
    others = {panel for panel, _ in PANEL_AND_TOTAL.values()}
    others |= {item.loinc for name in instruments() for item in load_instrument(name).items}
    assert not totals.keys() & others
    assert set(totals.values()) == {1}


def test_the_screener_has_its_items_and_levels() -> None:
    screener = load_instrument("cssrs_screener")
    assert [item.loinc for item in screener.items] == SCREENER
    assert screener.loinc_level == "93374-7"
    assert screener.loinc_levels == {"low": "LA9194-7", "moderate": "LA6751-7", "high": "LA9193-9"}
    assert [option.loinc for option in screener.items[0].options] == ["LA32-8", ""]


def test_the_drinking_questions_have_theirs_and_the_first_has_none() -> None:
    audit = load_instrument("audit_c")
    assert [item.loinc for item in audit.items] == ["", "68519-8", "68520-6"]
    assert [option.loinc for option in audit.item("2").options] == [
        "LA15694-5",
        "LA15695-2",
        "LA18930-0",
        "LA18931-8",
        "LA18932-6",
    ]
    assert [option.loinc for option in audit.item("3").options] == [
        "LA6270-8",
        "LA18933-4",
        "LA18876-5",
        "LA18891-4",
        "LA18934-2",
    ]
    assert not any(option.loinc for option in audit.item("1").options)
