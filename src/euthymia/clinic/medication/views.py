"""The ledger over HTTP: stock, receiving, counting, removing, discrepancies, entries and the report."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from euthymia.care.medication_ledger import EntryKind
from euthymia.care.medication_rules import in_words
from euthymia.care.protocols.load import load_protocol, shipped_protocols
from euthymia.clinic.accounts.policies import KEEP_LEDGER, RESOLVE_LEDGER, SEE_LEDGER, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.medication import commands, forms, presenters, queries
from euthymia.clinic.medication.presenters import KINDS, OUTCOMES, discrepancy_age, entry_lines, lot_line
from euthymia.clinic.medication.report import COLUMNS, Period, csv_rows, lot_rows
from euthymia.clinic.medication.rows import lot_of
from euthymia.clinic.medication.witness_passkeys import ask_passkey
from euthymia.clinic.medication.witnesses import chosen_witness, possible_witnesses, signed_witness
from euthymia.clinic.sessions.refusals import is_conflict
from euthymia.clinic.settings import settings
from euthymia.errors import BadInput

CONFLICT, REFUSED_FORM = 409, 422
ENTRIES_PER_PAGE = 50
FormPage = ["GET", "HEAD", "POST"]
REMOVALS = (
    ("wasted", "Broken, spilled or spoiled"),
    ("destroyed", "Destroyed"),
    ("returned", "Sent back to the supplier"),
)


@require_GET
@requires(SEE_LEDGER)
def stock(request: HttpRequest) -> HttpResponse:
    """Every lot with expiry and balance, what is drawn and not accounted for, and how many discrepancies are open."""
    viewer, now = _who(request), timezone.now()
    lines = [lot_line(row, now) for row in queries.lots(viewer)]
    record(viewer, Action.LIST, "medication_stock", now=now, detail={"count": len(lines)})
    held = [
        (session, [(row, in_words(lot_of(row), ug)) for row, ug in lots.items()])
        for session, lots in queries.sessions_with_drawn(viewer)
    ]
    context = {
        "lines": [line for line in lines if line.row.vault_ug or line.row.drawn_ug],
        "empty_lines": [line for line in lines if not line.row.vault_ug and not line.row.drawn_ug],
        "held": held,
        "open_count": len(queries.discrepancies(viewer)),
        "may_keep": KEEP_LEDGER.allows(viewer),
    }
    return render(request, "medication/stock.html", context)


@require_http_methods(FormPage)
@requires(KEEP_LEDGER)
def receive(request: HttpRequest) -> HttpResponse:
    """Write down what came in."""
    viewer, now = _who(request), timezone.now()
    context: dict[str, Any] = {"drugs": sorted({load_protocol(name).drug for name in shipped_protocols()})}

    def act(typed: dict[str, str]) -> str:
        new, amount_ug = forms.received(typed)
        row = commands.receive(viewer, new, amount_ug, forms.act_of(typed, now, viewer.zone))
        return f"Lot {row.number} is in the vault: {in_words(lot_of(row), row.vault_ug)} there now."

    return _form_page(request, "medication/receive.html", context, act)


@require_GET
@requires(KEEP_LEDGER)
def counts(request: HttpRequest) -> HttpResponse:
    """Which lot to count, without what the ledger expects of any."""
    viewer, now = _who(request), timezone.now()
    lines = [lot_line(row, now) for row in queries.lots(viewer) if row.expires_on]
    return render(request, "medication/counts.html", {"lines": lines})


@require_http_methods(FormPage)
@requires(KEEP_LEDGER)
def count(request: HttpRequest, lot_id: UUID) -> HttpResponse:
    """Count a lot blind: the page does not say what the ledger expects until the count is in."""
    viewer, now = _who(request), timezone.now()
    row = queries.find_lot(viewer, lot_id)
    lot = lot_of(row)
    context = {"lot": lot_line(row, now)}

    def act(typed: dict[str, str]) -> str:
        counted_ug = forms.counted_ug(typed, lot, row.container_ml)
        found = commands.count(viewer, row, counted_ug, forms.act_of(typed, now, viewer.zone))
        if found is None:
            return f"Lot {row.number}: the count agrees with the ledger."
        return f"Lot {row.number}: {found.reason} A discrepancy is open; it is yours until it is resolved."

    return _form_page(request, "medication/count.html", context, act, "medication-counts")


@require_http_methods(FormPage)
@requires(KEEP_LEDGER)
def remove(request: HttpRequest, lot_id: UUID) -> HttpResponse:
    """Take stock out of the vault: broken, destroyed, or sent back."""
    viewer, now = _who(request), timezone.now()
    row = queries.find_lot(viewer, lot_id)
    lot = lot_of(row)
    context = {"lot": lot_line(row, now), "removals": REMOVALS} | _witnessing(viewer)

    def act(typed: dict[str, str]) -> str:
        kind = typed.get("kind", "")
        if kind not in dict(REMOVALS):
            raise BadInput("missing_field", "kind", "Say what happened to it.")
        amount_ug = forms.amount_ug(typed, lot, all_of_ug=row.vault_ug)
        witness = None if kind == "returned" else signed_witness(request, viewer, typed)
        commands.remove(viewer, row, EntryKind(kind), amount_ug, forms.act_of(typed, now, viewer.zone, witness))
        return f"{in_words(lot, amount_ug)} of lot {row.number} left the vault."

    return _form_page(request, "medication/remove.html", context, act)


@require_GET
@requires(SEE_LEDGER)
def discrepancies(request: HttpRequest) -> HttpResponse:
    """What nobody could explain yet, with whose it is and how old; and what was resolved lately."""
    viewer, now = _who(request), timezone.now()
    found = [(row, in_words(lot_of(row.lot), row.amount_ug), discrepancy_age(row, now)) for row in _open(viewer)]
    resolved = [(row, in_words(lot_of(row.lot), row.amount_ug), list(row.answers.all())) for row in _resolved(viewer)]
    record(viewer, Action.LIST, "medication_discrepancies", now=now, detail={"count": len(found)})
    context = {"found": found, "resolved": resolved, "may_resolve": RESOLVE_LEDGER.allows(viewer)}
    return render(request, "medication/discrepancies.html", context)


@require_http_methods(FormPage)
@requires(RESOLVE_LEDGER)
def resolve(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Close a discrepancy with what became of it, why, and a witness."""
    viewer, now = _who(request), timezone.now()
    row = queries.find_entry(viewer, entry_id)
    outcomes = [(name, OUTCOMES[name]) for name in commands.outcomes_of(row)]
    words = in_words(lot_of(row.lot), row.amount_ug)
    context = {"row": row, "words": words, "outcomes": outcomes} | _witnessing(viewer)

    def act(typed: dict[str, str]) -> str:
        witness = signed_witness(request, viewer, typed)
        commands.resolve(viewer, row.id, typed.get("outcome", ""), forms.act_of(typed, now, viewer.zone, witness))
        return "The discrepancy is resolved."

    return _form_page(request, "medication/resolve.html", context, act, "medication-discrepancies")


