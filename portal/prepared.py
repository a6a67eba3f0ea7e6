"""What the last start prepared, so that the next one does it beside the web process instead of before it.

Known without Django, because `portal.run` asks. A start that prepares nothing new still checks everything.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
FILE = "prepared.json"  # in the portal's folder


def of_files(env: Mapping[str, str]) -> str:
    """A digest that changes with the tables which the code wants, and with the database where they are."""
    names = sorted(path.name for path in (BASE_DIR / "hubs" / "migrations").glob("*.py"))
    packages = (BASE_DIR / "requirements.txt").read_text()  # their migrations
    return digest([*names, packages, env.get("DATABASE_URL", "")])


def digest(words: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def last(var: Path) -> dict[str, str]:
    """`files` and `applied` of the last start that went well; {} when there was none."""
    try:
        found = json.loads((var / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(var: Path, *, files: str, applied: str) -> None:
    (var / FILE).write_text(json.dumps({"files": files, "applied": applied}))
