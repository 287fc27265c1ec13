from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "euthymia.clinic.accounts"
    label = "accounts"
