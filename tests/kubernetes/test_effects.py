"""The effect of fields that limit, open or close something on a running hub: two hubs with different values get the
same calls. They are configured as in their pods; people's servers are processes here, so that they run."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from subprocess import DEVNULL, Popen
from threading import Thread
from typing import Any

import psutil
import pytest

from hubs.spec import from_draft
from tests.runtimes.people import Person
from tests.runtimes.worlds import until

from .hub_process import HubProcess
from .server import KubeServer
from .test_hub_configuration import spec_changes
from .test_typed_fields import PASSWORDS, configured

pytestmark = pytest.mark.kubernetes
PASSWORD = next(text for name, text in PASSWORDS.items() if name.endswith("user_password"))
PEOPLE = ("ada", "mia", "omar", "lena")
BOTH = {
    "about.title": "Tried",
    "signIn.method": "shared-password",
    "signIn.allowAll": "yes",
    "signIn.adminUsers": "ada",
}
OPEN = {
    **BOTH, "hub.allowNamedServers": "yes", "hub.namedServerLimitPerUser": "1", "hub.redirectToServer": "yes",
    "hub.shutdownOnLogout": "yes", "cull.enabled": "yes", "cull.timeout": "30",
    "cull.users": "yes", "hub.loadRoles": "readers:\n  scopes: ['list:users']\n  users: [mia]\n",
}  # fmt: skip
TIGHT = {
    **BOTH, "hub.activeServerLimit": "2", "hub.concurrentSpawnLimit": "1", "hub.allowNamedServers": "no",
    "hub.redirectToServer": "no", "hub.shutdownOnLogout": "no", "cull.enabled": "no",
}  # fmt: skip
PROCESSES = """
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{homes}/{{username}}"
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp"}}
"""
# An idle culler some minutes in the future: its queries to the hub and its actions are real.
LATER = """
import sys, time, time_machine
from jupyterhub_idle_culler import main
with time_machine.travel(time.time() + 60 * float(sys.argv.pop(1)), tick=True):
    main()
"""


class Report(BaseHTTPRequestHandler):
    """A service of the hub."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the report")

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def report() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Report) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def hub_of(kube: KubeServer, folder: Path, draft: dict[str, str]) -> Iterator[HubProcess]:
    code = PROCESSES.format(homes=folder / "homes")
    with HubProcess(kube, folder, typed=PASSWORDS, code=code, **spec_changes(from_draft(draft))) as hub:
        for name in PEOPLE:
            hub.ask("POST", f"users/{name}")
        yield hub


