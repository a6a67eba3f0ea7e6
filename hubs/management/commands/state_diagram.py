from hubs.management.generated import Generated
from hubs.requests.rules import diagram


class Command(Generated):
    help = "Write docs/states.md from the state table. --check fails if it differs."
    page, source = "docs/states.md", "hubs/requests/rules.py"

    def text(self) -> str:
        return diagram()
