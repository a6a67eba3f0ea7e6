"""The local runtime: observes processes and folders of this machine, and changes them one part at a time."""

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

import psutil

from hubs.language import _, lazy, plural
from hubs.spec import hub_secrets
from hubs.spec.capabilities import Capabilities
from hubs.spec.diff import gib_text
from provisioning.contract import (
    FILES,
    HUB,
    PROXY,
    Applied,
    Finding,
    Observed,
    Part,
    Planned,
    Probe,
    Probed,
    Release,
    Seen,
    Target,
)
from provisioning.errors import Refused, Transient
from provisioning.runtimes import one_machine
from provisioning.runtimes.jupyterhub import HubApi, unreachable
from provisioning.runtimes.local import commands, image_probe, probe, processes, words
from provisioning.runtimes.local.folders import Folders, read_json, write_atomically
from provisioning.runtimes.local.processes import SERVER, SERVICE, Running
from provisioning.runtimes.words import redact
from provisioning.sentences import noun, starting, stopped, with_output

PATIENCE = 5.0  # seconds from SIGTERM to SIGKILL
STARTING = 120.0  # seconds until the first response of a process
SILENCE = 60.0  # seconds without a response until a process counts as stuck


@contextmanager
def _plain_faults() -> Iterator[None]:
    """Convert errors of the machine to the runtime's errors, without paths."""
    try:
        yield
    except psutil.Error as error:
        raise Transient(_("The list of processes on this machine could not be read."), "CannotLook") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Transient(_("The disk on this machine is full."), "DiskFull") from error
        if isinstance(error, PermissionError):
            said = _("The portal has no permission to write to its own folder on this machine.")
            raise Refused(said, "NotPermitted") from error
        reason = error.strerror or _("no reason given")
        raise Transient(_("The operation failed on this machine ({reason}).", reason=reason)) from error


