from django.urls import path

from euthymia.clinic.people import views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/new/", views.person_new, name="person-new"),
    path("people/import/", views.person_import, name="person-import"),
    path("people/import/<int:report_id>/", views.import_report, name="import-report"),
    path("people/<uuid:patient_id>/record/", views.person_record, name="person-record"),
    path("people/<uuid:patient_id>/record/add/", views.record_add, name="record-add"),
    path("people/<uuid:patient_id>/contact/", views.person_contact, name="person-contact"),
    path("intake/", views.intake, name="intake"),
    path("intake/<uuid:enquiry_id>/answered/", views.enquiry_answer, name="enquiry-answer"),
    path("intake/<uuid:enquiry_id>/accept/", views.enquiry_accept, name="enquiry-accept"),
]
