"""The whole portal on this machine, with a real cluster: pods reach it, and it uses the cluster with its own
account."""

import sys
from pathlib import Path

from django.conf import settings

from tests.stack.portal import Portal, until

NAMES = Path(__file__).parent / "names"


class ClusterPortal(Portal):
    """Like Portal, at an address that pods reach, with the watcher: start("redis", "web", "worker", "beat",
    "watch")."""

    def __init__(self, var: Path, host: str, **env: str) -> None:
        super().__init__(var, PYTHONPATH=str(NAMES), HUBPORTAL_LEASE_SECONDS="6", HUBPORTAL_API_SECONDS="3", **env)
        self.url = settings.PORTAL_URL = f"http://{host}:{self.port}"
        self.env["HUBPORTAL_URL"] = self.url
        self.argv["web"] = [host if part == "127.0.0.1" else part for part in self.argv["web"]]
        self.argv["watch"] = [sys.executable, "manage.py", "watch", "--alive", str(var / "watching")]

    def start(self, *names: str) -> None:
        super().start(*names)
        if "watch" in names:
            until((self.var / "watching").exists, f"the watcher watches; {self.log('watch')}")

    def stop(self) -> None:
        if "watch" in self.running and not self.died("watch"):
            self.kill("watch")
        super().stop()
