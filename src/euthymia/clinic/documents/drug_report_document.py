"""The controlled-drug report on paper: what each lot began with and what became of it, then every entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.documents.note_document import moment
from euthymia.clinic.documents.typesetting import paper_of, pdf_of

BALANCE = ("opening", "received", "given", "wasted", "destroyed", "unaccounted", "closing")
# The columns of an entry that fit side by side on a page that lies.
ENTRY = ("date", "time", "entry", "drug", "lot", "amount", "patient", "record_number", "initials", "witness", "reason")


def drug_report_pdf(
    viewer: Viewer,
    first: date,
    last: date,
    lots: Sequence[Any],
    entries: Sequence[Mapping[str, Any]],
    *,
    open_discrepancies: int,
    now: datetime,
) -> bytes:
    """The report of these days. lots: one row of balances each.   entries: lines with the names of `ENTRY`."""
    day = f"{first.day} {first:%B %Y}"
    days = day if first == last else f"{day} to {last.day} {last:%B %Y}"
    values = {
        "clinic": viewer.clinic_name,
        "paper": paper_of(viewer.country),
        "zone": viewer.time_zone,
        "person": "Controlled drugs",
        "record_number": days,
        "born": "",
        "invented": False,
        "unprintable": False,
        "title": "Controlled-drug report",
        "days": days,
        "balance": [{"name": lot.name, "cells": [getattr(lot, name) for name in BALANCE]} for lot in lots],
        "unbalanced": [lot.name for lot in lots if not lot.balanced],
        "entries": [[str(line[name]) for name in ENTRY] for line in entries],
        "open": open_discrepancies,
        "made": moment(now, viewer.zone),
        "by": viewer.name,
    }
    return pdf_of("drug_report.typ", values, at=now)
