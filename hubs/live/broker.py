"""How a message leaves for the workers. Celery is loaded with the first one, and by no start."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


def send(task: str, **options: Any) -> None:
    """Send the task of this name. Raises the errors of kombu's transports."""
    import_string(settings.CELERY_APP).send_task(task, retry=False, **options)
