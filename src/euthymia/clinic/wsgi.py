"""The application Granian serves."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "euthymia.clinic.settings.django")
pages = get_wsgi_application()

from euthymia.clinic.jobs.running import Loop  # noqa: E402 - Django must be set up before models are imported
from euthymia.clinic.monitors.door import Doors  # noqa: E402
from euthymia.clinic.settings import settings  # noqa: E402

# Who keeps samples gives the interpreter away at each statement, and gets it back only when a screen that is being
# drawn has had its turn: with the usual 5 ms that came to a dozen times 5 ms for one group of samples.
TURN_S = 0.001
# Everything that was loaded stays: looking through it for what is left over only makes somebody wait.
AFTER_THIS_MANY_NEW = 20_000

sys.setswitchinterval(TURN_S)
application = Doors(pages)
gc.collect()
gc.freeze()
gc.set_threshold(AFTER_THIS_MANY_NEW)
Loop().start()
if settings().demo:
    from euthymia.clinic.demo.running import LiveFeed

    LiveFeed(seed=1).start()
