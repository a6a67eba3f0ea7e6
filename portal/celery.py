"""The Celery application: `celery -A portal worker`, `celery -A portal beat`. Tasks live in provisioning/tasks.py,
and those that call services in portal/tasks.py."""

import os

from celery import Celery
from django.conf import settings

from portal import carrying  # noqa: F401 - listens to Celery's signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object(settings.CELERY)
app.autodiscover_tasks(["provisioning", "portal"])
