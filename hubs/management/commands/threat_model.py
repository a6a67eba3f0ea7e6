from hubs.management.generated import Generated
from hubs.spec import threats


class Command(Generated):
    help = "Write docs/threat-model.md from the verdicts. --check fails if it differs."
    page, source = "docs/threat-model.md", "hubs/spec"

    def text(self) -> str:
        return threats.page()
