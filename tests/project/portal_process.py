"""The real `python -m portal.run` in a folder of its own: started, watched and stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx
import psutil
from django.conf import settings

from portal.machine.children import die_with_parent
from portal.machine.private_redis import free_port

Answer = TypeVar("Answer")
PATIENCE = 90.0  # seconds: a start on a busy machine


def wait(ready: Callable[[], Answer], what: str, seconds: float = PATIENCE) -> Answer:
    """Return the first true result of `ready`; raise AssertionError with `what` when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        if answer := ready():
            return answer
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)  # between two calls; the deadline is above


class PortalProcess:
    """One `make run`."""

    def __init__(self, var: Path, *, port: int = 0, **env: str) -> None:
        self.var = var
        self.port = port or free_port()
        self.log = var / "run.log"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.env = {**kept, "HUBPORTAL_VAR": str(var), "PORT": str(self.port), **env}
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "PortalProcess":
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal.run"],
                cwd=settings.BASE_DIR,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(),
            )
        return self

    def wait_until_it_answers(self) -> "PortalProcess":
        def answers() -> bool:
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.said()}"
            return self.get("/healthz") == 200

        wait(answers, f"the portal answers; it said {self.said()}")
        return self

    def wait_until_it_works(self) -> "PortalProcess":
        """Wait until worker and beat run, too: /readyz confirms that due hubs are being processed."""
        self.wait_until_it_answers()
        wait(lambda: self.get("/readyz") == 200, "the workers look for due hubs")
        return self

    def get(self, path: str) -> int:
        """Return the status of the answer; 0 when there is none."""
        try:
            return httpx.get(self.url + path, timeout=5, trust_env=False).status_code
        except httpx.HTTPError:
            return 0

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def children(self) -> dict[str, psutil.Process]:
        """Return the processes that it started, by a word that identifies them."""
        found: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.process.pid).children():
            try:
                words = " ".join(child.cmdline()[:1]).split() + child.cmdline()
            except psutil.Error:
                continue
            ours: list[str] = [word for word in ("uvicorn", "worker", "beat") if word in words]
            if words and words[0].endswith("redis-server"):
                ours = ["redis"]
            found |= dict.fromkeys(ours, child)
        return found

    def stop(self, number: int = signal.SIGINT) -> int:
        """Stop it and return the exit code; a process that has ended, or never started, is fine."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def portal_process(var: Path, **env: str) -> Iterator[PortalProcess]:
    """A portal that is ready (web, worker, beat, Redis), stopped at the end."""
    process = PortalProcess(var, port=0, **env).start()
    try:
        yield process.wait_until_it_works()
    finally:
        process.stop()
