"""Rotation of the secrets that the portal generates for a hub: who may, what pages show, what is applied, and what
happens to the old values. tests/runtimes/test_local_rotation.py sees its effect on people in a real hub."""

import base64
import json
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from oauth2_provider.models import Application

from hubs.clusters.services import registries
from hubs.errors import Conflict, Invalid
from hubs.hub.services import hubs as hub_services
from hubs.models import AuditEvent, Hub, HubSecret
from hubs.requests.services import requests, rotation
from provisioning import prepare
from provisioning.contract import HUB, PROXY
from provisioning.errors import Transient
from tests.callers import caller, errors
from tests.words import CLUSTER_SILENT

from .test_reconcile import killed_at, settle, undone, world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
__all__ = ["world"]  # a fixture


def values(hub):
    return dict(hub.secrets.values_list("name", "value"))


def olds(hub):
    return {name: old for name, old in hub.secrets.values_list("name", "old") if old}


def applied(world, hub):
    """Return the secrets that the hub's parts received, by name."""
    life = world.hubs[hub.uid]
    return dict(life.payloads[HUB]["secrets"]) | {"of the proxy": life.payloads[PROXY]["proxy_auth_token"]}


def asks_limits(hub, secret):
    told = base64.b64encode(f"{hub.uid}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {told}"}
    return Client().get(f"/api/hub/{hub.uid}/limits/", {"user": "mia"}, headers=headers).status_code


def presents(hub, secret):
    """Return whether this client may ask for tokens. Without a code, a known client only fails by the grant."""
    form = {"grant_type": "authorization_code", "code": "none", "client_id": hub.uid, "client_secret": secret}
    return Client().post("/o/token/", form).json()["error"] != "invalid_client"


def test_every_generated_secret_has_its_texts():
    assert {kind.name for kind in rotation.KINDS} == set(HubSecret.MADE)
    assert all(kind.effect.endswith(".") for kind in rotation.KINDS)


@pytest.mark.parametrize("name", HubSecret.MADE)
def test_one_secret_reaches_the_hub_and_no_other_changes(hub, world, omar, name):
    settle(hub)
    before, generation = values(hub), hub.generation
    rotation.rotate(hub=hub, by=omar, names=[name], reason="It was in a screenshot.")
    assert (hub.generation, hub.status) == (generation + 1, "updating")
    settle(hub)
    after = values(hub)
    assert {each for each in before if before[each] != after[each]} == {name}
    told = applied(world, hub)
    assert told[name].split()[0] == after[name]
    assert told["of the proxy"] == after["proxy_auth_token"]
    old = before[name]
    assert olds(hub) == ({"crypt_key": old} if name == "crypt_key" else {})
    found = json.dumps({part: dict(payload) for part, payload in world.hubs[hub.uid].payloads.items()}, default=dict)
    assert (old in found) == (name == "crypt_key"), "it stays for reading and nothing else stays"
    assert world.log[-2 if name == "proxy_auth_token" else -1 :] == [
        ("apply", hub.uid, part) for part in ((PROXY, HUB) if name == "proxy_auth_token" else (HUB,))
    ]
    assert hub.runs.filter(kind="change").get().result == "succeeded"
    assert not hub.runs.filter(kind="repair").exists()
    line = AuditEvent.objects.get(verb="hub.secrets")
    assert (line.actor, line.note, len(line.changes)) == ("omar", "It was in a screenshot.", 1)
    assert not any(value in json.dumps(line.changes) for value in (*before.values(), *after.values()))


def test_two_older_encryption_keys_still_decrypt(hub, world, omar):
    settle(hub)
    keys = [values(hub)["crypt_key"]]
    for _ in range(3):
        rotation.rotate(hub=hub, by=omar, names=["crypt_key"])
        keys.insert(0, values(hub)["crypt_key"])
    settle(hub)
    assert applied(world, hub)["crypt_key"].split() == keys[:3]


