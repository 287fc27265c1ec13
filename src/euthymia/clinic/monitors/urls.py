from django.urls import path

from euthymia.clinic.monitors import device_views, views

urlpatterns = [
    path("monitors/samples", device_views.samples, name="monitor-samples"),
    path("monitors/fhir/Observation", device_views.observation, name="monitor-observation"),
    path("monitors/fhir", device_views.observations, name="monitor-observations"),
    path("monitors/now/", views.now_shown, name="monitor-now"),
    path("monitors/", views.monitors, name="monitors"),
    path("monitors/<uuid:device_id>/move/", views.move, name="monitor-move"),
    path("monitors/<uuid:device_id>/revoke/", views.revoke, name="monitor-revoke"),
    path("sessions/<uuid:session_id>/monitor/trend/", views.session_trend, name="monitor-trend"),
]
