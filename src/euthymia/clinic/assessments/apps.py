from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "euthymia.clinic.assessments"
    label = "assessments"