def test_the_old_client_secret_is_accepted_until_the_hub_has_the_new_one(hub, world, omar):
    settle(hub)
    old = values(hub)["oauth_client_secret"]
    rotation.rotate(hub=hub, by=omar, names=["oauth_client_secret"])
    new = values(hub)["oauth_client_secret"]
    for secret in (old, new):
        assert asks_limits(hub, secret) == 200
    assert presents(hub, old)
    world.slow = {HUB}
    settle(hub, looks=2)  # applied, and not ready yet
    for secret in (old, new):
        assert (asks_limits(hub, secret), presents(hub, secret)) == (200, True)
    world.slow = set()
    world.settle(hub.uid)
    settle(hub)
    assert (asks_limits(hub, new), presents(hub, new)) == (200, True)
    assert (asks_limits(hub, old), presents(hub, old)) == (401, False)


def test_the_old_client_secret_is_not_accepted_for_longer_than_the_overlap(hub, world, omar):
    """Even while the cluster is unreachable, so that the hub still uses it."""
    settle(hub)
    old = values(hub)["oauth_client_secret"]
    world.reachable = False
    rotation.rotate(hub=hub, by=omar, names=["oauth_client_secret"])
    settle(hub, looks=1)
    new = values(hub)["oauth_client_secret"]
    assert (asks_limits(hub, old), presents(hub, old)) == (200, True)
    with time_machine.travel(timezone.now() + HubSecret.OVERLAP + timedelta(seconds=1), tick=False):
        assert (asks_limits(hub, old), presents(hub, old)) == (401, False)
        assert (asks_limits(hub, new), presents(hub, new)) == (200, True)


def test_secrets_of_other_hubs_are_not_accepted(hub, world, omar, ask, ines, river):
    requests.submit(request=ask(ines, river, slug="other"), by=ines)
    other = Hub.objects.get(slug="other")
    for each in (hub, other):
        settle(each)
    rotation.rotate(hub=hub, by=omar)
    for each in (values(other)["oauth_client_secret"], values(hub)["cookie_secret"], "", "None"):
        assert (asks_limits(hub, each), presents(hub, each)) == (401, False)


def test_a_rotation_during_a_pass_keeps_its_own_overlap(hub, world, omar):
    """A pass that began before it ends the overlap that it read, and not the one of the new rotation."""
    settle(hub)
    rotation.rotate(hub=hub, by=omar)
    seen = Hub.objects.get(pk=hub.pk)
    middle = values(hub)["oauth_client_secret"]
    rotation.rotate(hub=hub, by=omar)
    prepare.end_overlap(seen)
    assert olds(hub)["oauth_client_secret"] == middle
    settle(hub)
    assert set(olds(hub)) == {"crypt_key"}


def test_a_worker_killed_at_any_query_completes_the_rotation_later(hub, ines, world, settings):
    settings.LEASE_SECONDS = 0.0
    settle(hub)
    before = values(hub)
    rotation.rotate(hub=hub, by=ines)
    wanted = values(hub)
    nth, died = 0, True
    while died:
        nth += 1
        hub.refresh_from_db()
        with undone(world):
            died = killed_at(nth, lambda: settle(hub))
            settle(hub)
            assert hub.status == "ready", f"query {nth}"
            assert values(hub) == wanted, "not rotated twice"
            assert olds(hub) == {"crypt_key": before["crypt_key"]}
            told = applied(world, hub)
            assert {name: told[name].split()[0] for name in HubSecret.MADE} == wanted
            assert told["of the proxy"] == wanted["proxy_auth_token"]
            assert presents(hub, wanted["oauth_client_secret"])
            assert not presents(hub, before["oauth_client_secret"])
            assert Application.objects.filter(client_id=hub.uid).count() == 1
            assert hub.runs.filter(result="running").count() == 0
    assert nth > 20


def test_a_rotation_killed_at_any_query_is_all_or_nothing(hub, world, omar):
    settle(hub)
    nth = 0
    while True:
        nth += 1
        before, generation, lines = values(hub), hub.generation, AuditEvent.objects.count()
        if not killed_at(nth, lambda: rotation.rotate(hub=hub, by=omar)):
            break
        hub.refresh_from_db()
        assert (values(hub), hub.generation, AuditEvent.objects.count()) == (before, generation, lines), f"query {nth}"
    assert nth > 5
    assert not set(before.values()) & set(values(hub).values())


