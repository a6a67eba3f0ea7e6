"""Network access on a real cluster that enforces NetworkPolicies, from people's servers and from hubs' own pods:
River's hub may reach the internet, Lake's may not. Beside every blocked connection, an allowed one succeeds."""

import json
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from django.utils import timezone

from hubs.hub.services import hubs as services
from hubs.models import User, UserLimit
from tests.cluster.conftest import HOST, find_hub
from tests.cluster.kube import PORTAL_NAMESPACE, Kube
from tests.cluster.people import STARTING, Working, all_at_work, have_hub, is_ready
from tests.cluster.portal import ClusterPortal
from tests.cluster.reach import Place, address_of, listening, never_reaches, reaches, resolves
from tests.stack.portal import until

pytestmark = pytest.mark.cluster
OUTSIDE = "203.0.113.53"  # an address for documentation, which this machine answers: the internet of these tests
PEOPLE, HUB = "singleuser-server", "hub"


@pytest.fixture(scope="module")
def both(portal: ClusterPortal, kube: Kube, chromium: Any) -> Iterator[list[Working]]:
    hubs = {
        "ines": have_hub("river", "ines", "net-open"),
        "zoe": have_hub("lake", "zoe", "net-closed", singleuser__internet="closed"),
    }
    for user, hub in hubs.items():  # each hub queries the portal for it when their server starts
        UserLimit.objects.create(
            hub=hub, kind="person", name=user, memory_mib=700, author=hub.created_by, since=timezone.now()
        )
    with all_at_work(chromium, portal, kube, hubs) as working:
        yield working


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        if isinstance(self.request, tuple):
            data, asking = self.request
            asking.sendto(data, self.client_address)


@pytest.fixture(scope="module")
def outside() -> Iterator[None]:
    """Listeners on this machine, at a public address and at the private one at which pods find the portal."""
    made = subprocess.run(["ip", "addr", "add", f"{OUTSIDE}/32", "dev", "lo"], capture_output=True, text=True)
    if made.returncode and "exists" not in made.stderr:
        pytest.skip(f"needs root, to give this machine the address {OUTSIDE}: {made.stderr.strip()}")
    with ExitStack() as open_:
        open_.callback(subprocess.run, ["ip", "addr", "del", f"{OUTSIDE}/32", "dev", "lo"], check=False)
        kinds = socketserver.ThreadingTCPServer, socketserver.ThreadingUDPServer
        ports = ((kinds[0], 53), (kinds[1], 53), (kinds[0], 25), (kinds[0], 443), (kinds[0], 8443))
        for address, kind, port in [(OUTSIDE, *one) for one in ports] + [(HOST, *one) for one in ports[:2]]:
            server = open_.enter_context(kind((address, port), Echo))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            open_.callback(server.shutdown)
        yield


def test_data_does_not_leave_by_the_port_of_dns(kube: Kube, both: list[Working], outside: None) -> None:
    river, lake = both
    web = [(OUTSIDE, 443), (OUTSIDE, 8443)]
    for kind in ("tcp", "udp"):
        never_reaches(kube, lake, [(OUTSIDE, 53), (HOST, 53)], PEOPLE, kind)
        for side in both:
            never_reaches(kube, side, [(OUTSIDE, 53), (HOST, 53)], HUB, kind)
        never_reaches(kube, river, [(HOST, 53)], PEOPLE, kind)
        assert reaches(kube, river.namespace, PEOPLE, (OUTSIDE, 53), kind=kind)[OUTSIDE, 53], "open access is open"
    never_reaches(kube, lake, [*web, (OUTSIDE, 25)], PEOPLE)
    never_reaches(kube, lake, [(OUTSIDE, 25)], HUB)
    assert all(reaches(kube, river.namespace, PEOPLE, *web).values())
    for side in both:
        assert all(reaches(kube, side.namespace, HUB, *web).values()), "sign-in providers may use https on any port"


def test_all_pods_resolve_names(kube: Kube, both: list[Working]) -> None:
    for side in both:
        for component in (PEOPLE, HUB):
            found = resolves(kube, side.namespace, component, "hub", "kubernetes.default.svc.cluster.local", "no.such")
            assert list(found.values()) == [True, True, False], (side.hub, component)


def test_nodes_and_other_pods_of_the_cluster_are_not_reached(kube: Kube, both: list[Working]) -> None:
    node = kube.items("nodes")[0]["status"]["addresses"][0]["address"]
    socket.create_connection((node, 10250), 5).close()  # it listens
    dns = kube.items("namespaces/kube-system/pods", labelSelector="k8s-app=kube-dns")[0]["status"]["podIP"]
    with listening(kube, PORTAL_NAMESPACE, "e2e-net") as portals, listening(kube, "default", "e2e-net") as strangers:
        places = [(node, 10250), (dns, 8080), (dns, 8181), (dns, 9153), portals, strangers]
        for place in (portals, strangers):
            socket.create_connection(place, 5).close()
        for side in both:
            for component in (PEOPLE, HUB):
                never_reaches(kube, side, places, component)


def test_no_hub_reaches_another_one(kube: Kube, both: list[Working]) -> None:
    ports = {HUB: 8081, "proxy": 8000, PEOPLE: 8888}
    for mine, other in (both, both[::-1]):
        theirs = [address_of(kube, other.namespace, name, port) for name, port in ports.items()]
        theirs.append((theirs[1][0], 8001))
        for component in (PEOPLE, HUB):
            never_reaches(kube, mine, theirs, component)
        assert all(reaches(kube, other.namespace, HUB, theirs[0], theirs[2], theirs[3]).values())


