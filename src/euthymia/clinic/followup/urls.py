from django.urls import path

from euthymia.clinic.followup import views

urlpatterns = [
    path("today/", views.today, name="today"),
    path("people/<uuid:patient_id>/", views.person, name="person"),
    path("people/<uuid:patient_id>/accepted-risk/", views.accepted_risk, name="accepted-risk"),
]
