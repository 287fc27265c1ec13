from django.urls import path

from euthymia.clinic.exchange import views

urlpatterns = [
    path("fhir/metadata", views.metadata, name="fhir-metadata"),
    path("fhir/<str:kind>", views.search, name="fhir-search"),
    path("fhir/<str:kind>/<str:identity>", views.read, name="fhir-read"),
]
