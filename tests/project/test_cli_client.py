"""How the command line handles answers of a busy portal, a broken connection, or another kind of server."""

import contextlib
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cli.client import Portal
from cli.config import Config, address
from cli.problems import AWAY, CONFLICT, FAILED, NOT_FOUND, REFUSED, SIGN_IN, USAGE, Trouble
from cli.session import Session

pytestmark = pytest.mark.processes

PROBLEM = {"title": "Not valid", "detail": "Two fields are wrong.", "errors": {"about.heads": ["At least 1."]}}


class Scripted(BaseHTTPRequestHandler):
    """Returns the prepared answers one after another, and records the requests."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        status, headers, text = self.server.script.pop(0)  # type: ignore[attr-defined]
        if status == 0:  # processed, and the connection is cut before the answer
            return self.connection.close()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_PATCH = do_DELETE = _answer

    def log_message(self, *_) -> None:
        pass


@contextlib.contextmanager
def serving():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    server.script, server.asked = [], []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server():
    with serving() as one:
        yield one


@pytest.fixture
def portal(server):
    one = Portal(f"http://127.0.0.1:{server.server_port}", "hubp_token")
    yield one
    one.http.close()


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A folder for files of the command line, with nothing in its environment."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("HUBPORTAL_URL", "HUBPORTAL_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "hubportal" / "config.json"


def ok(data=None):
    return 200, {"Content-Type": "application/json"}, json.dumps(data)


@pytest.mark.parametrize("status", [429, 503])
def test_an_answer_with_retry_after_is_retried(server, portal, status):
    server.script = [(status, {"Retry-After": "0.1"}, ""), ok({"fine": True})]
    assert portal.get("/api/v1/me/") == {"fine": True}
    assert [path for _, path, _, _ in server.asked] == ["/api/v1/me/"] * 2


def test_a_post_without_an_answer_is_repeated_with_the_same_key(server, portal):
    server.script = [(0, {}, ""), ok({"uid": "r1"}), ok({"uid": "r2"})]
    assert portal.post("/api/v1/requests/", {"slug": "a"}) == {"uid": "r1"}
    assert portal.post("/api/v1/requests/", {"slug": "a"}) == {"uid": "r2"}
    keys = [headers["Idempotency-Key"] for _, _, headers, _ in server.asked]
    assert keys[0] == keys[1] != keys[2]
    assert server.asked[0][3] == server.asked[1][3] == b'{"slug":"a"}'


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, SIGN_IN), (403, NOT_FOUND), (404, NOT_FOUND), (409, CONFLICT), (412, CONFLICT), (422, REFUSED),
     (500, FAILED), (502, AWAY)],
)  # fmt: skip
def test_each_refusal_has_its_exit_code_message_and_fields(server, portal, status, code):
    server.script = [(status, {"Content-Type": "application/problem+json"}, json.dumps(PROBLEM))]
    with pytest.raises(Trouble) as caught:
        portal.get("/api/v1/hubs/")
    assert (caught.value.code, caught.value.message) == (code, "Two fields are wrong.")
    assert "about.heads: At least 1." in caught.value.lines
    assert ("hubportal login" in str(caught.value.lines)) is (status == 401)


@pytest.mark.parametrize("text", ["<html>Bad gateway</html>", "[1, 2]", '{"errors": ["no map"]}', ""])
def test_an_unreadable_refusal_is_still_reported(server, portal, text):
    server.script = [(500, {}, text)]
    with pytest.raises(Trouble, match="status 500"):
        portal.get("/api/v1/hubs/")


def test_another_server_than_a_portal_is_reported(server, portal):
    server.script = [(200, {"Content-Type": "text/html"}, "<h1>Welcome to nginx</h1>")]
    with pytest.raises(Trouble, match="Check that this is the address of a portal") as caught:
        portal.get("/api/v1/me/")
    assert caught.value.code == AWAY


@pytest.mark.parametrize(
    "answer", [(200, {}, "<h1>Hello</h1>"), (200, {}, "[]"), (404, {}, "<h1>No</h1>"), (502, {}, "")]
)
def test_logging_in_at_another_server_is_reported(server, portal, answer):
    server.script = [answer]
    with pytest.raises(Trouble) as caught:
        portal.form("/api/v1/device/authorize/", {"client_id": "hubportal"})
    assert caught.value.code == AWAY


def test_the_token_is_not_sent_to_a_redirect(server, portal):
    with serving() as elsewhere:
        server.script = [(302, {"Location": f"http://127.0.0.1:{elsewhere.server_port}/api/v1/me/"}, "")]
        with pytest.raises(Trouble, match="redirects to"):
            portal.get("/api/v1/me/")
        following = f"http://127.0.0.1:{elsewhere.server_port}/api/v1/hubs/?cursor=x"
        server.script = [ok({"results": [], "next": following}), ok({"results": [], "next": None})]
        assert list(portal.rows("/api/v1/hubs/")) == []
        assert server.asked[-1][1] == "/api/v1/hubs/?cursor=x"
        assert elsewhere.asked == []


def test_rows_are_fetched_page_by_page_up_to_the_wanted_number(server, portal):
    first = {"results": [{"n": 1}, {"n": 2}], "next": f"{portal.url}/api/v1/hubs/?cursor=x"}
    server.script = [ok(first), ok({"results": [{"n": 3}], "next": None}), ok(first)]
    assert [row["n"] for row in portal.rows("/api/v1/hubs/", q="")] == [1, 2, 3]
    assert [row["n"] for row in portal.rows("/api/v1/hubs/", 2)] == [1, 2]
    assert [path for _, path, _, _ in server.asked] == [
        "/api/v1/hubs/?limit=200", "/api/v1/hubs/?cursor=x", "/api/v1/hubs/?limit=2",
    ]  # fmt: skip


# --- accounts and portals ---------------------------------------------------------------------------------------------
def test_two_portals_side_by_side(kept):
    one, other = "https://one.example.org", "https://two.example.org"
    Config(one, {one: "hubp_1", other: "hubp_2"}).write()
    assert kept.stat().st_mode & 0o777 == 0o600
    session = Session()
    assert (session.portal().url, session.portal().token) == (one, "hubp_1")
    session.url = f"{other}/"
    assert (session.portal().url, session.portal().token) == (other, "hubp_2")
    session.url = "https://three.example.org"
    with pytest.raises(Trouble, match="You are not logged in to https://three"):
        session.portal()


def test_the_environment_takes_precedence_over_the_file(kept, monkeypatch):
    Config("https://one.example.org", {"https://one.example.org": "hubp_1"}).write()
    monkeypatch.setenv("HUBPORTAL_TOKEN", "hubp_env")
    assert Session().portal().token == "hubp_env"
    monkeypatch.setenv("HUBPORTAL_URL", "https://env.example.org")
    kept.write_text("{")  # not even read
    assert Session().portal().url == "https://env.example.org"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"current": "x"}', '{"current": "x", "tokens": [1]}'])
def test_a_broken_file_says_what_to_do(kept, text):
    kept.parent.mkdir()
    kept.write_text(text)
    with pytest.raises(Trouble, match="Remove it and log in again") as caught:
        Session().portal()
    assert caught.value.code == SIGN_IN


def test_the_file_is_private_even_if_a_temporary_one_was_left(kept):
    kept.parent.mkdir()
    left = kept.with_suffix(".new")
    left.write_text("left by a crash")
    os.chmod(left, 0o666)
    Config("https://one.example.org", {}).write()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert not left.exists()


@pytest.mark.parametrize("given", ["portal.example.org", "ftp://portal.example.org", "https://a b.example.org", ""])
def test_an_invalid_address_is_refused(given):
    with pytest.raises(Trouble) as caught:
        address(given)
    assert caught.value.code == USAGE
