from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hubs import demo


class Command(BaseCommand):
    help = "Create the demo accounts and organisations if they are missing. Not available in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demo accounts have a public password, so they can’t be created in production.")
        demo.make()
