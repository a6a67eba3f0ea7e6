"""A whole portal on free ports, whose processes a test may kill and restart."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
from django.conf import settings
from django.db import connection

from hubs.live import connecting
from hubs.models import Cluster
from portal.machine import private_redis
from portal.run import processes
from tests.nursery import Forked
from tests.words import THIS_MACHINE

ROOT = Path(__file__).resolve().parents[2]


def until(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Wait for a condition with a deadline; fail with a message."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s: {what}")


def database_url() -> str:
    """Return the URL of the test database for other processes."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    user = f"{given['USER']}:{given['PASSWORD']}@" if given["USER"] else ""
    return f"postgres://{user}{given['HOST']}:{given['PORT']}/{given['NAME']}"


class Portal:
    """Start with `start("redis", "web", "worker", "beat")`; end with `stop()`, which also ends hubs."""

    def __init__(self, var: Path, **env: str) -> None:
        self.var = var
        self.port = private_redis.free_port()
        self.redis_port = private_redis.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.redis_argv, self.redis_url = private_redis.configure(var / "redis", self.redis_port)
        self.running: dict[str, subprocess.Popen[bytes] | Forked] = {}
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("HUBPORTAL_", "DJANGO"))},
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "DATABASE_URL": database_url(),
            "REDIS_URL": self.redis_url,
            "HUBPORTAL_VAR": str(var),
            "HUBPORTAL_URL": self.url,
            "HUBPORTAL_ENCRYPTION_KEYS": settings.HUBPORTAL_ENCRYPTION_KEYS[0],
            "HUBPORTAL_LEASE_SECONDS": "2",
            "HUBPORTAL_TICK_SECONDS": "0.5",
            "HUBPORTAL_DRIFT_SECONDS": "1",
            "HUBPORTAL_CHECK_IMAGES": "false",  # no test asks a public registry
            **env,
        }
        web, worker, beat = processes(self.port)
        self.argv = {"redis": self.redis_argv, "web": web.argv, "worker": worker.argv, "beat": beat.argv}
        settings.PORTAL_URL = self.url
        settings.REDIS_URL = self.redis_url
        connecting.breaker.reset()  # left by the portal before

    def start(self, *names: str) -> None:
        for name in names:
            log = self.var / f"{name}.log"
            if "-m" in self.argv[name] and "PYTHONPATH" not in self.env:  # Python reads it at start
                self.running[name] = Forked(self.argv[name], self.env, ROOT, log)
            else:
                with open(log, "ab") as said:
                    self.running[name] = subprocess.Popen(
                        self.argv[name], cwd=ROOT, env=self.env, stdout=said, stderr=said, start_new_session=True
                    )
            if name == "redis":
                until(lambda: private_redis.answers(self.redis_url), "Redis answers")
            if name == "web":
                until(self._answers, f"the portal answers; {self.log('web')}")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """End one process and wait until it is gone."""
        process = self.running.pop(name)
        process.send_signal(number)
        process.wait(timeout=20)

    def died(self, name: str) -> bool:
        return self.running[name].poll() is not None

    def log(self, name: str) -> str:
        path = self.var / f"{name}.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def hub_processes(self) -> list[psutil.Process]:
        """Return every process of this portal's hubs, recognised by the folder in its environment."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("HUBPORTAL_HUB") and str(self.var) in "".join(process.environ().values()):
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    def stop(self) -> None:
        for name in ("beat", "worker", "web", "redis"):
            if name in self.running and not self.died(name):
                self.kill(name)
        left = self.hub_processes()
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=10)


def this_machine() -> Cluster:
    """A cluster row of the local runtime, on ports that are free now."""
    first = private_redis.free_port()
    first = first if first < 60000 else 40000
    return Cluster.objects.create(
        slug="this-machine", name=THIS_MACHINE, runtime="local", port_from=first, port_to=first + 300
    )
