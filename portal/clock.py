"""Beat only: `celery -A portal.clock beat`. It sends scheduled tasks by name and runs none, so it loads neither tasks
nor models: a fifth of the modules that `-A portal` loads, which also works."""

import logging.config
import os

from celery import Celery, signals
from django.conf import settings

from portal import lean

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

with lean.starting():
    logging.config.dictConfig(settings.LOGGING)
    if settings.SENTRY_DSN or settings.OTLP_ENDPOINT:
        from .telemetry import tracing

        tracing.start()
    signals.setup_logging.connect(lambda **_: None, weak=False)  # with a listener, Celery leaves logging to LOGGING
    app = Celery("portal", fixups=[])
    app.config_from_object(settings.CELERY)
