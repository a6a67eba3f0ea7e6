"""The whole workflow with only the command line, against a portal started with `make run`."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from django.conf import settings

from cli.problems import CONFLICT, DIFFERS, FAILED, NOT_FOUND, REFUSED, SIGN_IN, USAGE
from hubs import demo
from tests.project.portal_process import PortalProcess, wait

pytestmark = pytest.mark.local
TERM = """\
kind: Hub
organization: river
slug: chem-101
startingPoint: class
reason: The autumn term begins.
spec:
  about: {title: Chemistry 101, heads: 80}
"""


class Terminal:
    """One person's shell, with the configuration of `hubportal`."""

    def __init__(self, portal: PortalProcess, folder: Path) -> None:
        self.portal, self.folder = portal, folder
        folder.mkdir()
        self.env = {**portal.env, "XDG_CONFIG_HOME": str(folder), "PYTHONPATH": str(settings.BASE_DIR)}
        self.command = [sys.executable, "-m", "cli"]

    def __call__(self, *args: str, code: int = 0, given: str = "") -> str:
        done = subprocess.run(
            [*self.command, *args], env=self.env, cwd=self.folder, input=given, capture_output=True, text=True,
            timeout=300,
        )  # fmt: skip
        assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
        self.said = done.stderr
        return done.stdout

    def data(self, *args: str) -> Any:
        return json.loads(self("--json", *args))

    def log_in(self, username: str, scopes: str) -> None:
        """Log in as a person who types the shown code into a browser in which they are signed in."""
        process = subprocess.Popen(
            [*self.command, "login", self.portal.url, "--no-browser", "--scopes", scopes],
            env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr
        told = process.stderr.readline()
        found = re.search(r"type ([A-Z]{4}-[A-Z]{4})$", told)
        assert found, told
        code = found[1]
        with httpx.Client(base_url=self.portal.url, follow_redirects=True, trust_env=False) as browser:
            _post(browser, "/sign-in/", username=username, password=demo.PASSWORD)
            page = browser.get("/device/", params={"user_code": code})
            assert page.status_code == 200, code
            form = {"user_code": code, "decision": "allow", "scopes": scopes.split(), "days": "7"}
            allowed = _post(browser, str(page.url), to="/device/", **form)
            assert "Access allowed." in allowed.text
        process.communicate(timeout=60)
        assert process.returncode == 0


def _post(browser: httpx.Client, path: str, *, to: str = "", **data: Any) -> httpx.Response:
    page = browser.get(path)
    [token] = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text))
    headers = {"Referer": str(page.url), "Origin": str(browser.base_url).rstrip("/")}
    return browser.post(to or path, data={"csrfmiddlewaretoken": token, **data}, headers=headers)


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    process = PortalProcess(tmp_path_factory.mktemp("var")).start()
    try:
        yield process.wait_until_it_works()
    finally:
        process.stop(signal.SIGINT)


def test_a_term_by_the_command_line_alone(portal, tmp_path):
    teacher, staff = Terminal(portal, tmp_path / "ines"), Terminal(portal, tmp_path / "stan")
    teacher("whoami", code=SIGN_IN)
    teacher.log_in("ines", "read request operate")
    staff.log_in("stan", "read approve administer")
    assert (tmp_path / "ines" / "hubportal" / "config.json").stat().st_mode & 0o777 == 0o600
    assert teacher.data("whoami")["organizations"] == {"river": "instructor"}

    # Request, from a file
    (tmp_path / "ines" / "term.yaml").write_text(TERM)
    teacher("requests", "create", "-f", "nothing.yaml", code=USAGE)
    asked = teacher.data("requests", "create", "-f", "term.yaml")
    assert (asked["state"], asked["turn"]) == ("submitted", "staff")
    assert teacher.data("requests", "plan", asked["uid"])["routine"] is False
    teacher("requests", "approve", asked["uid"], code=NOT_FOUND)

    # Approve, wait, open
    assert asked["uid"] in staff("requests", "list", "--state", "submitted")
    staff("requests", "reject", asked["uid"], code=REFUSED)
    assert "Enter the reason for the rejection" in staff.said
    assert staff.data("requests", "approve", asked["uid"], "--reason", "Enjoy")["state"] == "approved"
    staff("requests", "approve", asked["uid"], code=CONFLICT)
    hub = teacher.data("hubs", "watch", "river/chem-101")
    assert (hub["status"], hub["generation"]) == ("ready", hub["observedGeneration"])
    assert httpx.get(f"{hub['url']}hub/health", trust_env=False).status_code == 200
    assert "chem-101" in teacher("hubs", "list", "--status", "ready")

    # The same file again changes nothing; another answer is a change, and people are added
    assert "No changes: all hubs match the file." in teacher("apply", "-f", "term.yaml", "--yes")
    (tmp_path / "ines" / "people.csv").write_text("email\nmia\nnew@river.example.edu\n")
    (tmp_path / "ines" / "term.yaml").write_text(TERM.replace("heads: 80", "heads: 40") + "roster: people.csv\n")
    teacher("apply", "-f", "term.yaml", code=FAILED, given="n\n")
    assert "about.heads: 80 -> 40" in teacher("apply", "-f", "term.yaml", "--plan", code=DIFFERS)
    teacher("apply", "-f", "term.yaml", "--yes", "--wait")
    assert teacher.data("hubs", "show", "chem-101")["spec"]["about"]["heads"] == 40
    assert "new@river.example.edu" in teacher("roster", "show", "chem-101")
    assert [row["number"] for row in teacher.data("hubs", "revisions", "chem-101")] == [2, 1]
    teacher("roster", "remove", "chem-101", "new@river.example.edu")

    # A user limit of the organisation
    assert staff.data("limits", "set", "river", "usersPerHub=70")["usersPerHub"] == 70
    staff("limits", "set", "river", "nothing=1", code=USAGE)

    # Export and retire it
    teacher("hubs", "export", "chem-101", "--to", "along")
    values = yaml.safe_load((tmp_path / "ines" / "along" / "values.yaml").read_text())
    assert values["singleuser"]["memory"]["limit"]
    teacher("hubs", "retire", "chem-101", "--confirm", "wrong", code=REFUSED)
    teacher("hubs", "retire", "chem-101", "--confirm", "chem-101", "--wait")
    teacher("hubs", "show", "chem-101", code=NOT_FOUND)

    def closed() -> bool:
        try:
            return httpx.get(f"{hub['url']}hub/health", trust_env=False, timeout=5).status_code != 200
        except httpx.HTTPError:
            return True

    wait(closed, "nobody answers at its address any more")
    teacher("logout")
    teacher("whoami", code=SIGN_IN)