@require_http_methods(FormPage)
@requires(KEEP_LEDGER)
def take_back(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Undo a mistaken entry by one the other way round."""
    viewer, now = _who(request), timezone.now()
    row = queries.find_entry(viewer, entry_id)
    line = entry_lines([row], viewer.zone)[0]
    witnessed = row.kind in {EntryKind.WASTED.value, EntryKind.DESTROYED.value}
    context = {"line": line, "witnessed": witnessed} | _witnessing(viewer)

    def act(typed: dict[str, str]) -> str:
        witness = signed_witness(request, viewer, typed) if witnessed else None
        commands.take_back(viewer, row.id, forms.act_of(typed, now, viewer.zone, witness))
        return "The entry is taken back; both lines stay in the ledger."

    return _form_page(request, "medication/take_back.html", context, act, "medication-ledger")


@require_GET
@requires(SEE_LEDGER)
def ledger(request: HttpRequest) -> HttpResponse:
    """The entries, newest page first, by lot, kind and days."""
    viewer, now = _who(request), timezone.now()
    wanted = _wanted(request, viewer, now)
    rows = queries.entries(viewer, wanted).order_by("-sequence")
    page = Paginator(rows, ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    record(viewer, Action.LIST, "medication_ledger", now=now, detail={"count": len(page.object_list)})
    gone = {row.about_id for row in page.object_list if row.reversal}
    gone |= set(queries.taken_back(viewer, [row.id for row in page.object_list]))
    context = {
        "lines": entry_lines(page.object_list, viewer.zone, gone),
        "page": page,
        "lots": queries.lots(viewer),
        "kinds": [(kind.value, words) for kind, words in KINDS.items()],
        "asked": request.GET,
        "may_keep": KEEP_LEDGER.allows(viewer),
    }
    return render(request, "medication/ledger.html", context)


@require_GET
@requires(SEE_LEDGER)
def report(request: HttpRequest) -> HttpResponse:
    """The controlled-drug report of one day or one month."""
    viewer, now = _who(request), timezone.now()
    period = _period(request, viewer, now)
    rows = list(queries.entries(viewer, queries.Wanted(from_at=period.from_at, until_at=period.until_at)))
    record(viewer, Action.LIST, "medication_report", now=now, detail={"count": len(rows)})
    context = {
        "period": period,
        "last": period.following - timedelta(days=1),
        "lots": lot_rows(viewer, period),
        "lines": entry_lines(rows, viewer.zone),
        "asked": request.GET,
        "open": _open(viewer),
        "initials": presenters.initials,
    }
    return render(request, "medication/report.html", context)


@require_GET
@requires(SEE_LEDGER)
def report_csv(request: HttpRequest) -> HttpResponse:
    """The entries of the report, one a line."""
    viewer, now = _who(request), timezone.now()
    period = _period(request, viewer, now)
    rows = list(queries.entries(viewer, queries.Wanted(from_at=period.from_at, until_at=period.until_at)))
    record(viewer, Action.EXPORT, "medication_report", now=now, detail={"rows": len(rows)})
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(csv_rows(rows, viewer.zone))
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"controlled-drugs-{period.first:%Y-%m-%d}-to-{period.following - timedelta(days=1):%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _form_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    act: Callable[[dict[str, str]], str],
    then: str = "medication",
) -> HttpResponse:
    """A page with one form: shown, or done and said on the page it leads to, or refused with what was typed."""
    typed: dict[str, str] = {}
    refusal, status = None, 200
    if request.method == "POST":
        typed = request.POST.dict()
        try:
            said = act(typed)
        except BadInput as wrong:
            refusal, status = wrong, CONFLICT if is_conflict(wrong) else REFUSED_FORM
        else:
            messages.success(request, said)
            return redirect(then)
    shown = {name: value for name, value in typed.items() if not name.startswith("witness_")}
    entry_id = typed.get("entry_id") or str(uuid.uuid4())
    context = context | {"typed": shown, "refusal": refusal, "entry_id": entry_id, "zone": _who(request).zone}
    return render(request, template, context, status=status)


@require_POST
@requires(KEEP_LEDGER)
def witness_question(request: HttpRequest) -> HttpResponse:
    """What the browser asks the passkey of the witness who was chosen, as JSON; 422 says why nothing can be asked."""
    try:
        member = chosen_witness(_who(request), request.POST.get("witness", ""))
        asked = ask_passkey(request, member)
        if asked is None:
            raise BadInput("no_passkey", "witness", f"{member.user} has no passkey here and signs with their password.")
    except BadInput as refusal:
        return JsonResponse(refusal.as_json(), status=REFUSED_FORM)
    return JsonResponse(asked)


def _witnessing(viewer: Viewer) -> dict[str, Any]:
    return {"witnesses": possible_witnesses(viewer), "demo_witness": settings().demo}


def _wanted(request: HttpRequest, viewer: Viewer, now: datetime) -> queries.Wanted:
    asked, today = request.GET, now.astimezone(viewer.zone).date()
    try:
        lot_id = UUID(asked["lot"]) if asked.get("lot") else None
    except ValueError as wrong:
        raise BadInput("not_an_id", "lot", "Choose a lot from the list.") from wrong
    kind = asked.get("kind", "")
    if kind and kind not in set(EntryKind):
        raise BadInput("unknown_word", "kind", "Choose a kind from the list.")
    first = forms.day_of(asked.get("from", ""), today, "from") if asked.get("from") else None
    last = forms.day_of(asked.get("until", ""), today, "until") if asked.get("until") else None
    return queries.Wanted(
        lot_id=lot_id,
        kind=kind,
        from_at=Period(first, first, viewer.zone).from_at if first else None,
        until_at=Period(last, last, viewer.zone).from_at + timedelta(days=1) if last else None,
    )


def _period(request: HttpRequest, viewer: Viewer, now: datetime) -> Period:
    today = now.astimezone(viewer.zone).date()
    if request.GET.get("month"):
        first, following = forms.month_of(request.GET["month"], today)
    else:
        first = forms.day_of(request.GET.get("day", ""), today, "day")
        following = first + timedelta(days=1)
    return Period(first, following, viewer.zone)


def _open(viewer: Viewer) -> list[Any]:
    return queries.discrepancies(viewer)


def _resolved(viewer: Viewer) -> list[Any]:
    return queries.discrepancies(viewer, resolved=True)


def _who(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer
