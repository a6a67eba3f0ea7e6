from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hubs.errors import DomainError
from hubs.outbound import Forbidden, OutboundClient, Unanswered
from hubs.requests.services.institutions import LARGEST, SOURCE, load


def fetched() -> str:
    """Return CILogon's list. Raise CommandError."""
    try:
        with OutboundClient().question(60) as ask:
            answer = ask.get(SOURCE, most_bytes=LARGEST)
    except (Forbidden, Unanswered) as error:
        raise CommandError(f"{SOURCE} can’t be fetched: {error}") from error
    if answer.status != 200:
        raise CommandError(f"{SOURCE} responds with status {answer.status}.")
    return answer.body.decode("utf-8", "replace")


class Command(BaseCommand):
    help = (
        "Load the list of institutions that people search when they choose who can sign in through CILogon: from a "
        "file, or with --fetch from CILogon. Run it about once a month."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="CILogon's list as JSON")
        parser.add_argument("--fetch", action="store_true", help=f"fetch {SOURCE}")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["file"]) == options["fetch"]:
            raise CommandError("Name a file, or use --fetch.")
        try:
            text = fetched() if options["fetch"] else options["file"].read_text(encoding="utf-8")
            count = load(text)
        except (OSError, UnicodeDecodeError, DomainError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count:,} institutions loaded.")
