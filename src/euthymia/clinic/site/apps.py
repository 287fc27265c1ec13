from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "euthymia.clinic.site"
    label = "site"
