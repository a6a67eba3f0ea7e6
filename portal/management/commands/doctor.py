import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from portal.doctor import Finding, examine
from portal.doctor.findings import versions

SHOWN = {"ok": "ok", "note": "note", "mend": "error"}


class Command(BaseCommand):
    help = "Check this installation and report problems. Exits with 1 if there are any. Changes nothing."
    requires_system_checks: list[str] = []  # it reports them itself

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--no-clusters", action="store_true", help="skip the clusters, which take longest")

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
            self.stdout.write(f"{SHOWN[one.result]:<5}  {one.name:<{width}}  {one.message}")
        said = {0: "No problems found.", 1: "1 problem found."}
        self.stdout.write(said.get(wrong, f"{wrong} problems found."))
