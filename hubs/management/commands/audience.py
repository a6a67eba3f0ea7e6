from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hubs.notify.rules import audience

HEADING = (
    "## The table\n\n"
    "Generated from `hubs/notify/rules/audience.py` by `manage.py audience`; CI fails when it differs.\n\n"
)


class Command(BaseCommand):
    help = "Write the table of docs/notifications.md. --check fails when it differs."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.BASE_DIR / "docs" / "notifications.md"
        before, _, _ = page.read_text().partition(HEADING)
        wanted = f"{before}{HEADING}{audience.page()}\n"
        if not options["check"]:
            page.write_text(wanted)
        elif page.read_text() != wanted:
            raise CommandError(
                "docs/notifications.md differs from hubs/notify/rules/audience.py: run `manage.py audience`."
            )
