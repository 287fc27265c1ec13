"""Every address of the clinic. Each context keeps its own list."""

from django.urls import include, path

urlpatterns = [
    # First, since they are asked every second: every list before them would be searched in vain.
    path("", include("euthymia.clinic.monitors.urls")),
    path("", include("euthymia.clinic.alarms.urls")),
    path("", include("euthymia.clinic.site.urls")),
    path("", include("euthymia.clinic.accounts.urls")),
    path("", include("euthymia.clinic.people.urls")),
    path("", include("euthymia.clinic.assessments.urls")),
    path("", include("euthymia.clinic.plans.urls")),
    path("", include("euthymia.clinic.sessions.urls")),
    path("", include("euthymia.clinic.medication.urls")),
    path("", include("euthymia.clinic.adverse.urls")),
    path("", include("euthymia.clinic.handover.urls")),
    path("", include("euthymia.clinic.documents.urls")),
    path("", include("euthymia.clinic.measures.urls")),
    path("", include("euthymia.clinic.jobs.urls")),
    path("", include("euthymia.clinic.wording.urls")),
    path("", include("euthymia.clinic.followup.urls")),
    path("", include("euthymia.clinic.portal.urls")),
    path("", include("euthymia.clinic.therapy.urls")),
    path("", include("euthymia.clinic.evidence.urls")),
    path("", include("euthymia.clinic.exchange.urls")),
    path("", include("euthymia.clinic.audit.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]