@pytest.fixture(scope="module")
def opened(kube: KubeServer, report: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    draft = {**OPEN, "hub.services": f"report:\n  url: {report}\n"}
    with hub_of(kube, tmp_path_factory.mktemp("open"), draft) as hub:
        yield hub


@pytest.fixture(scope="module")
def tight(kube: KubeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with hub_of(kube, tmp_path_factory.mktemp("tight"), TIGHT) as hub:
        yield hub


@pytest.fixture(autouse=True)
def _nobody_works(opened: HubProcess, tight: HubProcess) -> Iterator[None]:
    yield
    for hub in (opened, tight):
        for name, servers in running(hub).items():
            for server in servers:
                hub.ask("DELETE", f"users/{name}/servers/{server}" if server else f"users/{name}/server")
        until(lambda hub=hub: not any(running(hub).values()), 60, "every server has stopped")  # type: ignore[misc]


def running(hub: HubProcess) -> dict[str, set[str]]:
    """Return {person: their servers, "" is the unnamed one}; servers that are ready or starting."""
    return {
        user["name"]: {name for name, one in user["servers"].items() if one["ready"] or one["pending"]}
        for user in hub.ask("GET", "users").json()
    }


def start(hub: HubProcess, user: str, name: str = "") -> tuple[int, str]:
    """Return the answer of the hub's API: status and text."""
    answer = hub.ask("POST", f"users/{user}/servers/{name}" if name else f"users/{user}/server")
    return answer.status_code, answer.text


def started(hub: HubProcess, user: str, name: str = "") -> None:
    """Start a server and wait until it runs and the hub knows."""
    assert start(hub, user, name)[0] in (201, 202)

    def ready() -> bool:
        server = hub.ask("GET", f"users/{user}").json()["servers"].get(name, {})
        return bool(server.get("ready"))

    until(ready, 60, f"the server “{name}” of {user} runs")


@pytest.fixture
def person() -> Iterator[Callable[[HubProcess, str], Person]]:
    """A person who is signed in to a hub."""
    with ExitStack() as browsers:

        def come(hub: HubProcess, name: str) -> Person:
            somebody = Person(hub.target, name)
            browsers.callback(somebody.browser.close)
            assert somebody.sign_in_with(PASSWORD).status_code == 200
            return somebody

        yield come


# --- hub --------------------------------------------------------------------------------------------------------------
def test_concurrent_starts_and_running_servers_are_limited(tight: HubProcess, opened: HubProcess):
    assert start(tight, "mia")[0] == 202
    status, words = start(tight, "omar")
    assert (status, "Too many users" in words) == (429, True), "concurrentSpawnLimit: mia's is on its way"
    until(lambda: tight.ask("GET", "users/mia").json()["servers"][""]["ready"], 60, "mia's server runs")
    started(tight, "omar")
    status, words = start(tight, "lena")
    assert (status, "Active user limit" in words) == (429, True), "activeServerLimit: two run"
    assert [start(opened, name)[0] for name in ("mia", "omar", "lena")] == [202] * 3


def test_named_servers_need_the_setting_and_are_limited_per_person(tight: HubProcess, opened: HubProcess):
    status, words = start(tight, "mia", "second")
    assert (status, "not enabled" in words) == (400, True)
    started(opened, "mia", "second")
    status, words = start(opened, "mia", "third")
    assert (status, "maximum of 1" in words) == (400, True)


def test_the_start_page_leads_to_the_server_or_to_the_hubs_home(tight: HubProcess, opened: HubProcess, person: Any):
    assert person(tight, "mia").get("hub/").url.path.endswith("/hub/home")
    assert "/spawn" in person(opened, "mia").get("hub/").url.path


def test_signing_out_keeps_or_stops_the_server(tight: HubProcess, opened: HubProcess, person: Any):
    for hub in (tight, opened):
        started(hub, "lena")
        person(hub, "lena").get("hub/logout")
    until(lambda: not running(opened)["lena"], 60, "it stopped as she left")
    assert running(tight)["lena"] == {""}


def test_a_role_gives_its_users_the_list_of_people(tight: HubProcess, opened: HubProcess, person: Any):
    def asked(hub: HubProcess, name: str) -> tuple[int, list[str]]:
        somebody = person(hub, name)
        answer = somebody.get("hub/api/users", headers={"X-XSRFToken": somebody.browser.cookies["_xsrf"]})
        return answer.status_code, sorted(one["name"] for one in answer.json()) if answer.status_code == 200 else []

    assert asked(opened, "mia")[1] == ["ada", "lena", "mia", "omar"]
    assert asked(opened, "omar")[1] in ([], ["omar"])
    assert asked(tight, "mia")[1] in ([], ["mia"])


def test_a_service_answers_at_the_hub_that_has_it(tight: HubProcess, opened: HubProcess, person: Any):
    assert person(opened, "mia").get("services/report/").text == "the report"
    assert person(tight, "mia").get("services/report/").status_code == 404


# --- idle servers -----------------------------------------------------------------------------------------------------
def cullers(hub: HubProcess) -> list[psutil.Process]:
    children = [one for process in hub.running for one in psutil.Process(process.pid).children(recursive=True)]
    return [one for one in children if "jupyterhub_idle_culler" in one.cmdline()]


def test_the_culler_runs_where_it_is_enabled(tight: HubProcess, opened: HubProcess):
    assert (len(cullers(opened)), len(cullers(tight))) == (1, 0)


@pytest.fixture
def culling(kube: KubeServer, tmp_path: Path, opened: HubProcess) -> Iterator[Any]:
    """Return culling({field: typed}, minutes), which runs that hub's culler, as configured, minutes from now."""
    mine: list[Popen[bytes]] = []
    [own] = cullers(opened)
    env = {**own.environ(), "PATH": str(Path(sys.executable).parent)}
    was = opened.log().count("jupyterhub-idle-culler@")

    def flags(typed: dict[str, str]) -> Sequence[str]:
        other = HubProcess(kube, tmp_path, typed=PASSWORDS, **spec_changes(from_draft({**OPEN, **typed})))
        other.make_room()
        other.write_files()
        [service] = [s for s in configured(other)["JupyterHub"]["services"] if s["name"] == "jupyterhub-idle-culler"]
        return [one for one in service["command"][3:] if not one.startswith("--url")]

    def run(typed: dict[str, str], minutes: float) -> None:
        nonlocal was
        [url] = [one for one in own.cmdline() if one.startswith("--url=")]
        for process in mine:
            process.kill()
            process.wait()
        was = opened.log().count("jupyterhub-idle-culler@")
        argv = [sys.executable, "-c", LATER, str(minutes), *flags(typed), url]
        mine.append(Popen(argv, env=env, stdin=DEVNULL))
        until(lambda: opened.log().count("jupyterhub-idle-culler@") > was, 60, "it has asked who is idle")

    yield run
    for process in mine:
        process.kill()
        process.wait()


def test_servers_idle_for_longer_than_the_timeout_are_stopped(opened: HubProcess, culling: Any):
    started(opened, "mia")
    started(opened, "ada", "second")
    culling({"cull.timeout": "60", "cull.users": "no"}, 40)
    assert (running(opened)["mia"], running(opened)["ada"]) == ({""}, {"second"})
    culling({"cull.timeout": "30", "cull.users": "no", "cull.removeNamedServers": "yes"}, 40)
    until(lambda: not running(opened)["mia"], 60, "her server is stopped")
    until(lambda: "second" not in opened.ask("GET", "users/ada").json()["servers"], 60, "a named one is removed")


def test_servers_stop_at_the_maximum_lifetime(opened: HubProcess, culling: Any):
    started(opened, "omar")
    culling({"cull.timeout": "600", "cull.maxAge": "0", "cull.users": "no"}, 120)
    assert running(opened)["omar"] == {""}
    culling({"cull.timeout": "600", "cull.maxAge": "100", "cull.users": "no"}, 120)
    until(lambda: not running(opened)["omar"], 60, "his server was old, and busy or not")


def test_idle_users_are_deleted_where_this_is_enabled(opened: HubProcess, culling: Any):
    culling({"cull.users": "no"}, 40)
    assert set(running(opened)) == set(PEOPLE)
    culling({"cull.adminUsers": "no"}, 40)
    until(lambda: set(running(opened)) == {"ada"}, 60, "all but the admin are forgotten")
    culling({"cull.adminUsers": "yes"}, 40)
    until(lambda: not running(opened), 60, "admins, too")
    for name in PEOPLE:
        opened.ask("POST", f"users/{name}")
