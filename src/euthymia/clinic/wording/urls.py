from django.urls import path

from euthymia.clinic.wording import views

urlpatterns = [
    path("wording/", views.wording, name="wording"),
    path("wording/<int:wording_id>/take-back/", views.wording_take_back, name="wording-take-back"),
]
