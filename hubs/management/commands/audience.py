from hubs.audit.rules.verbs import TELLS
from hubs.management.generated import Generated
from hubs.notify.rules.audience import HOW_WORDS, KINDS


class Command(Generated):
    help = "Write the table of docs/notifications.md. --check fails if it differs."
    page, source, section = "docs/notifications.md", "hubs/audit/rules/verbs.py", "The table"

    def text(self) -> str:
        """Return who is notified of what, and the kinds of notifications that people can set."""
        lines = ["| event | recipients | kind | condition |", "|---|---|---|---|"]
        for verb, row in TELLS:
            lines.append(f"| `{verb}` | {', '.join(row.who)} | {row.kind} | {row.when or '–'} |")
        lines += ["", "| kind | description | default | default for staff |", "|---|---|---|---|"]
        for kind in KINDS.values():
            first, staff = (HOW_WORDS[kind.usual(staff=staff)] for staff in (False, True))
            lines.append(f"| {kind.name} | {kind.about} | {first} | {staff} |")
        return "\n".join(lines)
