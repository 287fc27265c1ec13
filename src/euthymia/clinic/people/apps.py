from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "euthymia.clinic.people"
    label = "people"
