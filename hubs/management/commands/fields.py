from hubs.management.generated import Generated
from hubs.spec import reference


class Command(Generated):
    help = "Write docs/fields.md from the fields of a hub. --check fails if it differs."
    page, source = "docs/fields.md", "hubs/spec"

    def text(self) -> str:
        return reference.page()
