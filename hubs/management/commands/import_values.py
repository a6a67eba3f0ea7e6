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
    """Import the files of one hub, in this order. Raise YamlError, OSError."""
    if sum(path.stat().st_size for path in paths) > LARGEST * 4:
        raise YamlError(f"The files are too large. The limit is {LARGEST // 1024} KiB per hub.")
    files = []
    for path in paths:
        name = path.name if len(paths) > 1 else ""  # a single file is named by the command's output
        try:
            files.append(File(name, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            raise YamlError(f"{name}: This is not UTF-8 text.".removeprefix(": ")) from None
    return from_files(files, paths[-1].stem.replace("-", " ").capitalize()[:100].ljust(3))


def report(name: str, found: Imported) -> dict[str, Any]:
    """Return the numbers of leaves: a list is one leaf, except profileList, whose leaves count. Each leaf is counted
    once: `typed` (a field has it), `more` (stored, needs review), `portal` (managed by the portal: it has no effect,
    and the report names the replacement) or `ignored` (stored, without effect). `refused`: values that JupyterHub or
    its chart would not accept; they are also counted above."""
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
    """Return all reports in one line."""
    sums: Counter[str] = Counter()
    for row in rows:
        sums.update({name: int(row[name]) for name in ("keys", *FATES, "refused", "round_trip")})
    shares = [f"{name} {sums[name]} ({sums[name] / (sums['keys'] or 1):.1%})" for name in FATES]
    said = f"Total: {sums['keys']} values, {', '.join(shares)}, refused {sums['refused']}, "
    return said + f"round trip in {sums['round_trip']} of {len(rows)} hubs."


class Command(BaseCommand):
    help = (
        "Import each values.yaml of Zero to JupyterHub as a draft of a hub, and report the result for every key. If a "
        "hub has several files, name them in the order of “helm -f a -f b”: import_values -f a.yaml -f b.yaml. With "
        "--check, nothing is written: the report is one JSON object per line for each hub, with the total on stderr."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="each file is one hub")
        parser.add_argument("-f", "--values", action="append", default=[], type=Path, metavar="FILE",
                            help="several files of one hub; later ones override earlier ones")  # fmt: skip
        parser.add_argument("--check", action="store_true", help="create nothing; print one JSON object per line")
        parser.add_argument("--organization", help="short name of the hub’s organisation")
        parser.add_argument("--by", help="user name of the draft’s author")

    def handle(self, *args: Any, **options: Any) -> None:
        hubs = [[Path(one)] for one in options["files"]]
        hubs += [[Path(one) for one in options["values"]]] if options["values"] else []
        if not hubs:
            raise CommandError("Name at least one file, for example: import_values --check values.yaml")
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
            raise CommandError(f"{wrong} of {len(hubs)} hubs could not be imported unchanged.")

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
            raise CommandError("Use --organization SLUG --by USERNAME to create drafts, or --check for a report only.")
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
