import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from hubs import demo
from portal import prepared


class Command(BaseCommand):
    help = "Prepare `make run` in one process: checks, migrations, demo data and the welcome message."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--demo", action="store_true", help="create the demo accounts if they are missing")
        parser.add_argument("--welcome", type=Path, required=True, help="file for the welcome message")

    def handle(self, *args: Any, **options: Any) -> None:
        files, before = prepared.of_files(os.environ), prepared.last(settings.VAR_DIR)
        if before != {"files": files, "applied": applied()}:
            call_command("migrate", verbosity=0, interactive=False)
        self.check(tags=[Tags.database], databases=["default"], display_num_errors=False)
        if options["demo"]:
            call_command("demo")
        options["welcome"].write_text(welcome(demo.ACCOUNTS if options["demo"] else ()))
        prepared.remember(settings.VAR_DIR, files=files, applied=applied())


def applied() -> str:
    """Return a digest of the migrations applied to this database. One restored from a backup may lack some."""
    rows = MigrationRecorder(connection).applied_migrations()
    return prepared.digest(f"{app}.{name}" for app, name in sorted(rows))


def welcome(accounts: tuple[tuple[str, str, str], ...]) -> str:
    """Return what `make run` prints once the portal responds."""
    lines = ["", f"  The portal is at  {settings.PORTAL_URL}", ""]
    if accounts:
        lines += ["  Sign in as"]
        lines += [f"    {username:<6}  {name}, {role}" for username, name, role in accounts]
        lines += [f"  with the password  {demo.PASSWORD}", ""]
    lines += ["  Press Ctrl-C to stop the portal. Hubs keep running; the next start finds them again.", ""]
    return "\n".join(lines)
