"""The command that clones a repository into a home directory, run by real shells and a real git, and its reports."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from hubs.content.rules.clone_words import Why, reason
from hubs.spec import from_draft
from hubs.spec.clone_command import BEFORE, CLONE, command, words
from hubs.spec.imports import from_values
from hubs.spec.trees import get, put
from hubs.spec.values import to_values
from tests.git_server import GitServer
from tests.loopback import Loopback

COMMAND = ("singleuser", "lifecycleHooks", "postStart", "exec", "command")
NOTE = "course.not-fetched.txt"


class Hub(Loopback):
    """A hub that answers with `status` and keeps the reports that it receives."""

    def __init__(self) -> None:
        self.status, self.reports, self.tokens = 202, list[dict[str, object]](), set[str]()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hub.tokens.add(f"{self.path} {self.headers['Authorization']} {self.headers['Content-Type']}")
                hub.reports.append(json.loads(body))
                self.send_response(hub.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing."""

        super().__init__(Handler)


class Server:
    """A person's server at its start: its home directory, its hub, and git's answers from this machine."""

    def __init__(self, home: Path, git: GitServer, hub: Hub) -> None:
        self.home, self.git, self.hub, self.shell = home, git, hub, ["sh"]
        self.env = {
            "PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{git.url}/uni/.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://git.example.org/", "http_proxy": "http://127.0.0.1:1",
            "no_proxy": "", "JUPYTERHUB_API_URL": f"{hub.url}/hub/api", "JUPYTERHUB_API_TOKEN": "t0ken",
        }  # fmt: skip
        self.env |= {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_1": "http.proxy", "GIT_CONFIG_VALUE_1": ""}

    def start(
        self, name: str = "course", branch: str = "", folder: str = "course", *, waits: bool = True
    ) -> list[tuple[Why, str] | None]:
        """Run the command and return what it reported: a reason each, or None for a success."""
        said = command(f"https://git.example.org/{name}", branch, folder)
        over, held = os.pipe()  # closed when the report has been sent, which goes on after the command
        begun = subprocess.Popen(
            [*self.shell, *said[1:]], env=self.env, cwd=self.home, pass_fds=[held], start_new_session=True
        )
        os.close(held)
        assert begun.wait(90) == 0, "the server must start in any case"
        if waits:
            os.read(over, 1)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(begun.pid, signal.SIGKILL)
        os.close(over)
        found, self.hub.reports = self.hub.reports, []
        return [reason(one["status"], one["said"]) if one["status"] else None for one in found]  # type: ignore[arg-type]


@pytest.fixture
def server(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with GitServer(tmp_path / "git") as git, Hub() as hub:
        git.make("course", {"main": {"a.ipynb": "{}"}, "2026": {"b.ipynb": "{}"}})
        yield Server(home, git, hub)


def test_it_clones_once_and_reports_it(server):
    assert server.start(branch="2026") == [None]
    assert (server.home / "course/b.ipynb").exists()
    assert server.hub.tokens == {"/hub/api/material token t0ken application/json"}
    (server.home / "course/b.ipynb").write_text("mine")
    assert server.start() == [], "nothing to report, and what people change stays"
    assert (server.home / "course/b.ipynb").read_text() == "mine"
    assert not (server.home / NOTE).exists()


def test_a_failure_is_reported_and_written_down_until_it_is_over(server):
    assert server.start("nothing") == [(Why.NOT_FOUND, "")]
    assert "not found" in (server.home / NOTE).read_text()
    assert not (server.home / "course").exists()
    assert server.start(branch="2027") == [(Why.NO_BRANCH, "")]
    assert "2027" in (server.home / NOTE).read_text()
    assert server.start() == [None]
    assert sorted(one.name for one in server.home.iterdir()) == ["course"]


def test_a_folder_that_the_person_created_ends_the_failure_too(server):
    server.start("nothing")
    (server.home / "course").mkdir()
    assert server.start("nothing") == [None]
    assert not (server.home / NOTE).exists()
    assert server.start("nothing") == []


@pytest.mark.parametrize(("status", "stays"), [(503, True), (404, False), (403, False), (202, False)])
def test_an_end_that_was_not_received_is_reported_again(server, status, stays):
    """503: the portal did not receive it. 404: a hub without the portal, which is sent no further reports."""
    server.start("nothing")
    server.hub.status = status
    assert server.start() == [None]
    assert (server.home / NOTE).exists() is stays
    server.hub.status = 202
    assert server.start() == ([None] if stays else [])


def test_a_server_starts_without_hub_git_or_python(server, tmp_path):
    server.env["JUPYTERHUB_API_URL"] = "http://127.0.0.1:1/hub/api"
    assert server.start("nothing", waits=False) == []
    del server.env["JUPYTERHUB_API_URL"]
    assert server.start("nothing") == []
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in ("timeout", "tail", "rm", "sh"):
        (bare / name).symlink_to(str(shutil.which(name)))
    server.env["PATH"] = str(bare)
    assert server.start() == [], "no python"
    server.env["JUPYTERHUB_API_URL"] = f"{server.hub.url}/hub/api"
    (bare / "python3").symlink_to(os.path.realpath(sys.executable))
    assert server.start() == [(Why.NO_GIT, "")]
    assert "git" in (server.home / NOTE).read_text()


def test_a_home_directory_that_is_read_only(server):
    server.env["HOME"] = "/proc/nowhere"
    [(why, detail)] = server.start()
    assert why == Why.NOT_WRITABLE, detail


def test_a_very_long_answer_is_cut(server, tmp_path):
    """A git server may print any amount; a program's argument is limited."""
    loud = tmp_path / "bin"
    loud.mkdir()
    script = 'head -c 900000 /dev/zero | tr "\\0" x >&2; printf "\\nfatal: \\344 the end\\n" >&2; exit 128'
    (loud / "git").write_text(f"#!/bin/sh\n{script}\n")
    (loud / "git").chmod(0o755)
    server.env["PATH"] = f"{loud}:{server.env['PATH']}"
    [(why, detail)] = server.start()
    assert (why, detail) == (Why.OTHER, "fatal: the end")


def test_in_another_shell(server):
    server.shell = ["bash", "--posix"]
    assert [server.start("nothing"), server.start()] == [[(Why.NOT_FOUND, "")], [None]]


# --- in files ---------------------------------------------------------------------------------------------------------
def values(clone: str):
    spec = from_draft({"about.title": "Tried", "singleuser.content.repository": "https://git.example.org/course",
                       "singleuser.content.branch": "2026"})  # fmt: skip
    tree = to_values(spec)
    assert words(get(tree, COMMAND)) == ("https://git.example.org/course", "2026", "course")
    put(tree, COMMAND, ["sh", "-c", clone, *get(tree, COMMAND)[3:]])
    return tree


@pytest.mark.parametrize("clone", [CLONE, *BEFORE])
def test_current_and_older_values_files_become_the_field(clone):
    found = from_values(values(clone))
    content = found.spec.singleuser.content
    assert (content.repository, content.branch, content.folder) == ("https://git.example.org/course", "2026", "course")
    assert not found.spec.singleuser.postStart
    assert not found.spec.more
    assert found.round_trip
    assert not found.secrets
    assert not found.problems
    assert get(to_values(found.spec), COMMAND)[2] == CLONE, "and it reports from now on"
    assert any("also reports failures" in note for note in found.notes) is (clone != CLONE)


def test_another_command_stays_as_it_is():
    tree = values("git clone https://elsewhere.example.org")
    found = from_values(tree)
    assert not found.spec.singleuser.content.repository
    assert found.spec.singleuser.postStart[2] == "git clone https://elsewhere.example.org"


def test_the_output_of_a_hostile_server_takes_no_memory(server, tmp_path):
    """git prints the server's messages, and the shell runs in the memory of the person's server."""
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nyes remote: x | head -c 400000000\necho fatal: the end\nexit 128\n")
    program.chmod(0o755)
    server.env["PATH"] = f"{program.parent}:{server.env['PATH']}"
    server.shell = ["sh", "-c", 'ulimit -v 200000; exec sh "$@"', "sh"]
    [(why, said)] = server.start()
    assert (why, said) == reason(128, "fatal: the end")
    assert (server.home / NOTE).read_text().endswith("fatal: the end\n\n")
