from django.urls import path
from django.urls.resolvers import URLPattern

from euthymia.clinic.documents import drug_report_views, rems_views, sheet_views, views

urlpatterns: list[URLPattern] = [
    path("sessions/<uuid:session_id>/note/", views.session_note, name="session-note"),
    path("sessions/<uuid:session_id>/note/add/", views.note_add, name="note-add"),
    path("sessions/<uuid:session_id>/note.pdf", views.note_file, name="note-pdf"),
    path("sessions/<uuid:session_id>/rems/", rems_views.rems_page, name="rems-form"),
    path("sessions/<uuid:session_id>/rems/answers/", rems_views.rems_state, name="rems-state"),
    path("sessions/<uuid:session_id>/rems/sent/", rems_views.rems_sent, name="rems-sent"),
    path("sessions/<uuid:session_id>/rems.pdf", rems_views.rems_file, name="rems-pdf"),
    path("sessions/<uuid:session_id>/flowsheet.pdf", sheet_views.session_sheet_file, name="sheet-pdf"),
    path("people/<uuid:patient_id>/flowsheet.pdf", sheet_views.person_sheet_file, name="person-sheet-pdf"),
    path("sessions/<uuid:session_id>/key-in/", sheet_views.key_in, name="key-in"),
    path("medication/report.pdf", drug_report_views.drug_report_file, name="medication-report-pdf"),
]
