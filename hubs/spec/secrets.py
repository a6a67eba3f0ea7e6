"""Which values are secrets: by their names, as JupyterHub, its authenticators and people write them."""

import re
from typing import Any

Path = tuple[str, ...]
_NAMES = re.compile(
    r"(?i:(^|_)(secret|password|passwd|token|api_?key|private_?key)s?$)|[a-z](Secret|Password|Passwd|Token|ApiKey)s?$"
)
REPLACED = "to-be-replaced"  # what stands in a file where a secret belongs


def is_secret(name: str, value: Any) -> bool:
    return isinstance(value, str) and value != "" and _NAMES.search(name) is not None


def secrets_in(tree: dict[str, Any], at: Path = ()) -> list[Path]:
    """Paths of all secret texts, in order."""
    found: list[Path] = []
    for name, value in tree.items():
        if isinstance(value, dict):
            found += secrets_in(value, (*at, name))
        elif is_secret(name, value):
            found.append((*at, name))
    return found