class LocalRuntime:
    """See provisioning.contract.Runtime, Operations and Probes. It has no state: a new object adopts what is
    running."""

    capabilities: ClassVar = Capabilities(
        label=lazy("Local processes"), about=lazy("Hubs run as processes on this server."),
        added=lazy("the machine where the worker runs"), ports=True, logs=True,
    )  # fmt: skip
    refused_again: ClassVar[float | None] = None
    quiet, soon = 20.0, 0.25
    render = staticmethod(one_machine.render)
    probe_of = staticmethod(one_machine.probe_of)

    def __init__(self, var: Path, bin: str = "", *, starting: float = STARTING, silence: float = SILENCE) -> None:
        self.var = var.resolve()
        self.starting, self.silence = starting, silence
        self.programs = commands.bin_folder(bin)

    @classmethod
    def for_cluster(cls, cluster: Any, settings: Any) -> Self:
        made = cls(Path(settings.VAR_DIR), settings.LOCAL_HUB_BIN)
        made.quiet = float(settings.DRIFT_SECONDS)
        return made

    @staticmethod
    def target(hub: Any, *, take: bool) -> Target:
        return one_machine.target(hub, take, probe.port_is_free)

    @staticmethod
    def check(cluster: Any, settings: Any) -> list[Finding]:
        """Nothing can fail: say how large the machine is."""
        memory, cores = psutil.virtual_memory(), psutil.cpu_count() or 1
        total, free = (gib_text(round(size / 2**30, 1) * 1024) for size in (memory.total, memory.available))
        return [
            Finding(_("Memory"), True, _("{total}, of which {free} are available now", total=total, free=free)),
            Finding(_("CPU"), True, plural("{count} core", "{count} cores", cores)),
        ]

    # --- observe ----------------------------------------------------------------------------------------------------
    def observe(self, target: Target, wanted: tuple[Part, ...] = ()) -> Observed:
        with _plain_faults():
            if not self.var.is_dir():
                raise Transient(_("The portal’s folder for hubs does not exist at the moment."), "CannotLook")
            folders = Folders(self.var, target)
            running = processes.find(self.var, target.uid)
            secrets = read_json(folders.state / "secrets.json")
            says = probe.revision(target) if any(r.part == HUB for r in running) else ""
            answers = {HUB: bool(says), PROXY: any(r.part == PROXY for r in running) and self._proxy_answers(folders)}
            found = {
                FILES: self._see_files(folders),
                PROXY: self._see_process(folders, PROXY, running, answers[PROXY]),
                HUB: self._see_process(folders, HUB, running, answers[HUB]),
            }
            token = str(secrets.get(hub_secrets.SERVICE, ""))
            servers = probe.hub(target, token).servers() if says and token else None
            return Observed({name: seen for name, seen in found.items() if seen}, says, servers)

    def _proxy_answers(self, folders: Folders) -> bool:
        token = read_json(folders.record(PROXY)).get("token", "")
        return probe.proxy_answers(folders.target, str(token))

    def _see_files(self, folders: Folders) -> Seen | None:
        """Return the files part. Any remains of a hub count, so that an interrupted removal is completed."""
        recorded = read_json(folders.record(FILES)).get("digest", "")
        if recorded and folders.homes.is_dir():
            return Seen(recorded, True)
        if any(place.exists() for place in (folders.state, folders.homes, folders.trash)):
            return Seen(recorded, False, "Incomplete", _("The hub’s folders are incomplete."), failed=True)
        return None

    def _see_process(self, folders: Folders, name: str, running: list[Running], answers: bool) -> Seen | None:
        mine = [r for r in running if r.part == name]
        record = read_json(folders.record(name))
        if not mine:
            orphans = name == HUB and any(r.part in (SERVER, SERVICE) for r in running)
            if not record and not orphans:
                return None
            message = with_output(stopped(name), self._last_words(folders, name, record))
            return Seen(str(record.get("digest", "")), False, "Crashed", message, failed=True)
        if len(mine) > 1:
            said = _("The {part} is running twice.", part=noun(name))
            return Seen(mine[0].digest, False, "Doubled", said, failed=True)
        if answers:
            folders.silent(name).unlink(missing_ok=True)
            return Seen(mine[0].digest, True)
        if self._is_stuck(folders, name, mine[0]):
            said = _("The {part} is not responding.", part=noun(name))
            return Seen(mine[0].digest, False, "NotAnswering", said, failed=True)
        return Seen(mine[0].digest, False, "Starting", starting(name))

    def _is_stuck(self, folders: Folders, name: str, running: Running) -> bool:
        """Return whether it has not responded for `silence` seconds since the first failed check, and had time to
        start."""
        since = folders.silent(name)
        try:
            silence = time.time() - since.stat().st_mtime
        except FileNotFoundError:
            if folders.state.is_dir():
                since.touch()
            return False
        return silence > self.silence and running.age > self.starting

    def _last_words(self, folders: Folders, name: str, record: dict[str, Any]) -> str:
        return words.last_words(folders.log(name), self._secrets(folders), int(record.get("log_from") or 0))

    def _secrets(self, folders: Folders) -> list[str]:
        return [str(value) for value in read_json(folders.state / "secrets.json").values()]

    # --- change -----------------------------------------------------------------------------------------------------
    def apply(self, target: Target, part: Part) -> None:
        folders = Folders(self.var, target)
        with _plain_faults(), folders.locked():
            folders.make()
            if part.name == FILES:
                folders.intent.unlink(missing_ok=True)
                self._record(folders, part)
            elif part.name in (PROXY, HUB):
                self._apply_process(folders, part)
            else:
                raise Refused(_("A hub on one machine has no part “{part}”.", part=part.name), "UnknownPart")

    def _apply_process(self, folders: Folders, part: Part) -> None:
        running = processes.find(self.var, folders.target.uid)
        mine = [r for r in running if r.part == part.name]
        equal = [r for r in mine if r.digest == part.digest and not self._is_stuck(folders, part.name, r)]
        adopted = equal[:1]  # the oldest one holds the ports
        surplus = [r for r in mine if r not in adopted]
        if part.name == HUB and not adopted:
            # A killed hub leaves its idle culler running; people's servers stay for the next hub.
            surplus += [r for r in running if r.part == SERVICE]
        self._end(surplus)
        if adopted:
            if read_json(folders.record(part.name)).get("digest") != part.digest:
                self._record(folders, part)
            return
        self._start(folders, part)

    def _start(self, folders: Folders, part: Part) -> None:
        for port in commands.ports_of(folders.target, part.name):
            if not probe.port_is_free(port):
                said = _(
                    "Port {port} on this machine is in use by another program."
                    " The hub will start as soon as the port is free.",
                    port=port,
                )
                raise Transient(said, "PortTaken")
        make = commands.proxy_command if part.name == PROXY else commands.hub_command
        command, environ = make(folders, self.programs, part)
        commands.write_words(folders)
        if part.name == HUB:
            commands.write_hub_files(folders, part)
        words.rotate(folders.log(part.name))
        folders.silent(part.name).unlink(missing_ok=True)
        self._record(folders, part)
        processes.start(command, environ, folders.state, folders.log(part.name))

    def _record(self, folders: Folders, part: Part) -> None:
        """Save the record before the start: if the worker dies in between, the part counts as crashed, not as
        missing."""
        log = folders.log(part.name)
        record = {
            "digest": part.digest,
            "log_from": log.stat().st_size if log.exists() else 0,
            "token": part.payload.get(hub_secrets.PROXY, "") if part.name == PROXY else "",
        }
        write_atomically(folders.record(part.name), commands.as_json(record))

    def _end(self, running: list[Running]) -> None:
        if running and processes.end(running, PATIENCE):
            raise Transient(_("A process of the hub does not end. The portal will try again."), "DoesNotEnd")

    # --- remove -----------------------------------------------------------------------------------------------------
    def drop(self, target: Target, name: str) -> None:
        folders = Folders(self.var, target)
        with _plain_faults(), folders.locked():
            if name == PROXY:
                self._end([r for r in processes.find(self.var, target.uid) if r.part == PROXY])
            elif name == HUB:
                self._end([r for r in processes.find(self.var, target.uid) if r.part == HUB])
                # Look them up again: the hub may have started another server while it was ending.
                self._end([r for r in processes.find(self.var, target.uid) if r.part != PROXY])
                (folders.state / "secrets.json").unlink(missing_ok=True)
            elif name == FILES:
                self._end(processes.find(self.var, target.uid))
                folders.put_away()
                return
            else:
                return
            folders.silent(name).unlink(missing_ok=True)
            folders.record(name).unlink(missing_ok=True)  # last, so that an interrupted call is continued by the next

    # --- operations for pages ---------------------------------------------------------------------------------------
    def logs(self, target: Target, name: str, lines: int) -> str:
        with _plain_faults():
            folders = Folders(self.var, target)
            if name not in (HUB, PROXY) or not folders.record(name).exists():
                return ""
            return redact("\n".join(words.tail(folders.log(name))[-lines:]), self._secrets(folders))

    def _hub(self, target: Target) -> HubApi:
        """Return the hub's API. Raise Transient if it has no token, because then it is not running."""
        token = str(read_json(Folders(self.var, target).state / "secrets.json").get(hub_secrets.SERVICE, ""))
        if not token:
            raise unreachable()
        return probe.hub(target, token)

    def start_server(self, target: Target, user: str, server: str) -> None:
        with _plain_faults():
            self._hub(target).start_server(user, server)

    def stop_server(self, target: Target, user: str, server: str) -> None:
        with _plain_faults():
            self._hub(target).stop_server(user, server)

    def plan(self, release: Release) -> tuple[Planned, ...]:
        return ()  # one machine has no objects: the page describes the effect of a change

    def objects(self, target: Target) -> tuple[Applied, ...]:
        return ()

    # --- image tests ------------------------------------------------------------------------------------------------
    def probe(self, wanted: Probe) -> Probed | None:
        with _plain_faults():
            return image_probe.probe(self.var, self.programs, wanted.uid)

    def end_probe(self, uid: str) -> None:
        with _plain_faults():
            image_probe.end(self.var, uid)

    def sweep_probes(self) -> int:
        with _plain_faults():
            return image_probe.sweep(self.var)