def test_a_fault_of_the_cluster_only_delays_it(hub, world, omar):
    settle(hub)
    world.fail("apply", Transient(CLUSTER_SILENT, "Timeout"), after=True)
    rotation.rotate(hub=hub, by=omar)
    settle(hub)
    assert hub.status == "ready"
    assert applied(world, hub)["cookie_secret"] == values(hub)["cookie_secret"]


def test_a_suspended_hub_gets_them_when_it_runs_again(hub, world, omar):
    settle(hub)
    hub_services.suspend(hub=hub, by=omar)
    settle(hub)
    rotation.rotate(hub=hub, by=omar)
    settle(hub)
    assert hub.status == "suspended"
    assert set(olds(hub)) == {"crypt_key"}
    hub_services.resume(hub=hub, by=omar)
    settle(hub)
    assert applied(world, hub)["cookie_secret"] == values(hub)["cookie_secret"]


def test_a_refused_rotation_changes_nothing(hub, world, omar, stan):
    with pytest.raises(Conflict, match="no secrets yet"):
        rotation.rotate(hub=hub, by=omar)
    settle(hub)
    before = values(hub)
    for names in ([], ["kubeconfig"], ["values:hub.config.X.y"], ["cookie_secret", ""]):
        with pytest.raises(Invalid) as caught:
            rotation.rotate(hub=hub, by=omar, names=names)
        assert list(caught.value.errors) == ["names"]
    with pytest.raises(Invalid):
        rotation.rotate(hub=hub, by=omar, reason="x" * 5000)
    hub_services.pause(hub=hub, by=stan, reason="A new image is tried.")
    with pytest.raises(Conflict, match="paused"):
        rotation.rotate(hub=hub, by=omar)
    assert values(hub) == before
    hub_services.unpause(hub=hub, by=stan)
    hub_services.retire(hub=hub, by=omar, typed=hub.slug)
    with pytest.raises(Conflict, match="retired"):
        rotation.rotate(hub=hub, by=omar)
    assert not AuditEvent.objects.filter(verb="hub.secrets").exists()


# --- page, API, command -----------------------------------------------------------------------------------------------
@pytest.fixture
def settled(hub, world):
    return settle(hub)


def text(response):
    return response.content.decode()


@pytest.mark.parametrize("who", ["omar", "ada", "stan"])
def test_the_page_explains_the_rotation_and_starts_it(who, as_, cast, settled):
    address, before = reverse("hub-secrets", args=[settled.uid]), values(settled)
    page = text(as_(cast[who]).get(address))
    for words in ("People are signed out of the hub", "all connections are interrupted for a few seconds",
                  "not rotated since then"):  # fmt: skip
        assert words in page
    assert "checked" not in page.partition('name="names"')[2].partition("</fieldset>")[0], (
        "nothing is chosen in advance"
    )
    done = as_(cast[who]).post(address, {"names": ["cookie_secret"], "reason": "Leaked."}, follow=True)
    assert "The secrets are being rotated." in text(done)
    assert values(settled)["cookie_secret"] != before["cookie_secret"]
    page = text(as_(cast[who]).get(address))
    assert f"by {cast[who].name} · waiting for the restart" in page
    assert not any(value in page for value in (*before.values(), *values(settled).values()))


@pytest.mark.parametrize(("who", "status"), [("ines", 403), ("mia", 403), ("zoe", 404), (None, 302)])
def test_other_roles_may_not(who, status, as_, cast, settled):
    before = values(settled)
    client = as_(cast[who] if who else None)
    for method in (client.get, client.post):
        assert method(reverse("hub-secrets", args=[settled.uid])).status_code == status
    if who:
        call = caller(cast[who])
        assert call("GET", f"hubs/{settled.uid}/secrets/").status_code == status
        assert call("POST", f"hubs/{settled.uid}/secrets/rotate/", {}).status_code == status
    assert values(settled) == before


def test_invalid_input_is_reported_beside_its_field(as_, omar, settled):
    address, before = reverse("hub-secrets", args=[settled.uid]), values(settled)
    for names in ([], ["kubeconfig"]):
        answer = as_(omar).post(address, {"names": names, "reason": "kept words"})
        assert answer.status_code == 422
        assert "Choose at least one of" in text(answer)
        assert "kept words" in text(answer)
    assert as_(omar).put(address).status_code == 405
    assert values(settled) == before


