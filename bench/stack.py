"""A complete portal in a temporary folder: database, Redis, web, worker, beat, with default settings.

Settings read the folder's name once, and importing `portal` loads them, so nothing of the portal may be imported before
`portal()` has set the folder.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

PASSWORD = "bench"  # of a temporary Redis on loopback
ROOT = Path(__file__).resolve().parent.parent
DATABASE, URL = "BENCH_DATABASE", "BENCH_DATABASE_URL"  # the database of this process: its name and URL


def until(condition: Callable[[], Any], what: str, seconds: float = 60, every: float = 0.02) -> float:
    """Wait until the condition is true. Return the seconds. Raise TimeoutError."""
    begin = time.perf_counter()
    while not condition():
        if time.perf_counter() - begin > seconds:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(every)
    return time.perf_counter() - begin


def free_port() -> int:
    """Return a free TCP port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str) -> bool:
    """Return whether 127.0.0.1 responds with 200. Uses the cheapest client, so that polling slows nothing down."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@dataclass
class Stack:
    """The processes of one portal, and the environment that they share with this process."""

    var: Path
    env: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return int(self.env["PORT"])

    @property
    def redis_port(self) -> int:
        return urlsplit(self.env["REDIS_URL"]).port or 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str, argv: Sequence[str], env: dict[str, str] | None = None) -> None:
        """Start a process. `env`: for processes that are not part of the portal."""
        from portal.machine.children import die_with_parent

        with open(self.var / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                argv, cwd=ROOT, env=self.env if env is None else env, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=die_with_parent(),
            )  # fmt: skip

    def stop(self) -> None:
        """End everything, also hubs: remaining processes have this folder's name in their environment."""
        for child in reversed(self.running.values()):
            child.send_signal(signal.SIGTERM)
        for child in self.running.values():
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        left = [process for process in psutil.process_iter() if self._is_of_a_hub(process)]
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=10)

    def _is_of_a_hub(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("HUBPORTAL_HOME") == str(self.var.resolve())
        except (psutil.Error, OSError):
            return False


def _environment(var: Path, more: dict[str, str]) -> dict[str, str]:
    """Return the environment of a portal in this folder, and apply it to this process, too."""
    if loaded := [name for name in sys.modules if name.split(".")[0] in ("portal", "hubs", "provisioning")]:
        raise RuntimeError(f"{loaded[0]} was imported too early: it reads the settings of another folder")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HUBPORTAL_", "DATABASE_", "DJANGO", "REDIS_"))}
    own = {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "HUBPORTAL_VAR": str(var),
        "PORT": str(free_port()),
        "REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:{free_port()}/0",
        **({"DATABASE_URL": kept[URL]} if kept.get(URL) else {}),
        **more,
    }
    os.environ.clear()
    os.environ.update({**kept, **own})
    return {**kept, **own}


@contextmanager
def portal(*names: str, **more: str) -> Iterator[Stack]:
    """Yield a portal with a migrated database, Redis, and the named processes of "web", "worker", "beat". `more` is
    added to its environment."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        stack = Stack(Path(folder), _environment(Path(folder), more))
        try:
            _start(stack, names)
            yield stack
        finally:
            stack.stop()


def _start(stack: Stack, names: Sequence[str]) -> None:
    import django
    from django.core.management import call_command

    from portal.machine import private_redis
    from portal.run import processes

    argv, url = private_redis.configure(stack.var / "redis", stack.redis_port, PASSWORD)
    stack.start("redis", argv)
    until(lambda: private_redis.answers(url), "Redis answers")
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    children = {child.name: child for child in processes(stack.port)}
    for name in names:
        stack.start(name, children[name].argv)
    if "web" in names:
        until(lambda: answers(stack.port, "/healthz"), "the portal answers")
    if {"web", "worker", "beat"} <= set(names):
        until(lambda: answers(stack.port, "/readyz"), "a worker ticks")


def on_each_database(module: str, main: Callable[[str], None], only: str = "") -> None:
    """Run `main(NAME)` on SQLite, and on PostgreSQL if its server is installed; or only on `only`. Each in its own
    process (`python -m MODULE`), because settings are read once."""
    if here := os.environ.get(DATABASE):
        return main(here)
    from tests.project.postgres import binary, postgres  # its own server in a temporary folder

    def run(name: str, url: str = "") -> None:
        env = {**os.environ, DATABASE: name, URL: url}
        subprocess.run([sys.executable, "-m", module], cwd=ROOT, env=env, check=True)

    if only in ("", "SQLite"):
        run("SQLite")
    if only in ("", "PostgreSQL"):
        try:
            binary("postgres")
        except LookupError:
            print("  (PostgreSQL is not installed here)\n")
            return
        with postgres() as url:
            run("PostgreSQL", url)
