from django.urls import path
from django.urls.resolvers import URLPattern

from euthymia.clinic.documents import views

urlpatterns: list[URLPattern] = [
    path("sessions/<uuid:session_id>/note/", views.session_note, name="session-note"),
    path("sessions/<uuid:session_id>/note/add/", views.note_add, name="note-add"),
    path("sessions/<uuid:session_id>/note.pdf", views.note_file, name="note-pdf"),
]
