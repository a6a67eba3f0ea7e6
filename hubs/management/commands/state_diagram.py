from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hubs.requests import rules as states


class Command(BaseCommand):
    help = "Write docs/states.md from the state table. --check fails when it differs."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.BASE_DIR / "docs" / "states.md"
        if options["check"]:
            if not page.exists() or page.read_text() != states.diagram():
                raise CommandError("docs/states.md differs from hubs/requests/rules.py: run `manage.py state_diagram`.")
            return
        page.write_text(states.diagram())
