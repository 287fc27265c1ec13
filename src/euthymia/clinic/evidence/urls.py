from django.urls import path

from euthymia.clinic.evidence import views

urlpatterns = [
    path("evidence/", views.evidence, name="evidence"),
    path("evidence/cohort/", views.cohort, name="cohort"),
    path("evidence/cohort.csv", views.cohort_csv, name="cohort-csv"),
    path("evidence/trials/start/", views.trial_start, name="trial-start"),
    path("evidence/trials/<uuid:run_id>/", views.trial, name="trial"),
]
