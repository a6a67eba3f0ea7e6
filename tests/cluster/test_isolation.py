"""Two organisations with a hub each, and a person working in each: what one reaches of the other, of the portal and of
the cluster. Beside every refused call, the same call succeeds for those who may."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from hubs.content.services import links as content_links
from hubs.models import AuditEvent, Hub, RosterEntry, User, UserLimit
from provisioning import names
from provisioning.errors import Refused, Transient
from tests.cluster.kube import PORTAL_ACCOUNT, PORTAL_NAMESPACE, Kube
from tests.cluster.people import Working, all_at_work, have_hub
from tests.cluster.portal import ClusterPortal
from tests.cluster.reach import Place, address_of, listener, listening, never_reaches, reaches
from tests.test_every_url import ALL

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def both(portal: ClusterPortal, kube: Kube, chromium: Any) -> Iterator[tuple[Working, Working]]:
    """Ines works in River's hub and Zoe in Lake's, as in any class."""
    hubs = {"ines": have_hub("river", "ines", "river-lab"), "zoe": have_hub("lake", "zoe", "lake-lab")}
    with all_at_work(chromium, portal, kube, hubs) as working:
        yield working[0], working[1]


@pytest.fixture(scope="module")
def river(both: tuple[Working, Working]) -> Working:
    return both[0]


@pytest.fixture(scope="module")
def lake(both: tuple[Working, Working]) -> Working:
    return both[1]


@pytest.fixture(scope="module")
def portals_pod(kube: Kube, portal: ClusterPortal) -> Iterator[Place]:
    """A listener in the portal's own namespace, as its web process is when it runs in the cluster."""
    with listening(kube, PORTAL_NAMESPACE, "e2e-listens") as place:
        yield place


@pytest.fixture(scope="module")
def parts(kube: Kube, river: Working, lake: Working) -> dict[str, dict[str, Place]]:
    """Return where the pods of both hubs listen."""
    ports = {"hub": 8081, "proxy": 8001, "singleuser-server": 8888}
    return {
        side.hub.slug: {name: address_of(kube, side.namespace, name, port) for name, port in ports.items()}
        for side in (river, lake)
    }


def test_a_notebook_reaches_its_own_hub(kube: Kube, river: Working, lake: Working, parts: Any) -> None:
    for side in (river, lake):
        mine = parts[side.hub.slug]["hub"]
        assert reaches(kube, side.namespace, "singleuser-server", mine, ("hub", 8081)) == {
            mine: True,
            ("hub", 8081): True,
        }


def test_a_notebook_reaches_nothing_of_another_hub(kube: Kube, river: Working, lake: Working, parts: Any) -> None:
    for mine, other in ((river, lake), (lake, river)):
        theirs = parts[other.hub.slug]
        front = (theirs["proxy"][0], 8000)
        never_reaches(kube, mine, [*theirs.values(), front])
        never_reaches(kube, mine, [*theirs.values(), front], "hub")
        # The same places answer those who may reach them: the other hub's own pods.
        assert all(reaches(kube, other.namespace, "hub", *theirs.values()).values())
        assert all(reaches(kube, other.namespace, "singleuser-server", front).values())


def test_a_notebook_does_not_reach_the_portal(
    kube: Kube, river: Working, portal: ClusterPortal, portals_pod: Place
) -> None:
    here = portal.url.removeprefix("http://").split(":")
    places = [portals_pod, (here[0], int(here[1]))]
    never_reaches(kube, river, places)
    assert all(reaches(kube, river.namespace, "hub", places[1]).values()), "the hub, which signs people in, reaches it"
    never_reaches(kube, river, [portals_pod], "hub")  # the portal does not answer at this address


