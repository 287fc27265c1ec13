from django.urls import path

from euthymia.clinic.assessments import adequacy_views, episode_views, views

urlpatterns = [
    path("adequate-trials/", adequacy_views.adequacy, name="adequacy"),
    path("adequate-trials/change/", adequacy_views.adequacy_change, name="adequacy-change"),
    path("people/<uuid:patient_id>/assess/", views.assess, name="assess"),
    path("people/<uuid:patient_id>/assess/episode/", episode_views.episode, name="episode"),
    path("people/<uuid:patient_id>/assess/episode/record/", episode_views.episode_record, name="episode-record"),
    path("people/<uuid:patient_id>/assess/trials/", views.trial_add, name="trial-add"),
    path(
        "people/<uuid:patient_id>/assess/trials/<int:trial_id>/withdraw/", views.trial_withdraw, name="trial-withdraw"
    ),
    path("people/<uuid:patient_id>/assess/facts/", views.facts_record, name="facts-record"),
    path("people/<uuid:patient_id>/assess/decision/", views.eligibility_decide, name="eligibility-decide"),
    path("people/<uuid:patient_id>/assess/consent/", views.consent_sign, name="consent-sign"),
]
