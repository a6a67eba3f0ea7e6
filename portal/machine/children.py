"""One supervised child process: started in its own session, its output read line by line, and never an orphan.

`die_with_parent` asks Linux to kill the child when its parent dies, however that dies (prctl(2), PR_SET_PDEATHSIG).
The kernel clears that wish at every fork, so what a worker starts in turn (the hubs) lives on. Elsewhere than on Linux
children of a supervisor that was killed with SIGKILL stay.
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
LONGEST_LINE = 64 * 1024  # bytes; more without a line break is shown in pieces
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded here: nothing is imported between fork and exec


def die_with_parent() -> Callable[[], None]:
    """A preexec_fn. The parent must have one thread: the wish is bound to the thread that starts the child."""
    parent = os.getpid()

    def wish() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # died before we could wish
            os._exit(1)

    return wish


@dataclass
class Child:
    """A process that `portal.run` keeps alive."""

    name: str  # as in the log
    argv: Sequence[str]
    grace: float = 5.0  # seconds between SIGTERM and SIGKILL
    quiet: bool = False  # shown only when it dies: the last lines that it said
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=20), repr=False)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0  # monotonic seconds
    failures: int = 0  # quick deaths in a row
    due: float | None = None  # when to start it again
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
        """What it has said since the last call, whole lines only; at its end also what remains."""
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
