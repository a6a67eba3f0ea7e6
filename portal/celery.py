"""The Celery application: `celery -A portal worker`, `celery -A portal beat`. Tasks live in provisioning/tasks.py,
and those that call services in portal/tasks.py."""

import os
from contextlib import ExitStack
from typing import Any

from celery import Celery, signals
from django.conf import settings

from portal import lean
from portal.telemetry import carrying  # noqa: F401 - listens to Celery's signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

_start = ExitStack()


@signals.import_modules.connect
def begin(**_: Any) -> None:
    """A worker or beat loads Django and its tasks: ours is the first to hear of it, before Celery's own listener."""
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
    """Nobody's hubs get all of them (provisioning/places.py)."""
    from provisioning import places  # reads rows' modules: not before Django is there

    places.set_threads(int(instance.concurrency))
