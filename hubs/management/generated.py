"""Base of commands that write a page of docs/ from code, and with `--check` compare it (`make check`)."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Generated(BaseCommand):
    page: str  # path in the repository
    source: str  # what the page is generated from, in words or as a path
    section = ""  # heading of the generated section, which is the last one of a hand-written page; "" is the whole page

    def text(self) -> str:
        """Return the generated text."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        page, name = settings.BASE_DIR / self.page, self.__module__.rpartition(".")[2]
        written = page.read_text(encoding="utf-8") if self.section or page.exists() else ""
        wanted = self.text()
        if self.section:
            made_by = f"Generated from `{self.source}` by `manage.py {name}`; CI fails when it differs."
            heading = f"## {self.section}\n\n"
            wanted = f"{written.partition(heading)[0]}{heading}{wanted}\n\n{made_by}\n"
        if not check:
            page.write_text(wanted, encoding="utf-8")
        elif written != wanted:
            raise CommandError(f"{self.page} differs from {self.source}: run `manage.py {name}`.")
