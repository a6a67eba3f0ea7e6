import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hubs.errors import DomainError
from hubs.models import Organization, User
from hubs.requests.services.imports import begin_import
from hubs.spec.imports import FATES, Imported, from_files
from hubs.spec.kept import File
from hubs.spec.yaml_text import LARGEST, YamlError


def read(paths: Sequence[Path]) -> Imported:
    """What the files of one hub come to, in this order. Raises YamlError, OSError."""
    if sum(path.stat().st_size for path in paths) > LARGEST * 4:
        raise YamlError(f"This is too long: at most {LARGEST // 1024} KiB in all.")
    files = []
    for path in paths:
        name = path.name if len(paths) > 1 else ""  # of a single file, the command itself names it
        try:
            files.append(File(name, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            raise YamlError(f"{name}: This is not text in UTF-8.".removeprefix(": ")) from None
    return from_files(files, paths[-1].stem.replace("-", " ").capitalize()[:100].ljust(3))


def report(name: str, found: Imported) -> dict[str, Any]:
    """Numbers of leaves: a list is one, except profileList, whose leaves count. Each leaf is counted once: `typed` (a
    field has it), `more` (kept, a person reads it), `portal` (the portal does it its own way: it has no effect, and
    the report names what stands in its place) or `ignored` (kept, without effect). `refused` are places whose value
    JupyterHub or its chart would not take; they are counted among the others, too."""
    return {
        "file": name,
        "keys": found.count(),
        "typed": found.count("typed"),
        "more": found.count("more"),
        "ignored": found.count("ignored"),
        "round_trip": found.round_trip,
        "problems": list(found.problems),
        "refused": len(found.refused),
        "notes": list(found.notes),
        "portal": found.count("portal"),
    }


def total(rows: Sequence[dict[str, Any]]) -> str:
    """All reports in one line."""
    sums: Counter[str] = Counter()
    for row in rows:
        sums.update({name: int(row[name]) for name in ("keys", *FATES, "refused", "round_trip")})
    shares = [f"{name} {sums[name]} ({sums[name] / (sums['keys'] or 1):.1%})" for name in FATES]
    said = f"In all: {sums['keys']} values, {', '.join(shares)}, refused {sums['refused']}, "
    return said + f"round trip in {sums['round_trip']} of {len(rows)} hubs."


class Command(BaseCommand):
    help = (
        "Make a draft of a hub from each values.yaml of Zero to JupyterHub, and say what became of every key. Files of "
        "one hub, in the order of “helm -f a -f b”: import_values -f a.yaml -f b.yaml. With --check only say it: one "
        "JSON object a hub on a line of its own, the total on standard error, and nothing is written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="each is a hub of its own")
        parser.add_argument("-f", "--values", action="append", default=[], type=Path, metavar="FILE",
                            help="several are one hub; later ones count")  # fmt: skip
        parser.add_argument("--check", action="store_true", help="make nothing; print one JSON object a line")
        parser.add_argument("--organization", help="short name of the organisation that the hub is for")
        parser.add_argument("--by", help="user name of whoever then finds the draft")

    def handle(self, *args: Any, **options: Any) -> None:
        hubs = [[Path(one)] for one in options["files"]]
        hubs += [[Path(one) for one in options["values"]]] if options["values"] else []
        if not hubs:
            raise CommandError("Name a file: import_values --check values.yaml")
        rows, wrong = [], 0
        for paths in hubs:
            name = " ".join(str(path) for path in paths)
            try:
                found = read(paths)
            except (OSError, YamlError) as error:
                wrong += 1
                rows.append(self._refuse(name, str(error), check=options["check"]))
                continue
            if options["check"]:
                rows.append(report(name, found))
                self.stdout.write(json.dumps(rows[-1], ensure_ascii=False))
                wrong += not found.round_trip
            else:
                self._make(name, found, options)
        if options["check"]:
            self.stderr.write(self.style.NOTICE(total(rows)))
        if wrong:
            raise CommandError(f"{wrong} of {len(hubs)} could not be read as they are.")

    def _refuse(self, name: str, said: str, *, check: bool) -> dict[str, Any]:
        nothing = dict.fromkeys(("keys", *FATES), 0)
        row = {"file": name, **nothing, "round_trip": False, "problems": [said], "refused": 0, "notes": []}
        if check:
            self.stdout.write(json.dumps(row, ensure_ascii=False))
        else:
            self.stderr.write(f"{name}: {said}")
        return row

    def _make(self, name: str, found: Imported, options: dict[str, Any]) -> None:
        organization = Organization.objects.filter(slug=options["organization"] or "").first()
        user = User.objects.filter(username__iexact=options["by"] or "").first()
        if organization is None or user is None:
            raise CommandError("Say for whom: --organization SLUG --by USERNAME. Or only look: --check.")
        try:
            request = begin_import(organization=organization, by=user, found=found)
        except DomainError as error:
            raise CommandError(f"{name}: {error.message}") from error
        self.stdout.write(f"{name}: draft {request.uid} of {found.spec.about.title}")
        for note in found.notes:
            self.stdout.write(f"  note     {note}")
        for leaf in found.leaves:
            words = f"{leaf.field} = {leaf.shown}" if leaf.shown else leaf.why
            self.stdout.write(f"  {leaf.fate:8} {leaf.name}: {words}")
        for problem in found.problems:
            self.stdout.write(f"  problem  {problem}")
