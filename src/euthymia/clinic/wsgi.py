"""The application Granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "euthymia.clinic.settings.django")
pages = get_wsgi_application()

from euthymia.clinic.jobs.running import Loop  # noqa: E402 - Django must be set up before models are imported
from euthymia.clinic.monitors.door import Doors  # noqa: E402
from euthymia.clinic.settings import settings  # noqa: E402

application = Doors(pages)
Loop().start()
if settings().demo:
    from euthymia.clinic.demo.running import LiveFeed

    LiveFeed(seed=1).start()
