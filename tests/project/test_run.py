"""`make run`, for real: it starts, runs only once, restarts its processes, and leaves nothing behind."""

import re
import signal
import socket
import stat
import subprocess
import sys
import time

import httpx
import psutil
import pytest
import redis

from hubs import demo
from hubs.live import rate_limit
from portal.machine import private_redis
from portal.telemetry.measures import LAST_TICK
from tests.project.portal_process import PortalProcess, wait

pytestmark = pytest.mark.local
EVERYBODY = {"uvicorn", "worker", "beat", "redis"}
NAMES = {"uvicorn": "web"}  # in the log
WITHIN = 10.0  # seconds for everything to stop


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    """One folder for all tests: the second start is the usual one."""
    return tmp_path_factory.mktemp("var")


@pytest.fixture(scope="module")
def running(var):
    """The portal of the last test, if it left one."""
    process = PortalProcess(var)
    yield process
    process.stop(signal.SIGKILL)


@pytest.fixture
def portal(running):
    if running.process is None or running.process.poll() is not None:
        running.start()
    return running.wait_until_it_works()


def gone(children):
    return not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children.values())


def test_a_process_in_a_session_of_its_own_survives_its_worker(tmp_path):
    """Hubs are started in this way: the supervisor's children die with it, theirs don't."""
    hub = (
        "import subprocess; print(subprocess.Popen(['sleep', '600'], start_new_session=True).pid, flush=True); input()"
    )
    parent = (
        "import subprocess, sys; from portal.machine.children import die_with_parent; "
        f"subprocess.Popen([sys.executable, '-c', {hub!r}], stdin=subprocess.PIPE, preexec_fn=die_with_parent()).wait()"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout
    grandchild = psutil.Process(int(supervisor.stdout.readline()))
    try:
        worker = psutil.Process(supervisor.pid).children()
        supervisor.kill()
        supervisor.wait(10)
        wait(lambda: gone(dict(enumerate(worker))), "the child is gone", WITHIN)
        assert grandchild.is_running()
    finally:
        grandchild.kill()
        supervisor.stdout.close()  # the grandchild held its other end


def test_a_second_start_says_that_the_portal_is_running(portal, var):
    second = PortalProcess(var)
    second.log = var / "second.log"
    second.start()
    assert second.process.wait(30) == 0
    assert f"The portal is already running at {portal.url}." in second.said()
    assert portal.get("/healthz") == 200
    assert set(portal.children()) == EVERYBODY


@pytest.mark.parametrize("word", sorted(EVERYBODY))
def test_a_dead_process_is_restarted(portal, var, word):
    dead = portal.children()[word]
    dead.kill()
    new = wait(lambda: (child := portal.children().get(word)) and child != dead and child, f"a new {word}", 30)
    assert f"{NAMES.get(word, word)} ended by signal 9. Restarting in" in portal.said()
    address = (var / "redis.url").read_text()
    wait(lambda: private_redis.answers(address), "Redis answers")
    with redis.Redis.from_url(address) as client:
        client.delete(LAST_TICK)  # a later tick shows that it has come back
    portal.wait_until_it_works()
    assert portal.children()[word] == new


def test_redis_is_private(portal, var):
    url = (var / "redis.url").read_text()
    assert stat.S_IMODE((var / "redis.url").stat().st_mode) == 0o600
    assert stat.S_IMODE((var / "redis" / "redis.conf").stat().st_mode) == 0o600
    listening = [c.laddr for c in portal.children()["redis"].net_connections() if c.status == psutil.CONN_LISTEN]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    password = url.split(":")[2].split("@")[0]
    assert not any(password in word for child in portal.children().values() for word in child.cmdline())
    assert password not in portal.said()


def test_a_killed_portal_leaves_no_process(portal):
    children = portal.children()
    portal.process.kill()
    portal.process.wait(10)
    wait(lambda: gone(children), "all children are gone", WITHIN)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_starts_works_and_stops_all_its_processes(portal, number):
    assert all(username in portal.said() for username, _, _ in demo.ACCOUNTS)
    assert demo.PASSWORD in portal.said()
    assert portal.url in portal.said()
    children = portal.children()
    assert set(children) == EVERYBODY
    begin = time.monotonic()
    assert portal.stop(number) == 0
    assert time.monotonic() - begin < WITHIN
    assert gone(children)
    assert "Traceback" not in portal.said()


def test_a_taken_port_is_named(var):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = PortalProcess(var, port=port).start()
        assert refused.process.wait(30) == 1
    assert f"Port {port} can’t be used" in refused.said()
    assert f"PORT={port + 1} make run" in refused.said()


def test_wrong_settings_stop_it_with_the_hint(tmp_path):
    refused = PortalProcess(tmp_path, HUBPORTAL_LOCAL_PORTS="1").start()
    assert refused.process.wait(60) == 1
    assert "(portal.E034)" in refused.said()
    assert "HINT: Set HUBPORTAL_LOCAL_PORTS" in refused.said()
    assert "The portal can’t start." in refused.said()


def test_a_process_that_dies_repeatedly_ends_the_run(tmp_path):
    process = PortalProcess(tmp_path, HUBPORTAL_DEMO="0", UVICORN_SSL_CERTFILE="/no/such/file").start()
    alone = wait(lambda: process.children().get("redis"), "Redis")
    assert process.process.wait(120) == 1
    assert "web ended with exit code 1, 5 times in a row. See its output above." in process.said()
    assert "No such file" in process.said()
    assert alone
    assert not alone.is_running()


def test_its_folder_is_private(portal, var):
    var.chmod(0o755)
    portal.stop(signal.SIGTERM)
    again = PortalProcess(var).start()
    try:
        again.wait_until_it_answers()
        assert stat.S_IMODE(var.stat().st_mode) == 0o700
        assert stat.S_IMODE((var / "portal.sqlite3").stat().st_mode) == 0o600
    finally:
        again.stop(signal.SIGKILL)


def test_headers_can_not_evade_the_rate_limit_on_guessing(portal):
    form = {"username": "nobody", "password": "a guess"}
    with httpx.Client(base_url=portal.url, timeout=30) as browser:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get("/sign-in/").text)
        assert token
        form["csrfmiddlewaretoken"] = token[1]
        answers = [
            browser.post("/sign-in/", data=form, headers={"X-Forwarded-For": f"10.0.0.{number}"}).status_code
            for number in range(rate_limit.MOST + 1)
        ]
    assert answers == [422] * rate_limit.MOST + [429]
