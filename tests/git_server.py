"""A git server on this machine: git's own `http-backend` behind a web server, with repositories that tests make."""

import os
import subprocess
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.loopback import Loopback

ENV = {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "PATH": os.environ["PATH"], "GIT_AUTHOR_NAME": "Tam",
    "GIT_AUTHOR_EMAIL": "tam@x.example", "GIT_COMMITTER_NAME": "Tam", "GIT_COMMITTER_EMAIL": "tam@x.example",
}  # fmt: skip


def git(where: Path, *words: str, **more: Any) -> bytes:
    return subprocess.run(
        ["git", *words], cwd=where, env=ENV, check=True, capture_output=True, timeout=60, **more
    ).stdout


class GitServer(Loopback):
    """Serves what is below `root`, over HTTP and without a password. `old` speaks the first version of the protocol."""

    def __init__(self, root: Path, *, old: bool = False) -> None:
        self.root, self.asked = root, list[str]()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.asked.append(f"{self.command} {self.path}")
                self._answer(server.run(self, old))

            do_POST = do_GET

            def _answer(self, output: bytes) -> None:
                head, _, body = output.partition(b"\r\n\r\n")
                fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
                self.send_response(int(fields.pop("Status", "200 OK").split()[0]))
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing."""

        super().__init__(Handler)

    def run(self, asked: BaseHTTPRequestHandler, old: bool) -> bytes:
        path, _, query = asked.path.partition("?")
        size = int(asked.headers.get("Content-Length") or 0)
        env = {
            **ENV, "GIT_PROJECT_ROOT": str(self.root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": asked.command, "CONTENT_LENGTH": str(size),
            "CONTENT_TYPE": asked.headers.get("Content-Type", ""),
            "GIT_PROTOCOL": "" if old else asked.headers.get("Git-Protocol", ""),
        }  # fmt: skip
        done = subprocess.run(
            ["git", "http-backend"], input=asked.rfile.read(size), env=env, capture_output=True, timeout=60
        )
        return done.stdout

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def address(self, name: str = "course") -> str:
        return f"https://{self.host}/uni/{name}"

    def make(self, name: str, branches: Mapping[str, Mapping[str, str]], *, filters: bool = True) -> None:
        """Create a repository with these files on each branch; the first branch is the default."""
        bare = self.root / "uni" / f"{name}.git"
        work = self.root / "work" / name
        bare.mkdir(parents=True)
        work.mkdir(parents=True)
        first = next(iter(branches), "main")
        git(bare, "init", "-q", "--bare", "-b", first)
        git(bare, "config", "uploadpack.allowFilter", str(filters).lower())
        git(work, "init", "-q", "-b", "empty")
        for branch, files in branches.items():
            git(work, "checkout", "-q", "--orphan", branch)
            git(work, "rm", "-rfq", "--ignore-unmatch", ".")
            for path, text in files.items():
                (work / path).parent.mkdir(parents=True, exist_ok=True)
                (work / path).write_text(text)
            git(work, "add", "-A")
            git(work, "commit", "-q", "--allow-empty", "-m", "Begin")
            git(work, "push", "-q", str(bare), branch)
