from django.urls import path
from django.urls.resolvers import URLPattern

from euthymia.clinic.adverse import views

urlpatterns: list[URLPattern] = [
    path("adverse-events/", views.adverse_events, name="adverse-events"),
    path("adverse-events/<uuid:event_id>/", views.adverse_event, name="adverse-event"),
    path("people/<uuid:patient_id>/adverse-events/", views.person_adverse, name="person-adverse"),
    path("sessions/<uuid:session_id>/adverse-events/", views.adverse_from_session, name="adverse-from-session"),
]
