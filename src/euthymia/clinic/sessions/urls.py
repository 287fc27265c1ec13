from django.urls import path
from django.urls.resolvers import URLPattern

from euthymia.clinic.sessions import board_views, offline_views, views

urlpatterns: list[URLPattern] = [
    path("board/", board_views.board, name="board"),
    path("board/tiles/", board_views.board_tiles, name="board-tiles"),
    path("board/wall/", board_views.board_wall, name="board-wall"),
    path("board/wall/tiles/", board_views.board_wall_tiles, name="board-wall-tiles"),
    path("board/group/", board_views.board_group, name="board-group"),
    path("board/group/<uuid:session_id>/", board_views.board_group_line, name="board-group-line"),
    path("board/group/<uuid:session_id>/start/", board_views.board_group_start, name="board-group-start"),
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
