"""A real hub queries a real portal at each start of a server, and uses the last answer while the portal is unreachable.
Servers are processes, with their limits in the environment."""

import dataclasses
from pathlib import Path

import httpx
import psutil
import pytest
from django.utils import timezone

from hubs.models import Hub, UserLimit
from hubs.roster.services import groups as roster_groups
from hubs.roster.services import roster
from hubs.user_limits.services import rules as services
from hubs.user_limits.services.rules import Wanted
from provisioning.contract import Release, Target
from provisioning.prepare import hub_secrets
from provisioning.runtimes.local import processes
from tests.runtimes.conftest import local_place
from tests.runtimes.oidc import Provider
from tests.runtimes.people import Person
from tests.runtimes.worlds import Place, free_port, until

pytestmark = [pytest.mark.local, pytest.mark.django_db(transaction=True)]
MIB = 1024**2


@pytest.fixture
def running(portal, ready_hub, tmp_path):
    """Return (portal, hub's environment, its release, people by name): a hub whose sign-in is tested elsewhere, and a
    portal."""
    stack = portal()
    stack.start("redis", "web")
    place = local_place(tmp_path / "hubs")
    (tmp_path / "hubs").mkdir()
    place.secrets = hub_secrets(ready_hub)
    ports = {key: free_port() for key in ("public", "api", "hub")}
    target = Target(ready_hub.uid, "stat-101", f"http://localhost:{ports['public']}/stat-101/", ports)
    place.targets.append(target)
    with Provider() as provider:
        provider.client_secret = place.secrets["oauth_client_secret"]
        sign_in = dataclasses.replace(provider.sign_in(), portal_url=stack.url)
        release = place.release(target, sign_in=sign_in, hub__allowNamedServers=True)
        place.converge(release)
        people = {}
        for name in ("ada", "mia"):
            provider.person = name
            people[name] = Person(target, name)
            assert people[name].sign_in().status_code == 200
        yield stack, place, release, people
        for person in people.values():
            person.browser.close()
        place.clean_up()


def api(place: Place, target: Target, method: str, path: str) -> httpx.Response:
    headers = {"Authorization": f"token {place.secrets['portal_service_token']}"}
    return httpx.request(method, f"{target.url}hub/api/users/{path}", headers=headers, trust_env=False, timeout=30)


def environment_of(place: Place, tmp_path: Path, target: Target, name: str) -> dict[str, str]:
    """Return the environment of this person's server."""
    for one in processes.find((tmp_path / "hubs").resolve(), target.uid):
        if one.part == processes.SERVER and "jupyterhub-singleuser" in " ".join(one.process.cmdline()):
            environ = psutil.Process(one.pid).environ()
            if environ["JUPYTERHUB_USER"] == name:
                return environ
    raise AssertionError(f"no server of {name} runs")


def start_again(place: Place, tmp_path: Path, release: Release, person: Person) -> dict[str, float]:
    """Restart this person's server; return its limits."""
    target = release.target

    def runs() -> bool:
        servers = place.runtime.observe(target).servers
        return servers is None or person.name in {server.user for server in servers}

    if runs():
        api(place, target, "DELETE", f"{person.name}/server")
        until(lambda: not runs(), 30, "the server is stopped")
    person.start_server()
    environ = environment_of(place, tmp_path, target, person.name)
    return {name: int(environ[name]) // MIB for name in ("MEM_LIMIT", "MEM_GUARANTEE")} | {
        "CPU": float(environ["CPU_LIMIT"])
    }


def new_hub_process(place: Place, release: Release) -> None:
    place.kill(release.target, "hub")
    place.converge(release)


def test_servers_start_with_their_limits_with_and_without_the_portal(running, tmp_path, omar, mia, ready_hub):
    stack, place, release, people = running
    her = people["mia"]
    [rule] = services.make(
        hub=ready_hub, by=omar, kind="person", names=["mia"], wanted=Wanted({"memory_mib": 2048, "cpu": 1.5})
    )
    assert start_again(place, tmp_path, release, her) == {"MEM_LIMIT": 2048, "MEM_GUARANTEE": 256, "CPU": 1.5}
    services.change(rule=rule, by=omar, wanted=Wanted({"memory_mib": 128}))
    asked = start_again(place, tmp_path, release, her)
    assert asked == {"MEM_LIMIT": 128, "MEM_GUARANTEE": 128, "CPU": 2}, "without a restart of the hub"

    stack.kill("web")
    assert start_again(place, tmp_path, release, her) == asked, "the last known limits"
    new_hub_process(place, release)
    assert start_again(place, tmp_path, release, her) == asked, "also by a hub that was restarted meanwhile"
    assert start_again(place, tmp_path, release, people["ada"]) == {"MEM_LIMIT": 1024, "MEM_GUARANTEE": 256, "CPU": 2}

    services.end(rule=UserLimit.objects.living().get(), by=omar)
    stack.start("web")
    new_hub_process(place, release)
    assert start_again(place, tmp_path, release, her)["MEM_LIMIT"] == 1024, "the portal is back"
    assert Hub.objects.get(pk=ready_hub.pk).generation == 1
    log = (tmp_path / "hubs" / "hubs" / ready_hub.uid / "hub.log").read_text()
    assert "the last known ones apply" in log
    assert place.secrets["oauth_client_secret"] not in log


def test_groups_of_the_roster_reach_the_hub_before_the_next_start(running, tmp_path, ines, mia, ready_hub):
    _, place, release, people = running
    her = people["mia"]

    def there() -> set[str]:
        start_again(place, tmp_path, release, her)
        return set(api(place, release.target, "GET", "mia").json()["groups"])

    roster.add(hub=ready_hub, by=ines, names=["mia"], groups=["Lab B", "Project 7"])
    assert there() == {"users", "Lab B", "Project 7"}
    entry = ready_hub.roster.get(user=mia)
    roster_groups.regroup(hub=ready_hub, by=ines, entries=[entry.pk], add=["Lab C"], remove=["LAB  B"])
    assert there() == {"users", "Project 7", "Lab C"}
    roster.change(entry=entry, by=ines, groups=[])
    new_hub_process(place, release)
    assert there() == {"users"}, "the hub knows the roster's groups after a restart"


def test_more_servers_than_allowed_are_refused_with_a_sentence(running, tmp_path, omar, ready_hub):
    _, place, release, people = running
    UserLimit.objects.create(hub=ready_hub, kind="group", name=":user", servers=1, author=omar, since=timezone.now())
    UserLimit.objects.create(hub=ready_hub, kind="person", name="mia", servers=1, author=omar, since=timezone.now())
    mia, target = people["mia"], release.target
    mia.start_server()
    answer = api(place, target, "POST", "mia/servers/second")
    assert answer.status_code == 403
    assert "You can run 1 server at the same time. Stop one of your servers first." in answer.text
    assert [server.name for server in place.runtime.observe(target).servers or ()] == [""]
    UserLimit.objects.filter(name="mia").update(servers=2)
    assert api(place, target, "POST", "mia/servers/second").status_code in (201, 202)
    assert api(place, target, "POST", "mia/servers/third").status_code == 403
