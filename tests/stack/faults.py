"""The local runtime, with a worker that dies at one of its calls. Only tests use it (HUBPORTAL_RUNTIME_LOCAL)."""

import os
import signal
from pathlib import Path

from provisioning.runtimes.local import LocalRuntime


class KillingRuntime(LocalRuntime):
    """KILL_AT="apply:hub:before": the worker is killed there, once; the file KILL_MARK records it."""

    def _here(self, call: str, when: str) -> None:
        mark = Path(os.environ["KILL_MARK"])
        if os.environ["KILL_AT"] == f"{call}:{when}" and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def observe(self, target, wanted=()):
        self._here("observe", "before")
        observed = super().observe(target, wanted)
        self._here("observe", "after")
        return observed

    def apply(self, target, part):
        self._here(f"apply-{part.name}", "before")
        super().apply(target, part)
        self._here(f"apply-{part.name}", "after")

    def drop(self, target, name):
        self._here(f"drop-{name}", "before")
        super().drop(target, name)
        self._here(f"drop-{name}", "after")
