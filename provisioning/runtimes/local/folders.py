"""The folders of one hub under the portal's var folder: state, homes, archive, and the lock around them.

var/hubs/<uid>/      what the hub needs to run (0700); removed when the hub is retired
var/homes/<uid>/     people's files; moved to the archive, never deleted
var/archive/<slug>-<uid>-<UTC time>/
"""

import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hubs.language import _
from provisioning.contract import Target
from provisioning.errors import Refused, Transient

LOCK_PATIENCE = 5.0  # seconds
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_README = """These are the files of the people who used the hub “{slug}”, one folder per person.
The hub was retired on {when} (UTC). This folder is no longer in use: you can copy or delete it.
"""


def write_atomically(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file completely or not at all, even if the machine stops in between."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object of a file; {} if it is missing or damaged."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


class Folders:
    """The folders of one hub. Raise Refused for a name that could lead outside."""

    def __init__(self, var: Path, target: Target) -> None:
        for name in (target.uid, target.slug):
            if not SAFE.fullmatch(name):
                raise Refused(_("This hub’s name can’t be used as a folder name."), "UnsafeName")
        self.target = target
        self.var = var
        self.state = var / "hubs" / target.uid
        self.homes = var / "homes" / target.uid
        self.archive = var / "archive"
        self.trash = var / "hubs" / f".{target.uid}.trash"
        self.intent = self.state / "archive.json"  # the target of the homes, written before they are moved

    def make(self) -> None:
        for folder in (self.state, self.homes):
            if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
                said = _("“{name}” exists, but it is not a folder that the hub can use.", name=folder.name)
                raise Refused(said, "InTheWay")
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)

    def record(self, part: str) -> Path:
        """Return the file with the last request for a part. It tells a part that crashed from one that never
        existed."""
        return self.state / f"{part}.part.json"

    def log(self, part: str) -> Path:
        return self.state / f"{part}.log"

    def silent(self, part: str) -> Path:
        """Return the file whose mtime is when a running part stopped responding. It exists only during that time."""
        return self.state / f"{part}.silent"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Allow one change of a hub at a time, among all workers on this machine. Raise Transient after LOCK_PATIENCE.

        The kernel releases the lock of a process that dies.
        """
        locks = self.var / "hubs" / ".locks"
        locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(locks / self.target.uid, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            deadline = time.monotonic() + LOCK_PATIENCE
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise Transient(_("Another worker is busy with this hub at the moment."), "Busy") from None
                    time.sleep(0.02)
            yield
        finally:
            os.close(handle)

    def put_away(self) -> None:
        """Move homes to the archive and remove the state. Can be interrupted at any point and called again.

        The archive's name is saved before anything moves, so that a second call continues instead of starting over.
        """
        if self.homes.is_dir() and any(self.homes.iterdir()):
            self._archive_homes()
        elif self.homes.is_dir():
            self.homes.rmdir()
        for _turn in range(2):  # remains of an earlier call, then ours
            if self.trash.exists():
                shutil.rmtree(self.trash)
            if self.state.is_dir():
                self.state.rename(self.trash)

    def _archive_homes(self) -> None:
        plan = read_json(self.intent)
        if not plan.get("folder"):
            now = datetime.now(UTC)
            plan = {
                "folder": f"{self.target.slug}-{self.target.uid}-{now:%Y%m%dT%H%M%SZ}",
                "hub": self.target.slug,
                "uid": self.target.uid,
                "url": self.target.url,
                "retired": now.isoformat(timespec="seconds"),
            }
            self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self.intent, json.dumps(plan, indent=1))
        place = self.archive / Path(plan["folder"]).name
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(place / "hub.json", json.dumps(plan, indent=1))
        write_atomically(place / "README.txt", _README.format(slug=self.target.slug, when=plan["retired"][:10]))
        self.homes.rename(place / "homes")
