from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hubs.audit.rules.verbs import TELLS
from hubs.notify.rules.audience import HOW_WORDS, KINDS

HEADING = (
    "## The table\n\nGenerated from `hubs/audit/rules/verbs.py` by `manage.py audience`; CI fails when it differs.\n\n"
)


def tables() -> str:
    """As Markdown: who is told what, and the kinds that people choose by."""
    lines = ["| what happened | who is told | kind | only when |", "|---|---|---|---|"]
    for verb, row in TELLS:
        lines.append(f"| `{verb}` | {', '.join(row.who)} | {row.kind} | {row.when or '–'} |")
    lines += ["", "| kind | what it is | at first | staff at first |", "|---|---|---|---|"]
    for kind in KINDS.values():
        first, staff = (HOW_WORDS[kind.usual(staff=staff)] for staff in (False, True))
        lines.append(f"| {kind.name} | {kind.about} | {first} | {staff} |")
    return "\n".join(lines)


class Command(BaseCommand):
    help = "Write the table of docs/notifications.md. --check fails when it differs."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.BASE_DIR / "docs" / "notifications.md"
        before, _, _ = page.read_text().partition(HEADING)
        wanted = f"{before}{HEADING}{tables()}\n"
        if not options["check"]:
            page.write_text(wanted)
        elif page.read_text() != wanted:
            raise CommandError(
                "docs/notifications.md differs from hubs/audit/rules/verbs.py: run `manage.py audience`."
            )
