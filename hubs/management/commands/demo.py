from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hubs import demo


class Command(BaseCommand):
    help = "Make the demo accounts and organisations, if they are not there. Refuses in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demo accounts have a printed password: never in production.")
        demo.make()
