from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "euthymia.clinic.sessions"
    # Django has an app labelled "sessions" already: its browser sessions.
    label = "session_room"
