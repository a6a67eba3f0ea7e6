import signal
import threading
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from provisioning.watch import Watcher


class Command(BaseCommand):
    help = "Watch all Kubernetes clusters, and reconcile hubs whose objects have changed. One process is enough."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--alive", type=Path, help="a file to touch every ten seconds, for a liveness probe")

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        alive: Path | None = options["alive"]
        Watcher().run(lambda: alive.touch() if alive else None, stopping)
