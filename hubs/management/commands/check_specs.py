from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from hubs.hub.queries import stored_specs
from hubs.models import Hub, Organization
from hubs.requests.services import rotation

REASON = "A stored configuration could read the hub’s secrets."


class Command(BaseCommand):
    help = (
        "List hubs and requests whose stored specs contain settings that are no longer accepted. With --rotate, hubs "
        "whose servers could read the hub’s own secrets get new ones: people sign in again, and their servers continue."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rotate", action="store_true", help="rotate the secrets that were exposed")

    def handle(self, *args: Any, **options: Any) -> None:
        exposed: dict[int, Hub] = {}
        registries: dict[int, Organization] = {}
        count = 0
        for found in stored_specs.findings():
            count += 1
            self._tell(found)
            if found.hub and found.exposed:
                exposed[found.hub.pk] = found.hub
                if found.hub.organization.registry_logins.exists():
                    registries[found.hub.organization_id] = found.hub.organization
        if not count:
            self.stdout.write("All stored specs are valid.")
            return
        for hub in exposed.values():
            if options["rotate"]:
                rotation.rotate(hub=hub, by=None, reason=REASON)
                self.stdout.write(f"{hub.slug}: the secrets are being rotated.")
            else:
                self.stdout.write(f"{hub.slug}: the secrets could be read. Rotate them with check_specs --rotate.")
        for organization in registries.values():
            self.stdout.write(
                f"{organization.slug}: the registry passwords could be read, too. Change them at each registry, then "
                "under Registries."
            )

    def _tell(self, found: stored_specs.Stored) -> None:
        if found.hub:
            where = f"{found.hub.slug} revision {found.revision}{' (current)' if found.current else ''}"
        else:
            where = f"request {found.request.uid if found.request else ''}"
        if found.exposed:
            self.stdout.write(f"{where}: reads {', '.join(found.exposed)}")
        for sentence in found.refused:
            self.stdout.write(f"{where}: {sentence}")
