from django.urls import path

from euthymia.clinic.plans import course_views, limit_views, protocol_views, views

urlpatterns = [
    path("protocols/", views.protocols, name="protocols"),
    path("protocols/compare/", protocol_views.protocol_compare, name="protocol-compare"),
    path("protocols/upload/", protocol_views.protocol_upload, name="protocol-upload"),
    path("protocols/<str:protocol_id>/<str:version>/", views.protocol, name="protocol"),
    path("protocols/<str:protocol_id>/<str:version>/fill/", views.protocol_fill, name="protocol-fill"),
    path("protocols/<str:protocol_id>/<str:version>/sign/", protocol_views.protocol_sign, name="protocol-sign"),
    path("protocols/<str:protocol_id>/<str:version>/edit/", protocol_views.protocol_edit, name="protocol-edit"),
    path("protocols/<str:protocol_id>/<str:version>/clone/", protocol_views.protocol_clone, name="protocol-clone"),
    path("protocols/<str:protocol_id>/<str:version>/retire/", protocol_views.protocol_retire, name="protocol-retire"),
    path(
        "protocols/<str:protocol_id>/<str:version>/file.<str:kind>",
        protocol_views.protocol_file,
        name="protocol-file",
    ),
    path("people/<uuid:patient_id>/plan/", views.plan, name="plan"),
    path("people/<uuid:patient_id>/plan/preview/", views.plan_preview, name="plan-preview"),
    path("people/<uuid:patient_id>/plan/prediction/", views.plan_prediction, name="plan-prediction"),
    path("people/<uuid:patient_id>/plan/equivalents/", views.plan_equivalents, name="plan-equivalents"),
    path("people/<uuid:patient_id>/plan/sign/", views.plan_sign, name="plan-sign"),
    path("people/<uuid:patient_id>/plan/end/", course_views.plan_end, name="plan-end"),
    path("people/<uuid:patient_id>/plan/switch/", course_views.plan_switch, name="plan-switch"),
    path("people/<uuid:patient_id>/plan/taper/", course_views.taper_step, name="taper-step"),
    path("people/<uuid:patient_id>/plan/taper/decide/", course_views.taper_decide, name="taper-decide"),
    path("people/<uuid:patient_id>/plan/taper/stop/", course_views.taper_stop, name="taper-stop"),
    path("people/<uuid:patient_id>/plan/limits/", limit_views.person_limits, name="person-limits"),
    path("people/limits/<int:limit_id>/end/", limit_views.person_limit_end, name="person-limit-end"),
]
