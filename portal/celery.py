"""The Celery application: `celery -A portal worker`, `celery -A portal beat`. Tasks are in provisioning/tasks.py, and
those that call services in portal/tasks.py."""

import os
from contextlib import ExitStack
from typing import Any

from celery import Celery, signals
from django.conf import settings

from portal import lean
from portal.telemetry import propagation  # noqa: F401 - connects to Celery's signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

_start = ExitStack()


@signals.import_modules.connect
def begin(**_: Any) -> None:
    """Called before Celery's own listener, when a worker or beat starts to load Django and its tasks."""
    _start.enter_context(lean.starting())


@signals.worker_init.connect
@signals.beat_init.connect
def loaded(**_: Any) -> None:
    _start.close()


app = Celery("portal")
app.config_from_object(settings.CELERY)
app.autodiscover_tasks(["provisioning", "portal"])


@signals.celeryd_after_setup.connect
def count_threads(instance: Any = None, **_: Any) -> None:
    """Tell provisioning.places the number of threads, so that no organisation or cluster can use all of them."""
    from provisioning import places  # imports models: not before Django is set up

    places.set_threads(int(instance.concurrency))
