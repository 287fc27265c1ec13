"""The application Granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "euthymia.clinic.settings.django")
application = get_wsgi_application()

from euthymia.clinic.settings import settings  # noqa: E402 - Django must be set up before the demonstration's models

if settings().demo:
    from euthymia.clinic.demo.running import LiveFeed

    LiveFeed(seed=1).start()
