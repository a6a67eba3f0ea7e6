"""The state that the last start prepared. If nothing has changed, the next one starts the web process in parallel.

Without Django, because `portal.run` calls it. A start that has nothing to prepare still runs all checks.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
FILE = "prepared.json"  # in the portal's folder


def of_files(env: Mapping[str, str]) -> str:
    """Return a digest that changes with the migrations of the code and packages, and with the database's URL."""
    names = sorted(path.name for path in (BASE_DIR / "hubs" / "migrations").glob("*.py"))
    packages = (BASE_DIR / "requirements.txt").read_text()  # their migrations
    return digest([*names, packages, env.get("DATABASE_URL", "")])


def digest(words: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def last(var: Path) -> dict[str, str]:
    """Return `files` and `applied` of the last successful start; {} if there was none."""
    try:
        found = json.loads((var / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(var: Path, *, files: str, applied: str) -> None:
    (var / FILE).write_text(json.dumps({"files": files, "applied": applied}))
