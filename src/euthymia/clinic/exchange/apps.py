from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "euthymia.clinic.exchange"
    label = "exchange"
