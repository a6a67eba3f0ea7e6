import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hubs.errors import DomainError
from hubs.models import Organization, User
from hubs.services.imports import begin_import
from hubs.spec.imports import Imported, from_values
from hubs.spec.yaml_text import LARGEST, YamlError, load_map


def read(path: Path) -> Imported:
    """What a file comes to. Raises YamlError, OSError."""
    if path.stat().st_size > LARGEST * 4:
        raise YamlError(f"This is too long: at most {LARGEST // 1024} KiB.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise YamlError("This is no text in UTF-8.") from None
    return from_values(load_map(text), path.stem.replace("-", " ").capitalize()[:100].ljust(3))


def report(name: str, found: Imported) -> dict[str, Any]:
    """Numbers of leaves: a list is one, except profileList, whose leaves count."""
    return {
        "file": name,
        "keys": found.count(),
        "typed": found.count("typed"),
        "more": found.count("more"),
        "ignored": found.count("ignored"),
        "round_trip": found.round_trip,
        "problems": list(found.problems),
    }


class Command(BaseCommand):
    help = (
        "Make a draft of a hub from each values.yaml of Zero to JupyterHub, and say what became of every key. "
        "With --check only say it: one JSON object a line, and nothing is written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--check", action="store_true", help="make nothing; print one JSON object a line")
        parser.add_argument("--organization", help="short name of the organisation that the hub is for")
        parser.add_argument("--by", help="user name of whoever then finds the draft")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for path in options["files"]:
            try:
                found = read(path)
            except (OSError, YamlError) as error:
                wrong += 1
                self._refuse(path, str(error), check=options["check"])
                continue
            if options["check"]:
                self.stdout.write(json.dumps(report(str(path), found), ensure_ascii=False))
                wrong += not found.round_trip
            else:
                self._make(path, found, options)
        if wrong:
            raise CommandError(f"{wrong} of {len(options['files'])} could not be read as they are.")

    def _refuse(self, path: Path, said: str, *, check: bool) -> None:
        if not check:
            self.stderr.write(f"{path}: {said}")
            return
        nothing = {"keys": 0, "typed": 0, "more": 0, "ignored": 0, "round_trip": False, "problems": [said]}
        self.stdout.write(json.dumps({"file": str(path), **nothing}, ensure_ascii=False))

    def _make(self, path: Path, found: Imported, options: dict[str, Any]) -> None:
        organization = Organization.objects.filter(slug=options["organization"] or "").first()
        user = User.objects.filter(username__iexact=options["by"] or "").first()
        if organization is None or user is None:
            raise CommandError("Say for whom: --organization SLUG --by USERNAME. Or only look: --check.")
        try:
            request = begin_import(organization=organization, by=user, found=found)
        except DomainError as error:
            raise CommandError(f"{path}: {error.message}") from error
        self.stdout.write(f"{path}: draft {request.uid} of {found.spec.about.title}")
        for leaf in found.leaves:
            if leaf.fate != "typed":
                self.stdout.write(f"  {leaf.fate:8} {leaf.name}: {leaf.why}")
        for note in found.notes:
            self.stdout.write(f"  filled   {note}")
        for problem in found.problems:
            self.stdout.write(f"  problem  {problem}")