def test_only_hubs_reach_the_api_server(kube: Kube, both: list[Working]) -> None:
    service = kube.get("namespaces/default/services/kubernetes")["spec"]["clusterIP"]
    slice_ = kube.get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes")
    address = slice_["endpoints"][0]["addresses"][0]
    places: list[Place] = [(address, slice_["ports"][0]["port"]), (service, 443)]
    for side in both:
        never_reaches(kube, side, places, PEOPLE)
        assert all(reaches(kube, side.namespace, HUB, *places).values())
        policy = kube.get(f"/apis/networking.k8s.io/v1/namespaces/{side.namespace}/networkpolicies/hub")
        assert f"{address}/32" in json.dumps(policy["spec"]["egress"]), "by its address, which the check found"
        assert "10.0.0.0/8" not in json.dumps([one for one in policy["spec"]["egress"] if "6443" in json.dumps(one)])


def test_only_hubs_reach_the_portal_and_its_limits_are_enforced(
    kube: Kube, both: list[Working], portal: ClusterPortal
) -> None:
    here = (HOST, portal.port)
    for side in both:
        never_reaches(kube, side, [here], PEOPLE)
        assert reaches(kube, side.namespace, HUB, here) == {here: True}
        [container] = kube.pods(side.namespace, PEOPLE)[0]["spec"]["containers"]
        assert container["resources"]["limits"]["memory"] == str(700 * 2**20), "the portal was called and answered"
        said = kube.log(side.namespace, "hub", lines=5000)
        assert "could not be requested" not in said
        assert "(jupyterhub-idle-culler@" in said, "its idle culler calls its API"


# --- the hub's own Secrets --------------------------------------------------------------------------------------------
SEVEN = (
    ("hub", "cookie_secret"), ("hub", "crypt_key"), ("hub", "portal_service_token"), ("hub", "oauth_client_secret"),
    ("hub", "values.json"), ("proxy", "CONFIGPROXY_AUTH_TOKEN"), ("image-pull", ".dockerconfigjson"),
)  # fmt: skip


def variable(name: str, key: str) -> dict[str, Any]:
    return {"name": "STOLEN", "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


@pytest.fixture(scope="module")
def stealing(kube: Kube, both: list[Working]) -> Working:
    """Lake's hub, with choices that refer to each Secret, as specs of earlier versions could have."""
    lake = both[1]
    choices = [
        {"display_name": f"{name} {key}", "slug": f"s{number}",
         "kubespawner_override": {"environment": {"STOLEN": variable(name, key)}}}
        for number, (name, key) in enumerate((*SEVEN, ("course-keys", "key")))
    ]  # fmt: skip
    kube.apply(f"namespaces/{lake.namespace}/secrets/course-keys", {
        "apiVersion": "v1", "kind": "Secret", "stringData": {"key": "for the course"},
        "metadata": {"name": "course-keys", "namespace": lake.namespace}})  # fmt: skip
    services.set_code(
        hub=lake.hub, by=User.objects.get(username="stan"), code=f"c.KubeSpawner.profile_list = {choices!r}"
    )
    until(lambda: is_ready(lake.hub), "the hub has these choices", STARTING)
    return lake


def ask_hub(kube: Kube, side: Working, method: str, path: str, **kwargs: Any) -> httpx.Response:
    place = find_hub(kube)(side.hub.slug)
    assert place
    token = kube.api.request("GET", f"/api/v1/namespaces/{side.namespace}/secrets/hub")["data"]["portal_service_token"]
    return httpx.request(
        method, f"http://{place[0]}:{place[1]}/hub/api/{path}", timeout=30, trust_env=False, **kwargs,
        headers={"Authorization": f"token {_plain(token)}"},
    )  # fmt: skip


def _plain(text: str) -> str:
    import base64

    return base64.b64decode(text).decode()


def test_the_seven_secrets_can_not_be_read(kube: Kube, stealing: Working) -> None:
    for number, (name, key) in enumerate(SEVEN):
        user = f"thief{number}"
        ask_hub(kube, stealing, "POST", f"users/{user}")
        asked = ask_hub(kube, stealing, "POST", f"users/{user}/server", json={"profile": f"s{number}"})
        said = asked.text
        if asked.status_code == 202:
            said = ask_hub(kube, stealing, "GET", f"users/{user}/server/progress").text
        assert "belongs to the hub itself" in said, (name, key, said)
        assert f"Secret {name}" in said
    running = [
        pod["metadata"]["annotations"]["hub.jupyter.org/username"] for pod in kube.pods(stealing.namespace, PEOPLE)
    ]
    assert running == ["zoe"], "none of them runs"
    held = json.dumps(kube.run(stealing.namespace, kube.pods(stealing.namespace, PEOPLE)[0]["metadata"]["name"], "env"))
    for name in ("hub", "proxy"):
        for key, value in kube.get(f"namespaces/{stealing.namespace}/secrets/{name}")["data"].items():
            assert _plain(value).strip() not in held or key == "revision", (name, key)


def test_an_approved_secret_of_the_organisation_is_readable(kube: Kube, stealing: Working) -> None:
    ask_hub(kube, stealing, "POST", "users/mia")
    assert ask_hub(kube, stealing, "POST", "users/mia/server", json={"profile": f"s{len(SEVEN)}"}).status_code == 202

    def runs() -> list[dict[str, Any]]:
        pods = kube.pods(stealing.namespace, PEOPLE)
        return [pod for pod in pods if pod["metadata"]["annotations"]["hub.jupyter.org/username"] == "mia"
                and pod["status"].get("phase") == "Running"]  # fmt: skip

    [pod] = until(runs, "her server runs", STARTING)
    assert "STOLEN=for the course" in kube.run(stealing.namespace, pod["metadata"]["name"], "env")
