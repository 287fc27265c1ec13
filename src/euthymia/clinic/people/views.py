"""People on screen: the list, the intake list, a person's record, and taking in a record from elsewhere."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from euthymia.clinic.accounts.policies import ASSESS, HANDLE_INTAKE, SEE_PEOPLE, requires
from euthymia.clinic.people import commands, presenters, queries
from euthymia.clinic.people.forms import ContactForm, ImportForm, MeasurementForm, PersonForm, show_refusal
from euthymia.clinic.people.models import CarePhase, Enquiry, ImportReport, Patient
from euthymia.clinic.people.shell import person_page
from euthymia.errors import BadInput

REFUSED_FORM = 422


@requires(SEE_PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody in this clinic's care, searched by name or number, by phase."""
    viewer = request.viewer  # type: ignore[attr-defined]
    now = timezone.now()
    search, phase = request.GET.get("search", "").strip(), request.GET.get("phase", "")
    rows = queries.list_patients(viewer, search=search, phase=phase, now=now)
    context = {
        "rows": presenters.people_rows(rows, now.astimezone(viewer.zone).date()),
        "search": search,
        "phase": phase,
        "phases": CarePhase.choices,
        "may_add": HANDLE_INTAKE.allows(viewer),
    }
    return render(request, "people/people.html", context)


@require_http_methods(["GET", "POST"])
@requires(HANDLE_INTAKE)
def person_new(request: HttpRequest) -> HttpResponse:
    form = PersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            patient = commands.create_patient(request.viewer, form.cleaned_data, timezone.now())  # type: ignore[attr-defined]
        except BadInput as refusal:
            form.add_error(refusal.path or None, refusal.message)
        else:
            return redirect("person", patient.id)
    return render(request, "people/person_new.html", {"form": form}, status=REFUSED_FORM if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(HANDLE_INTAKE)
def person_contact(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """How to reach this person."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = queries.open_patient(viewer, patient_id, purpose="contact", now=now)
    known = {name: getattr(patient, name) for name in ContactForm.base_fields}
    form = ContactForm(request.POST if request.method == "POST" else None, initial=known)
    if request.method == "POST" and form.is_valid():
        commands.change_contact(viewer, patient, form.cleaned_data, now)
        messages.success(request, "Contact details saved.")
        return redirect("person-record", patient.id)
    status = REFUSED_FORM if form.errors else 200
    return person_page(request, "people/contact.html", patient, "person-record", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@requires(HANDLE_INTAKE)
def person_import(request: HttpRequest) -> HttpResponse:
    """Take in a bundle; a refused one says where and why, and nothing of it is kept."""
    viewer = request.viewer  # type: ignore[attr-defined]
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    refusal: BadInput | None = None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["bundle"]
        try:
            report = commands.import_bundle(viewer, file.name, file.read(), timezone.now())
        except BadInput as problem:
            refusal = problem
        else:
            return redirect("import-report", report.pk)
    status = REFUSED_FORM if form.errors or refusal else 200
    return render(request, "people/person_import.html", {"form": form, "refusal": refusal}, status=status)


@requires(HANDLE_INTAKE)
def import_report(request: HttpRequest, report_id: int) -> HttpResponse:
    """What one bundle held: understood, kept aside, refused."""
    viewer = request.viewer  # type: ignore[attr-defined]
    report = queries.find_or_404(viewer, ImportReport, pk=report_id)
    patient = queries.open_patient(viewer, report.patient_id, purpose="import_report", now=timezone.now())
    context = {"report": report, "understood": presenters.understood_rows(report)}
    return person_page(request, "people/import_report.html", patient, "person-record", context)


@requires(SEE_PEOPLE)
def person_record(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Conditions, medications, allergies, vital signs and laboratory values, each with where it came from."""
    viewer = request.viewer  # type: ignore[attr-defined]
    patient = queries.open_patient(viewer, patient_id, purpose="record", now=timezone.now())
    return record_page(request, patient, MeasurementForm().without_confirmation())


def record_page(request: HttpRequest, patient: Patient, form: MeasurementForm, status: int = 200) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    context = {
        "sections": presenters.record_sections(viewer, patient),
        "form": form if ASSESS.allows(viewer) else None,
        "may_change_contact": HANDLE_INTAKE.allows(viewer),
    }
    return person_page(request, "people/record.html", patient, "person-record", context, status=status)


@require_POST
@requires(ASSESS)
def record_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Add one measurement; what was typed stays when it is refused."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = queries.open_patient(viewer, patient_id, purpose="record", now=now)
    form, asks_to_confirm = MeasurementForm(request.POST), False
    if form.is_valid():
        fields = form.cleaned_data
        fields["at"] = fields["at"] or now
        try:
            row = commands.add_measurement(viewer, patient, now=now, **fields)
        except BadInput as refusal:
            asks_to_confirm = refusal.code == "confirm_weight"
            show_refusal(form, refusal)
        else:
            messages.success(request, f"{row.display} recorded: {row.value:g} {row.unit}.")
            return redirect("person-record", patient.id)
    shown = form if asks_to_confirm else form.without_confirmation()
    return record_page(request, patient, shown, status=REFUSED_FORM)


@requires(HANDLE_INTAKE)
def intake(request: HttpRequest) -> HttpResponse:
    """Who asked to learn more, and until when the clinic promised to answer."""
    now = timezone.now()
    rows = presenters.enquiry_rows(queries.open_enquiries(request.viewer, now), now)  # type: ignore[attr-defined]
    return render(request, "people/intake.html", {"rows": rows})


@require_POST
@requires(HANDLE_INTAKE)
def enquiry_answer(request: HttpRequest, enquiry_id: UUID) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    commands.answer_enquiry(viewer, queries.find_or_404(viewer, Enquiry, id=enquiry_id), timezone.now())
    return redirect("intake")


@require_POST
@requires(HANDLE_INTAKE)
def enquiry_accept(request: HttpRequest, enquiry_id: UUID) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    enquiry = queries.find_or_404(viewer, Enquiry, id=enquiry_id)
    patient = commands.accept_enquiry(viewer, enquiry, timezone.now())
    messages.success(request, f"{patient} is now in assessment. Complete the record first.")
    return redirect("person-record", patient.id)
