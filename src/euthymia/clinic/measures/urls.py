from django.urls import path

from euthymia.clinic.measures import contact_views, link_views, risk_views, safety_views, views

urlpatterns = [
    path("c/<str:token>/", link_views.check_in, name="check-in"),
    path("people/<uuid:patient_id>/check-ins/", views.check_ins, name="check-ins"),
    path("check-ins/<uuid:check_in_id>/send/", views.check_in_send, name="check-in-send"),
    path("check-ins/<uuid:check_in_id>/here/", contact_views.check_in_here, name="check-in-here"),
    path("contact-rules/", contact_views.contact_rules, name="contact-rules"),
    path("people/<uuid:patient_id>/measure/<slug:instrument>/", views.measure, name="measure"),
    path("risk/<uuid:signal_id>/", risk_views.risk, name="risk"),
    path("risk-times/", risk_views.times, name="risk-times"),
    path("people/<uuid:patient_id>/safety-plan/", safety_views.safety_plan, name="safety-plan"),
    path("people/<uuid:patient_id>/safety-plan/write/", safety_views.write, name="safety-plan-write"),
    path("people/<uuid:patient_id>/safety-plan/print/", safety_views.printed, name="safety-plan-print"),
]
