"""List an image's Python packages, and test whether a person's server starts. Runs inside the image, in its own Python
(3.7 or newer), as the last part of look.sh, and prints the same kind of lines.

The server is started as JupyterHub does it: the command jupyterhub-singleuser with JupyterHub's variables, and a hub,
which this program simulates on the loopback interface. A server that responds here would respond in a hub.
"""

from __future__ import annotations

import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from typing import IO

SECONDS = 60  # a server needs about five; a hub waits up to five minutes, including the pull
MOST, LONGEST = 1500, 200
PREFIX = "/user/probe/"


def fact(*words: object) -> None:
    line = " ".join(" ".join(str(word) for word in words).split())[:LONGEST]
    sys.stdout.buffer.write(f"HUBPORTAL-PROBE {line}\n".encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def packages() -> dict[str, str]:
    """Return versions by name, as spelled in the metadata."""
    try:
        from importlib.metadata import distributions
    except ImportError:
        return {}
    found: dict[str, str] = {}
    for one in distributions():
        try:
            name = str(one.metadata["Name"] or "")
            if name and name not in found and len(found) < MOST:
                found[name] = str(one.version)
        except Exception:  # noqa: S112 - a broken package must not hide the others
            continue
    return found


class Hub(http.server.BaseHTTPRequestHandler):
    """The part of JupyterHub's API that a server uses while it starts."""

    version = "5.0.0"

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        body = json.dumps({"version": self.version}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-JupyterHub-Version", self.version)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 65536))
        self.do_GET()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment(hub_port: int, port: int, home: str) -> dict[str, str]:
    """Return the variables that JupyterHub's spawners set, by their documentation."""
    own = dict(os.environ)
    own.pop("HUBPORTAL_LOOK", None)
    own.update(
        HOME=home,
        JUPYTERHUB_API_TOKEN="0" * 32, JPY_API_TOKEN="0" * 32, JUPYTERHUB_CLIENT_ID="jupyterhub-user-probe",
        JUPYTERHUB_HOST="", JUPYTERHUB_BASE_URL="/", JUPYTERHUB_USER="probe", JUPYTERHUB_SERVER_NAME="",
        JUPYTERHUB_API_URL=f"http://127.0.0.1:{hub_port}/hub/api",
        JUPYTERHUB_ACTIVITY_URL=f"http://127.0.0.1:{hub_port}/hub/api/users/probe/activity",
        JUPYTERHUB_SERVICE_PREFIX=PREFIX, JUPYTERHUB_OAUTH_CALLBACK_URL=PREFIX + "oauth_callback",
        JUPYTERHUB_SERVICE_URL=f"http://127.0.0.1:{port}{PREFIX}",
        JUPYTERHUB_OAUTH_SCOPES='["access:servers!server=probe/"]',
        JUPYTERHUB_OAUTH_ACCESS_SCOPES='["access:servers!server=probe/"]',
        JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES="[]",
    )  # fmt: skip
    return own


def answers(port: int) -> bool:
    """Return whether the server responds without a server error, as JupyterHub checks it."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{PREFIX}api")
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=5) as answer:
            return bool(answer.status < 500)
    except urllib.error.HTTPError as error:
        return error.code < 500
    except Exception:  # not yet
        return False


def start(command: str, version: str) -> str:
    """Start the server. Return "" if it responded, otherwise why not."""
    Hub.version = version or Hub.version
    hub = http.server.HTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    folder = tempfile.mkdtemp()  # a person's home is not the image's own
    port, root = free_port(), ["--allow-root"] if os.geteuid() == 0 else []
    words = tempfile.TemporaryFile()  # noqa: SIM115 - it stays open until this program ends
    began = time.time()
    try:
        server = subprocess.Popen(
            [command, *root], env=environment(hub.server_address[1], port, folder), cwd=folder,
            stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return f"{type(error).__name__}: {error.strerror}"
    try:
        while time.time() < began + SECONDS:
            if answers(port):
                fact("seconds", f"{time.time() - began:.1f}")
                return ""
            if server.poll() is not None:
                return last_words(words) or f"It ended with exit code {server.returncode}."
            time.sleep(0.2)
        return f"It did not respond within {SECONDS} seconds. {last_words(words)}"
    finally:
        end(server)
        shutil.rmtree(folder, ignore_errors=True)


def last_words(words: IO[bytes]) -> str:
    words.seek(0, os.SEEK_END)
    words.seek(max(0, words.tell() - 16384))
    lines = [line.strip() for line in words.read().decode("utf-8", "replace").splitlines() if line.strip()]
    telling = [line for line in lines if "Error" in line or "error:" in line] or lines
    return telling[-1] if telling else ""


def end(server: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, sign)
            server.wait(5)
            break
        except Exception:  # noqa: S112 - it has ended, or can't be ended
            continue


def main() -> None:
    fact("python", sys.version.split()[0])
    found = packages()
    known = {name.lower().replace("_", "-"): version for name, version in found.items()}
    for name in ("jupyterlab", "notebook", "nbgitpuller"):
        if known.get(name):
            fact(name, known[name])
    for name, version in sorted(found.items()):
        fact("package", name, version)
    command = shutil.which("jupyterhub-singleuser")
    if command:
        fact("jupyterhub", known.get("jupyterhub", "?"))
        try:
            why = start(command, known.get("jupyterhub", ""))
        except Exception as error:  # an image can lack anything: a writable folder, a loopback interface
            why = f"{type(error).__name__}: {error}"
        fact("fails", why) if why else fact("starts")


main()
