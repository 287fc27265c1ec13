from django.urls import path

from euthymia.clinic.jobs import views

urlpatterns = [path("jobs/", views.jobs, name="jobs")]
