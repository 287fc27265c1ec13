from django.urls import path

from euthymia.clinic.accounts import views

urlpatterns = [
    path("demo/", views.demo, name="demo"),
    path("demo/enter/<int:membership_id>/", views.demo_enter, name="demo-enter"),
    path("clinic/<int:clinic_id>/", views.clinic_choose, name="clinic-choose"),
    path("health/", views.health, name="health"),
]
