"""One supervised child process: started in its own session, its output read line by line, and never an orphan.

`die_with_parent` makes Linux kill the child when its parent dies for any reason (prctl(2), PR_SET_PDEATHSIG). The
kernel clears this setting at every fork, so processes that a worker starts (the hubs) survive. On other systems, the
children of a supervisor that is killed with SIGKILL keep running.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
LONGEST_LINE = 64 * 1024  # bytes; longer lines are split
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded here: nothing is imported between fork and exec


def die_with_parent() -> Callable[[], None]:
    """Return a preexec_fn. The parent must have one thread, because the setting is bound to the thread that forks."""
    parent = os.getpid()

    def wish() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent died before prctl
            os._exit(1)

    return wish


@dataclass
class Child:
    """A process that `portal.run` keeps running."""

    name: str  # as in the log
    argv: Sequence[str]
    grace: float = 5.0  # seconds between SIGTERM and SIGKILL
    quiet: bool = False  # output is shown only when it dies: its last lines
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=20), repr=False)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0  # monotonic seconds
    failures: int = 0  # quick deaths in a row
    due: float | None = None  # when to restart it
    _rest: bytes = field(default=b"", repr=False)

    def start(self, cwd: Path, env: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            self.argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops children in order
            preexec_fn=die_with_parent(),
        )
        self.started, self.due, self._rest = time.monotonic(), None, b""
        os.set_blocking(self.fileno(), False)

    def fileno(self) -> int:
        if self.process is None or self.process.stdout is None:
            raise ValueError(f"{self.name} was never started")
        return self.process.stdout.fileno()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def lines(self) -> list[str]:
        """Return its output since the last call: complete lines, and at its end also an incomplete one."""
        if self.process is None or self.process.stdout is None or self.process.stdout.closed:
            return []
        ended = False
        while len(self._rest) < LONGEST_LINE:
            try:
                piece = os.read(self.fileno(), 65536)
            except BlockingIOError:
                break
            if not piece:
                ended = True
                break
            self._rest += piece
        *whole, self._rest = self._rest.split(b"\n")
        if ended or len(self._rest) >= LONGEST_LINE:
            whole, self._rest = [*whole, self._rest] if self._rest else whole, b""
        return [line.decode(errors="replace").rstrip() for line in whole]

    def signal(self, number: int) -> None:
        if self.alive and self.process:
            self.process.send_signal(number)

    def close(self) -> None:
        if self.process and self.process.stdout:
            self.process.stdout.close()
