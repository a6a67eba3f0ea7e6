from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

PLACE = Path(settings.BASE_DIR) / "docs" / "cli.md"


class Command(BaseCommand):
    help = "Write docs/cli.md from the commands of hubportal; --check fails when it differs."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args, check: bool, **options) -> None:
        from cli import reference  # not where the portal runs: the command line is a package of its own

        made = reference.text()
        if not check:
            PLACE.write_text(made, encoding="utf-8")
        elif not PLACE.exists() or PLACE.read_text(encoding="utf-8") != made:
            raise CommandError("docs/cli.md is not what the code says: run manage.py cli_reference")
