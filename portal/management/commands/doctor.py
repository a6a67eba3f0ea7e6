import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from portal.doctor import Finding, examine
from portal.doctor.findings import versions


class Command(BaseCommand):
    help = "Look at this installation and say what to mend; exit code 1 when there is something. Changes nothing."
    requires_system_checks: list[str] = []  # it tells of them itself

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument("--no-clusters", action="store_true", help="leave the clusters out: they take longest")

    def handle(self, *args: Any, **options: Any) -> None:
        found = examine(clusters=not options["no_clusters"])
        wrong = [one for one in found if one.result == "mend"]
        if options["json"]:
            told = {"ok": not wrong, "versions": versions(), "findings": [asdict(one) for one in found]}
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            self._write(found, len(wrong))
        if wrong:
            sys.exit(1)

    def _write(self, found: Sequence[Finding], wrong: int) -> None:
        self.stdout.write(", ".join(f"{name} {version}" for name, version in versions().items()))
        width = max(len(one.name) for one in found)
        for one in found:
            self.stdout.write(f"{one.result:<4}  {one.name:<{width}}  {one.message}")
        said = {0: "Nothing is to be mended.", 1: "One thing is to be mended."}
        self.stdout.write(said.get(wrong, f"{wrong} things are to be mended."))
