"""`make run`: the portal's processes on one machine, supervised, with one log. `python -m portal.run`.

Two hundred lines instead of honcho: honcho stops everything as soon as one process ends, leaves orphans when it is
killed, and supports neither "wait until Redis responds" nor "already running". There is one thread and one loop, and
Django is not imported: `manage.py prepare` does what needs it.

The worker starts hubs in their own sessions, so they survive a restart of the portal and are adopted again.
"""

import fcntl
import http.client
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from portal import prepared
from portal.machine import private_redis
from portal.machine.children import Child

BASE_DIR = Path(__file__).resolve().parent.parent
QUICK_DEATH = 20.0  # seconds; a longer run resets the count of failures
GIVE_UP_AFTER = 5  # quick deaths in a row: about 10 s of retries
PATIENCE = 60.0  # seconds until the portal must have responded once
COLOURS = {"redis": 35, "setup": 37, "web": 36, "worker": 32, "beat": 33, "portal": 1}


class Stop(Exception):
    """Ends the run, with a message and an exit code."""

    def __init__(self, message: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class Supervisor:
    """Starts children, shows their output, restarts those that die, and stops all of them."""

    def __init__(self, env: dict[str, str], out: IO[str] = sys.stdout) -> None:
        self.env = env
        self.out = out
        self.colour = out.isatty() and "NO_COLOR" not in env
        self.children: list[Child] = []
        self.signals = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)

    def _asked_to_stop(self, number: int, frame: Any) -> None:
        self.signals += 1

    def say(self, name: str, line: str) -> None:
        head = f"{name:<7}|"
        if self.colour:
            head = f"\033[{COLOURS.get(name, 37)}m{head}\033[0m"
        self.out.write(f"{time.strftime('%H:%M:%S')} {head} {line}\n")
        self.out.flush()

    def show(self, child: Child, *, died: bool = False) -> None:
        lines = child.lines()
        if child.quiet:
            child.tail.extend(lines)
            lines = list(child.tail) if died else []
        for line in lines:
            self.say(child.name, line)

    def start(self, child: Child) -> Child:
        child.start(BASE_DIR, self.env)
        if child not in self.children:
            self.children.append(child)
        return child

    def turn(self, seconds: float = 0.2) -> None:
        """Run one turn of the loop: show new output. Raise Stop after a signal to stop."""
        with selectors.DefaultSelector() as selector:
            for child in self.children:
                if child.alive:
                    selector.register(child, selectors.EVENT_READ)
            if selector.get_map():
                selector.select(seconds)
            else:
                time.sleep(seconds)
        for child in self.children:
            self.show(child)
        if self.signals:
            raise Stop("Stopping.", 0)

    def until(self, ready: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        """Loop until `ready` returns True. Raise Stop after `seconds`."""
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                raise Stop(f"{what} did not respond within {seconds:.0f} s. See its output above.")
            self.keep()
            self.turn()

    def keep(self) -> None:
        """Restart children that have died. Raise Stop when one dies too often."""
        now = time.monotonic()
        for child in self.children:
            if child.alive or child.process is None:
                continue
            if child.due is None:
                self._died(child, now)
            elif now >= child.due:
                self.start(child)

    def _died(self, child: Child, now: float) -> None:
        self.show(child, died=True)
        lived, code = now - child.started, child.process.returncode if child.process else 0
        child.failures = child.failures + 1 if lived < QUICK_DEATH else 1
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        if child.failures >= GIVE_UP_AFTER:
            raise Stop(f"{child.name} ended {how}, {child.failures} times in a row. See its output above.")
        wait = 0.5 * 2 ** (child.failures - 1)
        child.due = now + wait
        child.close()
        self.say("portal", f"{child.name} ended {how}. Restarting in {wait:g} s.")

    def finish(self, groups: list[list[Child]]) -> None:
        """Send SIGTERM group by group, then SIGKILL after a child's grace period or another signal."""
        asked = self.signals
        for group in groups:
            for child in group:
                child.signal(signal.SIGTERM)
            begin = time.monotonic()
            while any(child.alive for child in group):
                for child in group:
                    if time.monotonic() - begin > child.grace or self.signals > asked + 1:
                        child.signal(signal.SIGKILL)
                    self.show(child)
                time.sleep(0.02)
            for child in group:
                self.show(child)
                child.close()


def lock(var: Path, address: str) -> IO[str]:
    """Hold var/run.lock for the lifetime of this process. Raise Stop if another run holds it."""
    file = open(var / "run.lock", "a+")  # noqa: SIM115 - held, and released by the kernel when the process ends
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        words = f"The portal is already running at {file.read().strip() or address}."
        raise Stop(f"{words} To stop it, press Ctrl-C in the terminal where it was started.", 0) from None
    file.seek(0)
    file.truncate()
    file.write(f"{address}\n")
    file.flush()
    return file


def port_is_free(port: int) -> None:
    """Raise Stop, with what to do, if the port is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            other = port + 1 if port < 65535 else 8000
            words = f"Port {port} can’t be used ({error.strerror})."
            raise Stop(f"{words} Choose another port: PORT={other} make run") from None


def start_redis(supervisor: Supervisor, var: Path) -> Child:
    """Start a private Redis, and write its address to var/redis.url for every process of this folder."""
    for _ in range(3):  # another process may take the free port before Redis binds it
        try:
            argv, url = private_redis.configure(var / "redis", private_redis.free_port())
        except LookupError as error:
            raise Stop(str(error)) from None
        child = supervisor.start(Child("redis", argv, grace=3, quiet=True))
        end = time.monotonic() + 5
        while child.alive and time.monotonic() < end:
            if private_redis.answers(url):
                private_redis.write_private(var / "redis.url", url)
                return child
            supervisor.turn(0.02)
        supervisor.show(child, died=True)
        child.signal(signal.SIGKILL)
        supervisor.children.remove(child)
    raise Stop("Redis does not start. See its output above.")


def prepare(supervisor: Supervisor, var: Path) -> Child:
    """Start checks, migrations and demo data."""
    env = supervisor.env
    demo = env.get("HUBPORTAL_DEMO", "1") != "0" and env.get("HUBPORTAL_PRODUCTION", "").lower() in ("", "0", "false")
    argv = [sys.executable, "manage.py", "prepare", "--welcome", str(var / "welcome.txt"), *(["--demo"] * demo)]
    return supervisor.start(Child("setup", argv))


def prepared_words(supervisor: Supervisor, child: Child, var: Path) -> str:
    """Wait until everything is prepared, and return the welcome message. Raise Stop if that failed."""
    while child.alive:
        supervisor.turn(0.05)
    supervisor.turn(0)
    supervisor.children.remove(child)
    if child.process and child.process.returncode:
        raise Stop("The portal can’t start. See the errors above.")
    return (var / "welcome.txt").read_text()


def _said(env: Mapping[str, str], name: str) -> bool:
    """Return whether a boolean setting is on."""
    return env.get(name, "").lower() not in ("", "0", "false", "no", "off")


def processes(port: int, *, behind_proxy: bool = False) -> tuple[Child, Child, Child]:
    """Return web, worker and beat. Headers with the client's address are trusted only behind a proxy: else each attempt
    to guess a password could come from another forged address.

    The worker uses threads, because reconciling waits for files, processes and responses, not for the CPU. So one
    process is enough instead of a parent and its pool, SQLite has one writer less, and SIGKILL ends a whole worker,
    never a parent without its children.
    """
    python = [sys.executable, "-m"]
    # Running as root is acceptable on one's own machine: messages are JSON, and contain only ids.
    calm = ["-W", "ignore:You're running the worker with superuser privileges"]
    celery = [sys.executable, *calm, "-m", "celery", "--quiet", "--skip-checks"]  # `prepare` has checked
    web = [*python, "uvicorn", "portal.asgi:application", "--host", "127.0.0.1", "--port", str(port)]
    web += [
        "--http",
        "portal.web.front_door:FrontDoor",
        "--lifespan",
        "off",
        "--log-level",
        "warning",
        "--no-access-log",
        "--timeout-graceful-shutdown",
        "2",
    ]
    web += [] if behind_proxy else ["--no-proxy-headers"]
    worker = [*celery, "-A", "portal", "worker", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"]
    worker += ["--without-gossip", "--without-mingle"]  # there are no other workers
    beat = [*celery, "-A", "portal.clock", "beat", "--loglevel", "WARNING", "--pidfile", ""]
    return Child("web", web, grace=4), Child("worker", worker, grace=8), Child("beat", beat, grace=2)


def healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    var = Path(os.environ.get("HUBPORTAL_VAR") or BASE_DIR / "var").resolve()
    port = int(os.environ.get("PORT") or 8000)
    os.umask(0o077)  # private to this user, including the database: it contains sessions and password hashes
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    if var.stat().st_uid == os.geteuid():
        var.chmod(0o700)
    env = {"DJANGO_SETTINGS_MODULE": "portal.settings", **os.environ}
    env |= {"HUBPORTAL_VAR": str(var), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    supervisor = Supervisor(env)
    web, worker, beat = processes(port, behind_proxy=_said(env, "HUBPORTAL_BEHIND_PROXY"))
    redis: list[Child] = []
    held: IO[str] | None = None
    try:
        held = lock(var, env.get("HUBPORTAL_URL") or f"http://127.0.0.1:{port}")
        port_is_free(port)
        if not env.get("REDIS_URL"):
            redis.append(start_redis(supervisor, var))
        nothing_new = prepared.last(var).get("files") == prepared.of_files(env)
        setup = prepare(supervisor, var)
        if nothing_new:  # the tables exist: the web process loads during the checks
            supervisor.start(web)
        welcome = prepared_words(supervisor, setup, var)
        if not nothing_new:
            supervisor.start(web)
        supervisor.until(lambda: healthy(port), "The portal")
        supervisor.out.write(welcome + "\n")
        supervisor.out.flush()
        supervisor.start(worker)  # after web, because on two cores they would slow down each other's start
        supervisor.start(beat)
        while True:
            supervisor.keep()
            supervisor.turn()
    except Stop as stop:
        if str(stop):
            supervisor.say("portal", str(stop))
        return stop.code
    finally:
        supervisor.finish([[beat, web], [worker], redis, [c for c in supervisor.children if c.name == "setup"]])
        if held:
            held.close()


if __name__ == "__main__":
    sys.exit(main())
