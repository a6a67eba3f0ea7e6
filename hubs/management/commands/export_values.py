from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hubs.models import Hub
from hubs.spec.export import values_yaml


class Command(BaseCommand):
    help = "Export a hub as values.yaml of Zero to JupyterHub. Secrets are replaced by placeholders."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("hub", metavar="ORGANISATION/HUB", help="short names, such as river/statistics-101")

    def handle(self, *args: Any, **options: Any) -> None:
        organization, _, slug = options["hub"].partition("/")
        hub = Hub.objects.select_related("revision").filter(organization__slug=organization, slug=slug)
        found = hub.order_by("retired_at", "-pk").exclude(revision=None).first()
        if found is None:
            raise CommandError(f"There is no hub “{options['hub']}”.")
        self.stdout.write(values_yaml(found.spec, found.secret_paths, found.extra_config), ending="")
