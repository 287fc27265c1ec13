from django.urls import path
from django.urls.resolvers import URLPattern

from euthymia.clinic.alarms import views

urlpatterns: list[URLPattern] = [
    path("alarms/live/", views.live, name="alarms-live"),
    path("alarms/now/", views.now_shown, name="alarms-now"),
    path("alarms/shown/", views.shown, name="alarms-shown"),
    path("alarms/escalation/", views.escalation, name="alarm-escalation"),
    path("sessions/<uuid:session_id>/alarms/", views.session_alarms, name="session-alarms"),
    path("sessions/<uuid:session_id>/alarms/act/", views.act, name="alarm-act"),
]
