from django.apps import AppConfig


class FollowupConfig(AppConfig):
    name = "euthymia.clinic.followup"
    label = "followup"
