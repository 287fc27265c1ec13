from django.urls import path

from euthymia.clinic.portal import views

urlpatterns = [
    path("my/", views.ask, name="own-pages"),
    path("my/code/", views.code, name="own-code"),
    path("my/course/", views.course, name="own-course"),
    path("my/answer/<uuid:check_in_id>/", views.answer, name="own-answer"),
    path("my/journal/", views.journal, name="own-journal"),
    path("my/journal/<uuid:entry_id>/share/", views.journal_change, {"what": "share"}, name="own-journal-share"),
    path("my/journal/<uuid:entry_id>/delete/", views.journal_change, {"what": "delete"}, name="own-journal-delete"),
    path("my/safety-plan/", views.safety_plan, name="own-safety-plan"),
    path("my/export/", views.export, name="own-export"),
    path("my/leave/", views.leave, name="own-leave"),
]
