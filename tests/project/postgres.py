"""A temporary real PostgreSQL server: from Debian's package, or the `postgres` on the PATH."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.machine.children import die_with_parent
from portal.machine.private_redis import free_port

PATIENCE = 30.0  # seconds


def binary(name: str) -> str:
    """Return a binary, newest Debian version first, because their folder is not on the PATH; LookupError says what to
    install."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        raise LookupError(f"There is no {name} here. On Debian: apt-get install --no-install-recommends postgresql")
    return found


def _someone_else() -> dict[str, object]:
    """Return Debian's own account for PostgreSQL, or nobody, because PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _run_as(account: dict[str, object], argv: list[str], **options: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(argv, cwd="/", stdin=subprocess.DEVNULL, **account, **options)  # type: ignore[call-overload]


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the DATABASE_URL of a new server on a free loopback port; its only account is a superuser without password.

    Nothing is synced to disk. The server ends with the tests, even when they are killed.
    """
    folder = Path(tempfile.mkdtemp(prefix="portal-postgres-"))  # not pytest's: another account must reach it
    account = _someone_else()
    if account:
        os.chown(folder, account["user"], account["group"])  # type: ignore[arg-type]
    data, port = folder / "data", free_port()
    try:
        init = [binary("initdb"), "-D", str(data), "-U", "portal", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
        made = _run_as(account, init, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        words = made.communicate(timeout=PATIENCE)[0]
        if made.returncode:
            raise RuntimeError(f"initdb failed: {words.decode(errors='replace')}")
        options = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        argv = [binary("postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(folder), *options]
        with open(folder / "log", "wb") as log:
            server = _run_as(account, argv, stdout=log, stderr=log, preexec_fn=die_with_parent())
        try:
            _wait(server, port, folder)
            yield f"postgres://portal@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(2)  # SIGINT: "fast shutdown", does not wait for clients
            server.wait(PATIENCE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    import psycopg

    end = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="portal", dbname="postgres", connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL does not start: {(folder / 'log').read_text()}") from None
            time.sleep(0.05)  # between two calls; the deadline is above
