"""Processes of hubs: found by marks in their environment, started in their own session, ended with SIGTERM first.

The process table is the source of truth. A mark is set at exec, so a worker that dies at any point leaves no unknown
process: the next pass finds it by hub, part, digest and the portal's own folder (two portals on one machine never touch
each other's processes).
"""

import os
import subprocess  # argument lists only, never a shell
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

HUB_MARK, PART_MARK, DIGEST_MARK, HOME_MARK = "HUBPORTAL_HUB", "HUBPORTAL_PART", "HUBPORTAL_DIGEST", "HUBPORTAL_HOME"
SEEN = 5.0  # seconds; on a busy machine it takes some milliseconds
SERVER, SERVICE = "server", "service"  # values of PART_MARK in addition to the names of parts

_children: list[subprocess.Popen[bytes]] = []  # our children, so that dead ones are reaped and don't stay zombies
_children_lock = threading.Lock()


@dataclass(frozen=True)
class Running:
    """A live process of a hub."""

    process: psutil.Process
    part: str
    digest: str
    parent: int

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.time() - self.process.create_time()


def marks(home: Path, uid: str, part: str, digest: str = "") -> dict[str, str]:
    """Return the environment variables by which `find` recognises a process."""
    found = {HOME_MARK: str(home), HUB_MARK: uid, PART_MARK: part}
    return {**found, DIGEST_MARK: digest} if digest else found


def _reap() -> None:
    with _children_lock:
        _children[:] = [child for child in _children if child.poll() is None]


def _marked(process: psutil.Process, home: Path, uid: str) -> Running | None:
    try:
        if process.uids().effective != os.geteuid() or process.status() == psutil.STATUS_ZOMBIE:
            return None
        environ = process.environ()
        if environ.get(HOME_MARK) != str(home) or environ.get(HUB_MARK) != uid:
            return None
        return Running(process, environ.get(PART_MARK, ""), environ.get(DIGEST_MARK, ""), process.ppid())
    except (psutil.Error, OSError):
        return None  # it has ended, or we may not read it


def find(home: Path, uid: str) -> list[Running]:
    """Return every live process of a hub, oldest first.

    A process that the hub forks has the hub's marks until its exec, so a child of a marked process of the same part is
    not counted as a second one.
    """
    _reap()
    all_marked = [running for process in psutil.process_iter() if (running := _marked(process, home, uid))]
    part_of = {running.pid: running.part for running in all_marked}
    found = [r for r in all_marked if r.part in (SERVER, SERVICE) or part_of.get(r.parent) != r.part]
    return sorted(found, key=lambda r: r.process.create_time())


def start(command: Sequence[str], environ: Mapping[str, str], folder: Path, log: Path) -> int:
    """Start a process that outlives us, with exactly this environment. Return its pid. Raise OSError."""
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as out:
        child = subprocess.Popen(
            list(command),
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the portal's terminal is not meant for hubs
            umask=0o077,
        )
    with _children_lock:
        _children.append(child)
    _until_seen(child)
    return child.pid


def _until_seen(child: "subprocess.Popen[bytes]") -> None:
    """Wait until the kernel shows the environment of a new process, slightly after Popen returns. Until then `find`
    would not find it, and it would seem to have crashed."""
    environ, over = Path(f"/proc/{child.pid}/environ"), time.monotonic() + SEEN
    with suppress(OSError):  # it has ended, or there is no /proc
        while not environ.read_bytes() and child.poll() is None and time.monotonic() < over:
            time.sleep(0.001)


def end(running: Iterable[Running], patience: float) -> list[int]:
    """Send SIGTERM, wait at most `patience` seconds, send SIGKILL. Return pids that still exist, usually none.

    psutil compares creation times, so a pid that was reused meanwhile is never signalled.
    """
    processes = [r.process for r in running]
    for process in processes:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(processes, timeout=patience)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(alive, timeout=1)
    _reap()
    return [process.pid for process in alive if _is_live(process)]


def _is_live(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
