from hubs.management.generated import Generated


class Command(Generated):
    help = "Write docs/cli.md from the commands of hubportal; --check fails when it differs."
    page, source = "docs/cli.md", "the commands of hubportal"

    def text(self) -> str:
        from cli import reference  # not where the portal runs: the command line is a package of its own

        return reference.text()
