from django.urls import path

from euthymia.clinic.plans import views

urlpatterns = [
    path("protocols/", views.protocols, name="protocols"),
    path("protocols/<str:protocol_id>/<str:version>/", views.protocol, name="protocol"),
    path("protocols/<str:protocol_id>/<str:version>/fill/", views.protocol_fill, name="protocol-fill"),
    path("protocols/<str:protocol_id>/<str:version>/sign/", views.protocol_sign, name="protocol-sign"),
]
