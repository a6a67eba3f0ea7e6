"""A test of this machine's own software, which every hub here uses, whatever its image is named. It is the same program
as in a cluster, as a process in the environment of a person's server."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

from hubs.language import _
from provisioning.contract import PROBE_SECONDS, Probed, unknown
from provisioning.errors import Refused, Transient
from provisioning.probed import MOST_BYTES, Reading, environment, read, script, trouble_here
from provisioning.runtimes.local import processes
from provisioning.runtimes.local.folders import SAFE

PART = "probe"
RUNS = 240.0  # seconds
PATIENCE = 2.0  # from SIGTERM to SIGKILL
DEEPEST = 10  # nested processes: a shell, timeout, a program, its children


def _folder(var: Path, uid: str) -> Path:
    if not SAFE.fullmatch(uid):
        raise Refused(_("This test’s name can’t be used as a folder name."), "UnsafeName")
    return var / "probes" / uid


def probe(var: Path, programs: Path, uid: str) -> Probed | None:
    """See contract.Probes."""
    folder = _folder(var, uid)
    output = folder / "output"
    if running := processes.find(var, uid):
        if running[0].age < RUNS:
            return None
        _end_all(var, uid)
        minutes = f"{RUNS / 60:.0f}"
        return unknown(_("The test of this machine’s software took longer than {minutes} minutes.", minutes=minutes))
    if output.exists():
        return _found(_read(output))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    environ = {
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8",
        **environment(), **processes.marks(var, uid, PART),
    }  # fmt: skip
    processes.start(["/bin/sh", "-c", script()], environ, folder, output)
    return None


def _read(output: Path) -> Reading:
    with output.open("rb") as file:
        return read(file.read(MOST_BYTES).decode("utf-8", "replace"))


def _found(reading: Reading) -> Probed:
    """Return the result in words for a machine, because there is no image."""
    if not reading.whole:
        return unknown(_("The test of this machine’s software ended too early. Try again."))
    contents = replace(reading.contents, machine=True, home="")  # it runs in our folder, not in a person's home
    return Probed(reading.starts, trouble_here(reading), contents)


def _end_all(var: Path, uid: str) -> None:
    """End the test with all its children: `processes.find` shows the child of a process only after that has ended."""
    for _level in range(DEEPEST):
        running = processes.find(var, uid)
        if not running:
            return
        processes.end(running, PATIENCE)
    raise Transient(_("A process of the test does not end. The portal will try again."), "DoesNotEnd")


def end(var: Path, uid: str) -> None:
    """See contract.Probes."""
    folder = _folder(var, uid)
    if folder.exists():
        _end_all(var, uid)
        shutil.rmtree(folder, ignore_errors=True)


def sweep(var: Path) -> int:
    """See contract.Probes."""
    ended = 0
    for entry in os.scandir(var / "probes") if (var / "probes").is_dir() else ():
        if SAFE.fullmatch(entry.name) and entry.stat().st_mtime < time.time() - PROBE_SECONDS:
            end(var, entry.name)
            ended += 1
    return ended
