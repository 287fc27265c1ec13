from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "euthymia.clinic.accounts"
    label = "accounts"

    def ready(self) -> None:
        # Models can only be imported once every app is known.
        from euthymia.clinic.accounts.remembered import listen

        listen()
