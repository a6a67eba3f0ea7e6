"""The schema that all migrations make, kept between runs: an SQLite file, rebuilt when a migration changes.

The first worker runs the migrations, and the other workers of the same run wait for it. On PostgreSQL
(test_postgresql.py) they run each time.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import sqlite3
from pathlib import Path
from typing import IO

from django.apps import apps
from django.conf import settings


def name() -> str:
    """Return a name for this schema: it changes with the migrations, the packages and SQLite's version."""
    digest = hashlib.sha256(f"{platform.python_version()} {sqlite3.sqlite_version}".encode())
    folders = [Path(app.path) / "migrations" for app in apps.get_app_configs()]
    files = [Path(settings.BASE_DIR) / "requirements.txt", *(path for one in folders for path in one.glob("*.py"))]
    for path in sorted(files):
        digest.update(path.name.encode() + path.read_bytes())
    return f"{digest.hexdigest()[:32]}.sqlite3"


def alone(kept: Path) -> IO[str]:
    """Take the lock on this schema. Other workers block here until the returned file is closed."""
    lock = open(kept.with_suffix(".lock"), "w")  # noqa: SIM115
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def lay(kept: Path, place: Path) -> bool:
    """Copy the kept schema to `place`; return whether there was one."""
    if kept.exists():
        shutil.copyfile(kept, place)
    return kept.exists()


def keep(place: Path, kept: Path) -> None:
    """Keep the schema and the list of migrations. Today's code writes the first rows after each copy."""
    fresh = kept.with_suffix(f".{os.getpid()}")
    with sqlite3.connect(place) as source:
        source.execute("VACUUM INTO ?", [str(fresh)])
    source.close()
    copy = sqlite3.connect(fresh, isolation_level=None)
    rows = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'django_migrations'")
    for (table,) in rows.fetchall():
        copy.execute(f'DELETE FROM "{table}"')
    copy.close()
    fresh.replace(kept)  # atomic
