from django.urls import path
from django.urls.resolvers import URLPattern

from euthymia.clinic.handover import views

urlpatterns: list[URLPattern] = [
    path("board/handover/", views.handover, name="handover"),
    path("board/handover/<uuid:act_id>/take/", views.handover_take, name="handover-take"),
]
