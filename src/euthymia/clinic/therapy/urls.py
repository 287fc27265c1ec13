from django.urls import path

from euthymia.clinic.therapy import views

urlpatterns = [path("people/<uuid:patient_id>/therapy/", views.therapy, name="therapy")]
