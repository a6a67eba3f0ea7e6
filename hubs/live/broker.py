"""Sending messages to the workers. Celery is imported with the first message, not at start-up."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


def send(task: str, **options: Any) -> None:
    """Send the task with this name. Raise the errors of kombu's transports."""
    import_string(settings.CELERY_APP).send_task(task, retry=False, **options)
