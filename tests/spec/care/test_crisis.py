"""Whom to call: by country, dated, and nothing from memory."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from euthymia.care.crisis import COUNTRIES, crisis_lines
from euthymia.care.protocol import Provenance


@pytest.mark.parametrize(
    ("country", "numbers"),
    [
        ("US", ["988", "911"]),
        ("us", ["988", "911"]),
        ("CA", ["988", "911"]),
        ("GB", ["116 123", "999"]),
        ("UK", ["116 123", "999"]),
        ("IE", ["116 123", "112"]),
        ("AU", ["13 11 14", "000"]),
        ("NZ", ["1737", "111"]),
        ("ES", ["024", "112"]),
        ("DE", ["112"]),
        ("EU", ["112"]),
        ("JP", []),
        ("", []),
        ("<s", []),
    ],
)
def test_the_numbers_of_a_country(country: str, numbers: list[str]) -> None:
    assert [line.contact for line in crisis_lines(country).lines] == numbers


@pytest.mark.parametrize("code", [code for code, _ in COUNTRIES])
def test_every_line_is_dated_sourced_and_not_from_memory(code: str) -> None:
    found = crisis_lines(code)
    assert found.country
    for line in found.lines:
        assert line.basis.sources
        assert line.basis.provenance is not Provenance.MEMORY
        assert line.href == "tel:" + line.contact.replace(" ", "")
    assert found.verified == min(line.verified for line in found.lines)


def test_a_country_without_lines_has_no_date_and_still_lists_the_others() -> None:
    nowhere = crisis_lines("XX")
    assert (nowhere.country, nowhere.verified) == ("", None)
    assert nowhere.countries == COUNTRIES


@pytest.mark.parametrize(
    ("age_days", "trusted_days", "stale"),
    [(0, 0, False), (1, 0, True), (365, 365, False), (366, 365, True), (-1, 365, True), (0, None, True)],
)
def test_a_line_older_than_the_clinic_trusts_is_to_be_checked_again(
    age_days: int, trusted_days: int | None, stale: bool
) -> None:
    here = crisis_lines("CA")
    today = date(2023, 11, 30) + timedelta(days=age_days)
    assert here.stale_lines(today, trusted_days) == (here.lines if stale else ())


def test_only_the_older_lines_are_stale() -> None:
    here = crisis_lines("US")
    assert [line.contact for line in here.stale_lines(date(2025, 6, 1), 365)] == ["911"]
