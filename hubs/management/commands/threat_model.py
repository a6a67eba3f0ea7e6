from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hubs.spec import threats


class Command(BaseCommand):
    help = "Write docs/threat-model.md from the verdicts. --check fails when it differs."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.BASE_DIR / "docs" / "threat-model.md"
        if not options["check"]:
            page.write_text(threats.page())
        elif not page.exists() or page.read_text() != threats.page():
            raise CommandError("docs/threat-model.md differs from hubs/spec: run `manage.py threat_model`.")
