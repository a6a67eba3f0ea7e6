"""The command line without a portal: output, failures and completion."""

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.conf import settings

from cli.client import Portal
from cli.problems import AWAY, SIGN_IN, Trouble
from cli.show import cell, harmless, table

pytestmark = pytest.mark.processes

START = "import sys; sys.argv[0] = 'hubportal'; from cli.main import run; run()"  # as the entry point does


def run(folder, *args: str, **env: str) -> subprocess.CompletedProcess:
    here = {"PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": str(folder), "PYTHONPATH": str(settings.BASE_DIR), **env}
    command = [sys.executable, "-c", START, *args]
    return subprocess.run(command, env=here, cwd=folder, capture_output=True, text=True, timeout=60)


def test_a_failure_is_one_json_document_for_programs_and_nothing_else(tmp_path):
    done = run(tmp_path, "--json", "whoami")
    assert (done.returncode, done.stdout) == (SIGN_IN, "")
    assert json.loads(done.stderr)["exitCode"] == SIGN_IN


def test_an_unreachable_portal_has_its_own_exit_code(tmp_path):
    done = run(tmp_path, "whoami", HUBPORTAL_URL="http://127.0.0.1:9", HUBPORTAL_TOKEN="hubp_nothing")
    assert done.returncode == AWAY
    assert "is not responding" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_completion(tmp_path, shell):
    done = run(tmp_path, _HUBPORTAL_COMPLETE=f"source_{shell}")
    assert done.returncode == 0
    assert "_HUBPORTAL_COMPLETE" in done.stdout


def test_a_table_is_cut_to_its_width_and_has_no_control_characters():
    lines = table([["a", "a title that is much longer than there is room"]], ["id", "title"], width=20)
    assert all(len(line) <= 20 for line in lines)
    assert lines[1].endswith("…")
    assert "\x1b" not in cell("bad \x1b[31mtitle")
    assert cell("two\nlines") == "two lines"
    assert harmless("\x1b]0;a title\x07\n\tand\rmore\x9b2J") == " ]0;a title \n\tand more 2J"


class TwoPages(BaseHTTPRequestHandler):
    """A list whose first page names another host for the next page."""

    def do_GET(self):
        self.server.asked.append(self.path)
        more = "cursor=" not in self.path
        following = "http://elsewhere.invalid/api/v1/hubs/?cursor=c&status=ready&status=updating" if more else None
        body = json.dumps({"results": [{"n": len(self.server.asked)}], "next": following}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Log nothing."""


def test_the_next_page_is_fetched_from_the_same_portal():
    with HTTPServer(("127.0.0.1", 0), TwoPages) as server:
        server.asked = []
        Thread(target=server.serve_forever, daemon=True).start()
        portal = Portal(f"http://127.0.0.1:{server.server_port}", "hubp_secret", seconds=10)
        try:
            rows = list(portal.rows("/api/v1/hubs/"))
        finally:
            portal.http.close()
            server.shutdown()
    assert rows == [{"n": 1}, {"n": 2}]
    assert server.asked == ["/api/v1/hubs/?limit=200", "/api/v1/hubs/?cursor=c&status=ready&status=updating"]


@pytest.mark.parametrize(
    "end", ["http://elsewhere.invalid/api/v1/me/", "{}.invalid/", "{}@elsewhere.invalid/", "http://[/"]
)
def test_the_token_goes_to_no_other_host(end):
    portal = Portal("http://127.0.0.1:9", "hubp_secret", seconds=5)
    try:
        with pytest.raises(Trouble, match="not a path at"):
            portal.get(end.format(portal.url))
        with pytest.raises(Trouble, match="is not responding"):
            portal.send("POST", f"{portal.url}/api/v1/me/", form={})  # its own host: called once
    finally:
        portal.http.close()
