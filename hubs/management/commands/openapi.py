from pathlib import Path

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hubs.api.schema import made

PLACE = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


class Command(BaseCommand):
    help = "Write docs/openapi.yaml from the API's code; --check fails when it differs."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args, check: bool, **options) -> None:
        text = yaml.safe_dump(made(), sort_keys=False, allow_unicode=True, width=120)
        if not check:
            PLACE.write_text(text, encoding="utf-8")
        elif not PLACE.exists() or PLACE.read_text(encoding="utf-8") != text:
            raise CommandError("docs/openapi.yaml is not what the code says: run manage.py openapi")
