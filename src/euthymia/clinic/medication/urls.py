from django.urls import path

from euthymia.clinic.medication import session_views, views

urlpatterns = [
    path("medication/", views.stock, name="medication"),
    path("medication/receive/", views.receive, name="medication-receive"),
    path("medication/count/", views.counts, name="medication-counts"),
    path("medication/lots/<uuid:lot_id>/count/", views.count, name="medication-count"),
    path("medication/lots/<uuid:lot_id>/remove/", views.remove, name="medication-remove"),
    path("medication/discrepancies/", views.discrepancies, name="medication-discrepancies"),
    path("medication/discrepancies/<uuid:entry_id>/", views.resolve, name="medication-resolve"),
    path("medication/ledger/", views.ledger, name="medication-ledger"),
    path("medication/entries/<uuid:entry_id>/take-back/", views.take_back, name="medication-take-back"),
    path("medication/report/", views.report, name="medication-report"),
    path("medication/report.csv", views.report_csv, name="medication-report-csv"),
    path("medication/witness/", views.witness_question, name="medication-witness"),
    path("sessions/<uuid:session_id>/medication/", session_views.session_medication, name="session-medication"),
    path("sessions/<uuid:session_id>/medication/draw/", session_views.draw, name="medication-draw"),
    path("sessions/<uuid:session_id>/medication/waste/", session_views.waste, name="medication-waste"),
    path("sessions/<uuid:session_id>/medication/put-back/", session_views.put_back, name="medication-put-back"),
]
