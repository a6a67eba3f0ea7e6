import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.template_layout.layout import WIDTH, formatted
from portal.template_layout.tree import Malformed, Node, read


class Command(BaseCommand):
    help = "Lay out every template: one block a line, at most 160 characters. --check fails when one would change."
    requires_system_checks = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        root = settings.BASE_DIR / "templates"
        included = Includes(root)
        wrong = []
        for path in sorted(root.rglob("*.html")):
            wrong += self.one(path, path.relative_to(root), included, options["check"])
        if wrong:
            raise CommandError("\n".join([*wrong, "To lay them out: `manage.py format_templates`."]))

    def one(self, path: Path, name: Path, included: "Includes", check: bool) -> list[str]:
        """Lay out one template; return what is wrong with it."""
        text = path.read_text()
        try:
            laid_out = formatted(text, included)
        except Malformed as error:
            return [f"{name}: {error}"]
        if not check:
            path.write_text(laid_out)
        elif laid_out != text:
            return [f"{name} is not laid out."]
        lines = enumerate(laid_out.splitlines(), 1)
        return [
            f"{name}:{number}: {len(line)} characters in what can't be broken."
            for number, line in lines
            if len(line) > WIDTH
        ]


class Includes:
    """The trees of included templates, read once. As they were before this run: white space inside changes nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read: dict[str, list[Node] | None] = {}

    def __call__(self, tag: str) -> list[Node] | None:
        found = re.search(r'include "([^"#]+)"', tag)
        if found is None:
            return None
        if found[1] not in self.read:
            self.read[found[1]] = None  # while it is read, and for what includes itself
            self.read[found[1]] = read((self.root / found[1]).read_text())[0]
        return self.read[found[1]]