def test_rotating_by_api(omar, settled):
    call, before = caller(omar), values(settled)
    told = call("GET", f"hubs/{settled.uid}/secrets/").json()
    assert [(one["name"], one["rotatedAt"], one["pending"]) for one in told] == [
        (kind.name, None, False) for kind in rotation.KINDS
    ]
    done = call("POST", f"hubs/{settled.uid}/secrets/rotate/", {"names": ["crypt_key"], "reason": "Yearly."})
    assert (done.status_code, done.json()["status"]) == (200, "updating")
    told = {one["name"]: one for one in call("GET", f"hubs/{settled.uid}/secrets/").json()}
    assert (told["crypt_key"]["rotatedBy"], told["crypt_key"]["pending"]) == (omar.name, True)
    assert not any(value in json.dumps(told) for value in (*before.values(), *values(settled).values()))
    assert call("POST", f"hubs/{settled.uid}/secrets/rotate/", {}).status_code == 200
    assert not set(before.values()) & set(values(settled).values()), "all, when none is named"
    assert "names" in str(errors(call("POST", f"hubs/{settled.uid}/secrets/rotate/", {"names": ["x"]})))
    reads = caller(omar, "read", "operate")
    assert reads("POST", f"hubs/{settled.uid}/secrets/rotate/", {}).status_code == 403


def test_the_command_rotates_some_or_all_and_says_which_it_could_not(settled, capsys, ask, ines, river):
    before = values(settled)
    call_command("rotate_secrets", settled.slug, "--only", "crypt_key", "--only", "cookie_secret", "--reason", "Drill")
    after = values(settled)
    assert {name for name in before if before[name] != after[name]} == {"crypt_key", "cookie_secret"}
    line = AuditEvent.objects.get(verb="hub.secrets")
    assert (line.actor, line.note) == ("", "Drill")
    requests.submit(request=ask(ines, river, slug="young"), by=ines)
    with pytest.raises(CommandError, match="1 of 2 hubs were not rotated"):
        call_command("rotate_secrets", "--all-hubs")
    said = capsys.readouterr()
    assert "stat-101: rotated" in said.out
    assert "young: This hub has no secrets yet" in said.err
    for wrong in ([], ["nowhere"], ["stat-101", "--all-hubs"]):
        with pytest.raises(CommandError):
            call_command("rotate_secrets", *wrong)
    assert not any(value in said.out + said.err for value in (*before.values(), *values(settled).values()))


# --- registries -------------------------------------------------------------------------------------------------------
def test_a_new_registry_password_reaches_every_hub_and_the_old_one_is_gone(ask, ines, river, omar, in_cluster, world):
    host = "registry.example.org"
    registries.set_login(organization=river, by=omar, host=host, username="robot", password="the-old-password")
    private = {"singleuser.image.name": f"{host}/river/r", "singleuser.image.tag": "1"}
    hubs = []
    for slug in ("one", "two", "open"):
        asked = requests.submit(request=ask(ines, river, slug=slug, **({} if slug == "open" else private)), by=ines)
        hubs.append(settle(Hub.objects.get(pk=asked.hub_id)))
    pods = [world.hubs[hub.uid].payloads[HUB]["Deployment/hub"] for hub in hubs]
    registries.set_login(organization=river, by=omar, host=host, username="robot", password="the-new-password")
    found = []
    for hub in hubs:
        hub.refresh_from_db()
        assert hub.reconcile_after is not None
        assert hub.reconcile_after <= timezone.now(), "it is reconciled now"
        settle(hub, looks=3)
        secret = world.hubs[hub.uid].payloads[HUB].get("Secret/image-pull")
        found.append(base64.b64decode(secret["data"][".dockerconfigjson"]).decode() if secret else "")
    assert ["the-new-password" in one for one in found] == [True, True, False]
    assert not any("the-old-password" in one for one in found)
    assert [world.hubs[hub.uid].payloads[HUB]["Deployment/hub"] for hub in hubs] == pods, "no hub restarts"
