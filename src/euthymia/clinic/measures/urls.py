from django.urls import path

from euthymia.clinic.measures import views

urlpatterns = [
    path("c/<str:token>/", views.check_in, name="check-in"),
    path("people/<uuid:patient_id>/check-ins/", views.check_ins, name="check-ins"),
    path("check-ins/<uuid:check_in_id>/send/", views.check_in_send, name="check-in-send"),
    path("people/<uuid:patient_id>/measure/<slug:instrument>/", views.measure, name="measure"),
    path("risk/<uuid:signal_id>/", views.risk, name="risk"),
]
