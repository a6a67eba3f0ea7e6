from hubs.management.generated import Generated
from hubs.webhooks.queries import OFFERED


class Command(Generated):
    help = "Write the events of docs/webhooks.md. --check fails if they differ."
    page, source, section = "docs/webhooks.md", "hubs/audit/rules/verbs.py", "Events"

    def text(self) -> str:
        rows = [f"| `{kind}` | {words} |" for _heading, kinds in OFFERED for kind, words in kinds.items()]
        return "\n".join(["| type | event |", "|---|---|", *rows])
