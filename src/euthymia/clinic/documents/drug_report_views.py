"""The controlled-drug report as PDF: a view over the ledger of another context."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from euthymia.clinic.accounts.policies import SEE_LEDGER, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.documents.drug_report_document import drug_report_pdf
from euthymia.clinic.documents.typesetting import pdf_response
from euthymia.clinic.medication.forms import day_of, month_of
from euthymia.clinic.medication.queries import Wanted, discrepancies, entries
from euthymia.clinic.medication.report import Period, csv_rows, lot_rows


@require_GET
@requires(SEE_LEDGER)
def drug_report_file(request: HttpRequest) -> HttpResponse:
    """The report of one day or one month, chosen as on its page."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = timezone.now()
    period = _period(request, viewer, now)
    last = period.following - timedelta(days=1)
    rows = list(entries(viewer, Wanted(from_at=period.from_at, until_at=period.until_at)))
    record(viewer, Action.EXPORT, "medication_report_pdf", now=now, detail={"rows": len(rows)})
    content = drug_report_pdf(
        viewer,
        period.first,
        last,
        lot_rows(viewer, period),
        list(csv_rows(rows, viewer.zone)),
        open_discrepancies=len(discrepancies(viewer)),
        now=now,
    )
    return pdf_response(content, f"controlled-drugs-{period.first:%Y-%m-%d}-to-{last:%Y-%m-%d}.pdf")


def _period(request: HttpRequest, viewer: Viewer, now: datetime) -> Period:
    today = now.astimezone(viewer.zone).date()
    if request.GET.get("month"):
        return Period(*month_of(request.GET["month"], today), viewer.zone)
    first = day_of(request.GET.get("day", ""), today, "day")
    return Period(first, first + timedelta(days=1), viewer.zone)
