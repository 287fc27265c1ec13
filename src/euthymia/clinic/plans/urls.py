from django.urls import path

from euthymia.clinic.plans import views

urlpatterns = [
    path("protocols/", views.protocols, name="protocols"),
    path("protocols/<str:protocol_id>/<str:version>/", views.protocol, name="protocol"),
    path("protocols/<str:protocol_id>/<str:version>/fill/", views.protocol_fill, name="protocol-fill"),
    path("protocols/<str:protocol_id>/<str:version>/sign/", views.protocol_sign, name="protocol-sign"),
    path("people/<uuid:patient_id>/plan/", views.plan, name="plan"),
    path("people/<uuid:patient_id>/plan/preview/", views.plan_preview, name="plan-preview"),
    path("people/<uuid:patient_id>/plan/prediction/", views.plan_prediction, name="plan-prediction"),
    path("people/<uuid:patient_id>/plan/equivalents/", views.plan_equivalents, name="plan-equivalents"),
    path("people/<uuid:patient_id>/plan/sign/", views.plan_sign, name="plan-sign"),
    path("people/<uuid:patient_id>/plan/end/", views.plan_end, name="plan-end"),
]
