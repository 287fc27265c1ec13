from django.urls import path
from django.urls.resolvers import URLPattern

from euthymia.clinic.sessions import offline_views, views

urlpatterns: list[URLPattern] = [
    path("board/", views.board, name="board"),
    path("board/tiles/", views.board_tiles, name="board-tiles"),
    path("people/<uuid:patient_id>/sessions/", views.person_sessions, name="person-sessions"),
    path("people/<uuid:patient_id>/sessions/new/", views.session_new, name="session-new"),
    path("sessions/<uuid:session_id>/", views.session_page, name="session"),
    path("sessions/<uuid:session_id>/live/", views.session_live, name="session-live"),
    path("sessions/<uuid:session_id>/events/", views.session_event, name="session-event"),
    path("sessions/<uuid:session_id>/waiting/", offline_views.session_waiting, name="session-waiting"),
    path("bedside/beat/", offline_views.bedside_beat, name="bedside-beat"),
    path("bedside/token/", offline_views.bedside_token, name="bedside-token"),
    path("bedside-worker.js", offline_views.bedside_worker, name="bedside-worker"),
    path("sessions/<uuid:session_id>/gate/", views.session_gate, name="session-gate"),
    path("sessions/<uuid:session_id>/discharge/", views.session_discharge, name="session-discharge"),
]
