from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hubs.errors import DomainError
from hubs.models import Hub, HubSecret
from hubs.requests.services import rotation


class Command(BaseCommand):
    help = (
        "Rotate the generated secrets of hubs: workers restart each hub with new ones, and people’s servers continue. "
        "What each secret does: docs/operator.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("hubs", nargs="*", metavar="HUB", help="address (slug) or uid")
        parser.add_argument("--all-hubs", action="store_true", help="every hub that is not retired")
        parser.add_argument("--only", action="append", metavar="NAME", choices=HubSecret.MADE, help="may be repeated")
        parser.add_argument("--reason", default="", help="for the audit")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["hubs"]) == options["all_hubs"]:
            raise CommandError("Name hubs, or use --all-hubs.")
        alive = Hub.objects.alive().order_by("slug")
        rows = list(alive) if options["all_hubs"] else [self._find(alive, name) for name in options["hubs"]]
        failed = 0
        for hub in rows:
            try:
                names = options["only"] or HubSecret.MADE
                rotation.rotate(hub=hub, by=None, names=names, reason=options["reason"])
            except DomainError as error:
                failed += 1
                self.stderr.write(f"{hub.slug}: {error.message}")
            else:
                self.stdout.write(f"{hub.slug}: rotated; a worker restarts it.")
        if failed:
            raise CommandError(f"{failed} of {len(rows)} hubs were not rotated.")

    def _find(self, alive: Any, name: str) -> Hub:
        row: Hub | None = alive.filter(slug=name).first() or alive.filter(uid=name).first()
        if row is None:
            raise CommandError(f"There is no hub “{name}”.")
        return row
