import yaml

from hubs.api.schema import made
from hubs.management.generated import Generated


class Command(Generated):
    help = "Write docs/openapi.yaml from the API's code. --check fails if it differs."
    page, source = "docs/openapi.yaml", "the API's code"

    def text(self) -> str:
        return yaml.safe_dump(made(), sort_keys=False, allow_unicode=True, width=120)