def test_a_notebook_does_not_reach_the_api_server(kube: Kube, river: Working) -> None:
    service = kube.get("namespaces/default/services/kubernetes")["spec"]["clusterIP"]
    slices = kube.items("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices")
    nodes = [(slices[0]["endpoints"][0]["addresses"][0], slices[0]["ports"][0]["port"]), (service, 443)]
    never_reaches(kube, river, nodes)
    assert all(reaches(kube, river.namespace, "hub", *nodes).values()), "the hub, which starts servers, reaches it"


def test_a_notebook_has_no_token(kube: Kube, river: Working) -> None:
    pod = kube.pods(river.namespace, "singleuser-server")[0]
    assert pod["spec"]["automountServiceAccountToken"] is False
    look = ["sh", "-c", "ls /var/run/secrets/kubernetes.io/serviceaccount/token 2>/dev/null || echo none"]
    assert kube.run(river.namespace, pod["metadata"]["name"], *look).strip() == "none"
    hub = kube.pods(river.namespace, "hub")[0]["metadata"]["name"]
    assert kube.run(river.namespace, hub, *look).strip().endswith("/token"), "the hub, which needs a token, has one"


def test_a_hubs_account_can_do_nothing_outside_its_namespace(kube: Kube, river: Working, lake: Working) -> None:
    me = f"system:serviceaccount:{river.namespace}:hub"
    for verb in ("get", "list", "watch", "create", "delete"):
        assert kube.may(me, river.namespace, verb, "pods"), f"it starts servers: {verb}"
        for elsewhere in (lake.namespace, PORTAL_NAMESPACE, "kube-system", "default", ""):
            for resource in ("pods", "secrets", "configmaps", "persistentvolumeclaims", "pods/exec", "serviceaccounts"):
                assert not kube.may(me, elsewhere, verb, resource), f"{verb} {resource} in “{elsewhere}”"
        for resource in ("secrets", "pods/exec", "pods/log", "serviceaccounts", "serviceaccounts/token", "configmaps"):
            assert not kube.may(me, river.namespace, verb, resource), f"{verb} {resource} at home"
        for resource in ("roles", "rolebindings", "clusterroles", "clusterrolebindings"):
            assert not kube.may(me, river.namespace, verb, resource, "rbac.authorization.k8s.io")
        for resource in ("namespaces", "nodes"):
            assert not kube.may(me, "", verb, resource)


@pytest.fixture
def as_hub(kube: Kube, river: Working) -> Iterator[Kube]:
    """River's hub, with a real token of its account."""
    with Kube(kube.kubeconfig_of(river.namespace, "hub")) as account:
        yield account


def test_its_real_token_can_do_nothing_outside_its_namespace(
    kube: Kube, river: Working, lake: Working, as_hub: Kube
) -> None:
    assert as_hub.items(f"namespaces/{river.namespace}/pods"), "in its own namespace, it sees pods"
    for path in (
        f"namespaces/{river.namespace}/secrets",
        f"namespaces/{river.namespace}/secrets/hub",
        f"namespaces/{river.namespace}/configmaps",
        f"namespaces/{lake.namespace}/pods",
        f"namespaces/{lake.namespace}/secrets/hub",
        f"namespaces/{PORTAL_NAMESPACE}/pods",
        f"namespaces/{PORTAL_NAMESPACE}/secrets",
        "namespaces",
        "nodes",
        "pods",
        "secrets",
    ):
        with pytest.raises((Refused, Transient)) as refused:
            as_hub.get(path)
        assert refused.value.reason == "NotPermitted", path
        assert kube.get(path), "there is something to see"


def test_a_privileged_pod_is_refused_in_a_hubs_namespace(kube: Kube, river: Working, as_hub: Kube) -> None:
    """Even for the hub's own account, which may create pods."""
    where = f"namespaces/{river.namespace}/pods"
    grows = {"allowPrivilegeEscalation": True}
    for security in ({"privileged": True, **grows}, grows, {"runAsUser": 0, "runAsNonRoot": False}):
        with pytest.raises((Refused, Transient), match="PodSecurity"):
            as_hub.post(where, listener(river.namespace, "e2e-privileged", **security))
    assert not kube.there(f"{where}/e2e-privileged")
    as_hub.post(where, listener(river.namespace, "e2e-harmless"))
    as_hub.delete(f"{where}/e2e-harmless")


