"""Drawing, wasting and putting back on the session page; without script each answers with that page again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from euthymia.care.medication_ledger import ug_of_mg
from euthymia.care.medication_rules import in_words
from euthymia.clinic.accounts.policies import KEEP_LEDGER, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.medication import forms, session_commands
from euthymia.clinic.medication.models import MedicationLot
from euthymia.clinic.medication.panel import drawn_lines, drawn_panel
from euthymia.clinic.medication.queries import find_lot
from euthymia.clinic.medication.rows import lot_of
from euthymia.clinic.medication.witnesses import signed_witness
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions.entry import refuse_other_person
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import find_session, open_session_page
from euthymia.clinic.sessions.refusals import is_conflict
from euthymia.errors import BadInput

CONFLICT, REFUSED_FORM = 409, 422
Typed = dict[str, str]


@require_GET
@requires(KEEP_LEDGER)
def session_medication(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """What was drawn, given and wasted in one session, with the same forms as on the session page; for a pharmacist,
    and for what is left when the session is closed."""
    viewer, now = _who(request), timezone.now()
    session = open_session_page(viewer, session_id, purpose="session_medication", now=now)
    context = {"session": session, "patient": session.patient, "drawn_panel": drawn_panel(viewer, session, now)}
    return render(request, "medication/session.html", context)


@require_POST
@requires(KEEP_LEDGER)
def draw(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Draw mL of a lot, or devices, for this session."""

    def act(viewer: Viewer, session: Session, typed: Typed) -> str:
        row = _lot(viewer, typed)
        amount_ug = forms.amount_ug(typed, lot_of(row))
        act_now = forms.act_of(typed, timezone.now(), viewer.zone)
        session_commands.draw(viewer, session, row.id, amount_ug, act_now)
        return f"{in_words(lot_of(row), amount_ug)} drawn from lot {row.number}."

    return _pressed(request, session_id, act)


@require_POST
@requires(KEEP_LEDGER)
def waste(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Waste what was drawn and not given, with a witness."""

    def act(viewer: Viewer, session: Session, typed: Typed) -> str:
        row, amount_ug = _left(viewer, session, typed)
        witness = signed_witness(request, viewer, typed)
        act_now = forms.act_of(typed, timezone.now(), viewer.zone, witness)
        session_commands.waste(viewer, session, row.id, amount_ug, act_now)
        return f"{in_words(lot_of(row), amount_ug)} wasted, seen by {witness.name}."

    return _pressed(request, session_id, act)


@require_POST
@requires(KEEP_LEDGER)
def put_back(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return to the vault what was not opened."""

    def act(viewer: Viewer, session: Session, typed: Typed) -> str:
        row, amount_ug = _left(viewer, session, typed)
        act_now = forms.act_of(typed, timezone.now(), viewer.zone)
        session_commands.put_back(viewer, session, row.id, amount_ug, act_now)
        return f"{in_words(lot_of(row), amount_ug)} of lot {row.number} are back in the vault."

    return _pressed(request, session_id, act)


def _left(viewer: Viewer, session: Session, typed: Typed) -> tuple[MedicationLot, int]:
    """The lot, and how much of what is left of it: mL of the vial or of what was prepared, devices, or all."""
    row = _lot(viewer, typed)
    left_ug = {line.lot_id: line.left_ug for line in drawn_lines(viewer, session)}.get(str(row.id), 0)
    prepared = order_of(session.plan).concentration_mg_per_ml
    amount_ug = forms.amount_ug(
        typed, lot_of(row), all_of_ug=left_ug, prepared_ug_per_ml=ug_of_mg(prepared) if prepared else None
    )
    if amount_ug <= 0:
        raise BadInput("more_than_there_is", "lot", "Nothing of this lot is left for this session.")
    return row, amount_ug


def _lot(viewer: Viewer, typed: Typed) -> MedicationLot:
    try:
        return find_lot(viewer, UUID(typed.get("lot", "")))
    except ValueError as wrong:
        raise BadInput("missing_field", "lot", "Choose the lot.") from wrong


def _pressed(request: HttpRequest, session_id: UUID, act: Callable[[Viewer, Session, Typed], str]) -> HttpResponse:
    viewer, typed = _who(request), request.POST.dict()
    session = find_session(viewer, session_id)
    extra: dict[str, Any] = {}
    try:
        refuse_other_person(session, typed.get("record_number", ""))
        extra["said"] = act(viewer, session, typed)
    except BadInput as refusal:
        extra = {"error": refusal, "typed": {name: value for name, value in typed.items() if "password" not in name}}
    if not request.headers.get("HX-Request"):
        level = messages.ERROR if "error" in extra else messages.SUCCESS
        messages.add_message(request, level, extra["error"].message if "error" in extra else extra["said"])
        return redirect("session-medication" if typed.get("from") == "medication" else "session", session_id)
    session = find_session(viewer, session_id)
    panel = drawn_panel(viewer, session, timezone.now(), extra)
    context = {"session": session, "drawn_panel": panel}
    status = 200
    if "error" in extra:
        status = CONFLICT if is_conflict(extra["error"]) else REFUSED_FORM
    response = render(request, "medication/_drawn.html", context, status=status)
    if "said" in extra:
        response["HX-Trigger"] = "session-changed"
    return response


def _who(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer
