"""A real Redis for tests that stop and restart it."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.machine import private_redis
from portal.machine.children import die_with_parent

PATIENCE = 10.0  # seconds


class RedisServer:
    """Has one port and one password for its lifetime; empty at every start."""

    def __init__(self, folder: Path) -> None:
        self.argv, self.url = private_redis.configure(folder, private_redis.free_port())
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it answers."""
        self.process = subprocess.Popen(self.argv, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent())
        end = time.monotonic() + PATIENCE
        while not private_redis.answers(self.url):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("Redis does not start")
            time.sleep(0.01)  # between two calls; the deadline is above

    def stop(self) -> None:
        """Stop it and return when it is gone; a stopped server is fine."""
        if self.process:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None


@contextmanager
def redis_server() -> Iterator[tuple[str, RedisServer]]:
    """Yield its URL, and the server to `stop()` and `start()` on the same port."""
    with tempfile.TemporaryDirectory(prefix="portal-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server.url, server
        finally:
            server.stop()
