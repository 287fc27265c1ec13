"""The controlled-drug report on paper: balances, every entry, and what does not balance in plain sight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from django.test import Client
from tests.builders import NOW, make_clinic, make_viewer, sign_in
from tests.pdf_text import Paper

from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.documents.drug_report_document import ENTRY, drug_report_pdf

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Lot:
    name: str = "ketamine 50 mg/mL, lot K-1"
    opening: str = "100 mg"
    received: str = "–"
    given: str = "35 mg"
    wasted: str = "15 mg"
    destroyed: str = "–"
    unaccounted: str = "–"
    closing: str = "50 mg"
    balanced: bool = True


def line(**cells: str) -> dict[str, str]:
    return dict.fromkeys(ENTRY, "") | {"entry": "Given", "amount": "35 mg"} | cells


def printed(lots: list[Lot], lines: list[dict[str, str]], *, last: date, found: int = 0) -> Paper:
    viewer = make_viewer(make_clinic(), Role.PHARMACIST)
    first = date(2026, 3, 2)
    return Paper(drug_report_pdf(viewer, first, last, lots, lines, open_discrepancies=found, now=NOW))


def test_a_day_holds_its_balances_and_every_entry_as_words() -> None:
    paper = printed([Lot()], [line(patient='Ada #eval("x") $y$', reason="*spilled*")], last=date(2026, 3, 2))
    for words in ("2 March 2026", "lot K-1", "100 mg", "35 mg", 'Ada #eval("x") $y$', "*spilled*", "Given"):
        assert paper.says(words), words
    assert not paper.says("Does not balance")
    assert not paper.says("open.")


def test_what_does_not_balance_and_what_is_open_leads() -> None:
    paper = printed([Lot(balanced=False)], [], last=date(2026, 3, 31), found=2)
    assert paper.says("2 March 2026 to 31 March 2026")
    assert paper.says("Does not balance: ketamine 50 mg/mL, lot K-1.")
    assert paper.says("2 discrepancies are open.")
    assert paper.says("There is none.")


def test_a_long_month_runs_over_pages_that_each_say_whose_report_it_is() -> None:
    paper = printed([Lot()], [line(lot=f"K-{number}") for number in range(200)], last=date(2026, 3, 31))
    assert len(paper.pages) > 3
    assert all("Controlled drugs" in words for words in paper.pages)
    assert paper.says("K-199")


@pytest.mark.parametrize("asked", ["", "?day=2026-03-02", "?month=2026-03"])
def test_the_file_of_a_day_or_a_month_is_for_those_who_keep_the_ledger(asked: str) -> None:
    clinic = make_clinic()
    answer = sign_in(Client(), make_viewer(clinic, Role.PHARMACIST)).get(f"/medication/report.pdf{asked}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert Paper(answer.content).says("Controlled-drug report")
    therapist = sign_in(Client(), make_viewer(clinic, Role.THERAPIST))
    assert therapist.get(f"/medication/report.pdf{asked}").status_code == 403


def test_a_day_that_does_not_exist_is_refused() -> None:
    pharmacist = sign_in(Client(), make_viewer(make_clinic(), Role.PHARMACIST))
    assert pharmacist.get("/medication/report.pdf?day=2026-02-30").status_code == 400
