"""The application Granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "euthymia.clinic.settings.django")
application = get_wsgi_application()
