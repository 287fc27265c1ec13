from django.urls import path

from euthymia.clinic.audit import views

urlpatterns = [path("access-log/", views.access_log, name="access-log")]
