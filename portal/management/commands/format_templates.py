import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.template_layout.layout import WIDTH, formatted
from portal.template_layout.tree import Malformed, Node, read


class Command(BaseCommand):
    help = "Format every template: one block per line, at most 160 characters. --check fails if one would change."
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
            raise CommandError("\n".join([*wrong, "To format them, run `manage.py format_templates`."]))

    def one(self, path: Path, name: Path, included: "Includes", check: bool) -> list[str]:
        """Format one template and return its problems."""
        text = path.read_text()
        try:
            laid_out = formatted(text, included)
        except Malformed as error:
            return [f"{name}: {error}"]
        if not check:
            path.write_text(laid_out)
        elif laid_out != text:
            return [f"{name} is not formatted."]
        lines = enumerate(laid_out.splitlines(), 1)
        return [
            f"{name}:{number}: {len(line)} characters that can't be broken."
            for number, line in lines
            if len(line) > WIDTH
        ]


class Includes:
    """The trees of included templates, read once, as they were before this run: their own white space is irrelevant."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read: dict[str, list[Node] | None] = {}

    def __call__(self, tag: str) -> list[Node] | None:
        found = re.search(r'include "([^"#]+)"', tag)
        if found is None:
            return None
        if found[1] not in self.read:
            self.read[found[1]] = None  # while it is read, and for a template that includes itself
            self.read[found[1]] = read((self.root / found[1]).read_text())[0]
        return self.read[found[1]]