def test_the_portals_account_stays_in_its_namespaces(kube: Kube, river: Working) -> None:
    """Its account, with real requests: Secrets of hubs that it created, and no others."""
    with Kube(kube.kubeconfig_of(PORTAL_NAMESPACE, PORTAL_ACCOUNT)) as portal:
        assert portal.items(f"namespaces/{river.namespace}/secrets")
        for elsewhere in ("kube-system", "default", PORTAL_NAMESPACE):
            with pytest.raises((Refused, Transient)) as refused:
                portal.get(f"namespaces/{elsewhere}/secrets")
            assert refused.value.reason == "NotPermitted"


def hub_addresses(hub: Hub) -> list[str]:
    """Return every page and every API address of one hub."""
    user, _ = User.objects.get_or_create(username="sam", defaults={"email": "sam@river.example.edu"})
    entry, _ = RosterEntry.objects.get_or_create(hub=hub, user=user)
    rule = UserLimit.objects.create(hub=hub, kind="person", name="sam", memory_mib=1024, author=hub.created_by)
    link = content_links.save(hub=hub, by=hub.created_by, name="Week 1", repo="https://git.example.org/uni/course")
    event = AuditEvent.objects.filter(hub=hub.uid).latest("pk")
    known = {"uid": hub.uid, "entry": entry.pk, "name": "values.yaml", "rule": rule.pk, "number": 1, "other": 1,
             "user": "sam", "key": link.uid, "event": event.pk}  # fmt: skip
    of_hubs = [name for name in ALL if name == "hub" or name.startswith(("hub-", "api-hub", "live-hub"))]
    return [
        reverse(name, kwargs={key: known[key] for key in ALL[name].pattern.converters})
        for name in of_hubs
        if "uid" in ALL[name].pattern.converters
    ]


def test_people_can_not_reach_hubs_of_others_through_the_portal(river: Working, lake: Working) -> None:
    """Zoe owns Lake College: River's hub does not exist for her, at any address and with any method."""
    addresses = hub_addresses(river.hub)
    assert len(addresses) > 15
    asked = lake.visitor.context.request
    token = next(c["value"] for c in lake.visitor.context.cookies() if c["name"] == "portal-csrf")
    headers = {"X-CSRFToken": token, "Referer": lake.visitor.url}
    for address in addresses:
        answers = {
            asked.get(address, max_redirects=0).status,
            asked.post(address, headers=headers, max_redirects=0).status,
        }
        if answers == {405}:  # only DELETE is allowed
            answers.add(asked.delete(address, headers=headers, max_redirects=0).status)
        assert answers in ({404}, {404, 405}), f"{address}: {answers}"  # 405: the address does not have this method
    own = reverse("hub", kwargs={"uid": lake.hub.uid})
    assert asked.get(own).status == 200, "she is signed in"
    assert asked.post(f"{own}restart/", headers=headers, max_redirects=0).status == 302, (
        "and may do this to her own hub"
    )
    river.hub.refresh_from_db()
    assert (river.hub.desired_state, river.hub.generation) == ("running", river.hub.observed_generation)


def test_another_hubs_sign_in_does_not_let_her_in(river: Working, lake: Working) -> None:
    page = lake.visitor.context.new_page()
    page.goto(river.hub.url)
    page.get_by_role("heading", level=1).wait_for()
    assert "You don’t have access to" in page.get_by_role("heading", level=1).inner_text()
    assert page.goto(f"{river.hub.url}user/ines/lab").status in (403, 404)
    assert names.host(river.hub.url) != names.host(lake.hub.url), "and no cookie of one hub is sent to the other"
