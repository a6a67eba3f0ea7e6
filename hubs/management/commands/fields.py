from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hubs.spec import reference


class Command(BaseCommand):
    help = "Write docs/fields.md from the fields of a hub. --check fails when it differs."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.BASE_DIR / "docs" / "fields.md"
        if not options["check"]:
            page.write_text(reference.page())
        elif not page.exists() or page.read_text() != reference.page():
            raise CommandError("docs/fields.md differs from hubs/spec: run `manage.py fields`.")
