from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hubs.webhooks.services.webhooks import OFFERED

HEADING = (
    "## Events\n\n"
    "Generated from `hubs/audit/rules/verbs.py` by `manage.py webhook_events`; CI fails when it differs.\n\n"
)


def table() -> str:
    rows = [f"| `{kind}` | {words} |" for kinds in OFFERED.values() for kind, words in kinds.items()]
    return "\n".join(["| type | what happened |", "|---|---|", *rows])


class Command(BaseCommand):
    help = "Write the events of docs/webhooks.md. --check fails when they differ."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.BASE_DIR / "docs" / "webhooks.md"
        before, _, _ = page.read_text().partition(HEADING)
        wanted = f"{before}{HEADING}{table()}\n"
        if not options["check"]:
            page.write_text(wanted)
        elif page.read_text() != wanted:
            raise CommandError(
                "docs/webhooks.md differs from hubs/audit/rules/verbs.py: run `manage.py webhook_events`."
            )
