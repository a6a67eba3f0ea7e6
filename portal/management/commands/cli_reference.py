from hubs.management.generated import Generated


class Command(Generated):
    help = "Write docs/cli.md from the commands of hubportal. --check fails if it differs."
    page, source = "docs/cli.md", "the commands of hubportal"

    def text(self) -> str:
        from cli import reference  # a separate package, not installed where the portal runs

        return reference.text()
