"""Passwords of an organisation's registries: stored encrypted, never shown, given to hubs that need them."""

import base64
import json

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils.html import strip_tags

from hubs.clusters.services import registries as services
from hubs.models import AuditEvent, Hub, RegistryLogin
from hubs.requests.services import requests as request_services
from hubs.spec import reading
from provisioning import prepare
from tests.registry.server import PASSWORD, USER

pytestmark = pytest.mark.django_db
HOST, HIDDEN = "registry.example.org", "very-hidden-1234567890"
TYPED = {"host": HOST, "username": "robot$river", "password": HIDDEN}


def text(response):
    return response.content.decode()


@pytest.fixture
def address(river):
    return reverse("registries", args=[river.slug])


@pytest.fixture
def login(river, omar):
    return services.set_login(organization=river, by=omar, **TYPED)


def removal(login):
    return reverse("registry-remove", args=[login.organization.slug, login.pk])


@pytest.mark.parametrize("who", ["omar", "ada", "stan"])
def test_it_is_kept_encrypted_and_shown_as_set(who, as_, cast, address, river):
    with time_machine.travel("2026-05-03T12:00:00Z", tick=False):
        response = as_(cast[who]).post(address, TYPED, follow=True)
    assert response.status_code == 200
    page = text(response)
    assert f"set on 3 May 2026 by {cast[who].name}" in strip_tags(page)
    assert "robot$river" in page
    assert HIDDEN not in page
    row = RegistryLogin.objects.get()
    assert (row.organization, row.host, row.password, row.set_by) == (river, HOST, HIDDEN, cast[who])
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM hubs_registrylogin")
        [(stored,)] = cursor.fetchall()
    assert HIDDEN not in stored
    [event] = AuditEvent.objects.filter(verb="registry.set")
    assert (event.actor, event.subject, event.organization) == (who, HOST, "river")
    assert HIDDEN not in json.dumps(event.changes) + event.note
    audit = text(as_(cast["ada"]).get(reverse("organization-audit", args=["river"])))
    assert "set the password for the registry" in audit
    assert HIDDEN not in audit


def test_the_password_of_a_registry_is_replaced(as_, omar, ada, address, login):
    page = text(as_(ada).get(f"{address}?replace={HOST}"))
    assert f'value="{HOST}"' in page
    assert 'value="robot$river"' in page
    assert HIDDEN not in page
    as_(ada).post(address, {**TYPED, "host": "https://Registry.Example.org/", "password": "another-one"})
    row = RegistryLogin.objects.get()
    assert (row.pk, row.password, row.set_by) == (login.pk, "another-one", ada)


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("host", "", "Enter the registry’s host"),
        ("host", "registry", "Enter the registry’s host"),
        ("host", "registry.example.org/river", "Enter only the host"),
        ("host", "a\x00b.org", "Enter the registry’s host"),
        ("host", f"{'a' * 300}.org", "Enter the registry’s host"),
        ("username", "", "Enter the user name"),
        ("username", "a:b", "without a colon"),
        ("username", "a\x00", "Enter the user name"),
        ("username", "a" * 201, "Enter the user name"),
        ("password", "", "Enter the password"),
        ("password", "  ", "Enter the password"),
        ("password", "a\x00b", "can’t be used"),
        ("password", "x" * 4001, "can’t be used"),
    ],
)
def test_errors_are_reported_beside_their_field_and_the_rest_is_kept(field, typed, words, as_, omar, address):
    response = as_(omar).post(address, {**TYPED, field: typed})
    assert response.status_code == 422
    page = text(response)
    assert words in page
    assert HIDDEN not in page, "a password is never written back into a page"
    for name in ("host", "username"):
        if name != field:
            assert f'value="{TYPED[name]}"' in page
    assert not RegistryLogin.objects.exists()
    assert not AuditEvent.objects.filter(verb__startswith="registry.").exists()


def test_a_missing_field_is_an_empty_one(as_, omar, address):
    assert as_(omar).post(address, {}).status_code == 422


@pytest.mark.parametrize(("who", "status"), [("ines", 403), ("mia", 403), ("zoe", 404), (None, 302)])
def test_other_roles_may_not(who, status, as_, cast, address, login):
    client = as_(cast[who] if who else None)
    for page in (address, removal(login)):
        response = client.get(page)
        assert response.status_code == status
        assert HOST not in text(response)
    assert client.post(address, {**TYPED, "password": "stolen"}).status_code == status
    assert client.post(removal(login), {"confirm": HOST}).status_code == status
    login.refresh_from_db()
    assert login.password == HIDDEN


def test_another_organisations_owner_can_not_reach_it(as_, zoe, lake, login):
    wrong = reverse("registry-remove", args=[lake.slug, login.pk])
    assert as_(zoe).get(wrong).status_code == 404
    assert as_(zoe).post(wrong, {"confirm": HOST}).status_code == 404
    assert RegistryLogin.objects.exists()


def test_wrong_methods(as_, omar, address, login):
    for page in (address, removal(login)):
        assert as_(omar).put(page).status_code == 405
        assert as_(omar).delete(page).status_code == 405
    assert RegistryLogin.objects.exists()


def test_removing_needs_the_typed_host(as_, omar, address, login):
    assert "no longer start" in text(as_(omar).get(removal(login)))
    response = as_(omar).post(removal(login), {"confirm": "registry"})
    assert response.status_code == 422
    assert f"Type {HOST}" in text(response)
    assert RegistryLogin.objects.exists()
    response = as_(omar).post(removal(login), {"confirm": HOST}, follow=True)
    assert "was removed" in text(response)
    assert not RegistryLogin.objects.exists()
    assert AuditEvent.objects.filter(verb="registry.remove", actor="omar", subject=HOST).count() == 1
    assert as_(omar).post(removal(login), {"confirm": HOST}).status_code == 404


def test_the_number_of_registries_is_limited(river, omar, as_, address):
    for number in range(services.MOST):
        RegistryLogin.objects.create(organization=river, host=f"r{number}.org", username="x", password="x", set_by=omar)
    response = as_(omar).post(address, TYPED)
    assert response.status_code == 422
    assert "Remove one first" in text(response)
    assert as_(omar).post(address, {**TYPED, "host": "r1.org"}).status_code == 302, "replacing a password adds no row"


def test_the_tab_is_shown_to_people_who_may_use_it(as_, omar, ines, address, river):
    overview = reverse("organization", args=[river.slug])
    assert f'href="{address}"' in text(as_(omar).get(overview))
    assert f'href="{address}"' not in text(as_(ines).get(overview))


@pytest.mark.parametrize(("password", "words"), [(PASSWORD, "accepts the password"), ("guessed", "does not accept")])
def test_it_is_checked_at_once_and_kept_in_any_case(password, words, as_, omar, address, safe, settings):
    settings.CHECK_IMAGES, settings.ALLOWED_PRIVATE_HOSTS = True, [f"http://{safe}"]
    response = as_(omar).post(address, {"host": safe, "username": USER, "password": password}, follow=True)
    assert words in text(response)
    assert password not in text(response)
    assert RegistryLogin.objects.get().password == password


def test_a_registry_that_the_portal_may_not_call_is_kept_unchecked(as_, omar, address, safe, settings):
    settings.CHECK_IMAGES = True
    response = as_(omar).post(address, {"host": safe, "username": USER, "password": PASSWORD}, follow=True)
    assert "It was not tested" in text(response)
    assert "private network" in text(response)


# --- in a cluster -----------------------------------------------------------------------------------------------------
def made(hub):
    """Return the objects of a hub's part "hub", by kind and name."""
    release = prepare.release(Hub.objects.select_related("organization", "cluster", "revision").get(pk=hub.pk))
    return next(part for part in release.parts if part.name == "hub").payload


def values_of(payload):
    return json.loads(payload["ConfigMap/hub"]["data"]["values.json"])


@pytest.fixture
def private_hub(ready_hub, ines, in_cluster):
    """Ines' hub with an image of a registry that requires a password."""
    change = request_services.begin_change(
        reason="For the course.",
        hub=ready_hub,
        by=ines,
        values={"singleuser.image.name": f"{HOST}/river/r", "singleuser.image.tag": "1"},
    )
    request_services.submit(request=change, by=ines)
    assert change.state == "approved"
    return ready_hub


def test_a_hub_that_needs_it_gets_a_pull_secret(private_hub, login):
    payload = made(private_hub)
    secret = payload["Secret/image-pull"]
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    told = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
    assert told == {"auths": {HOST: {"username": "robot$river", "password": HIDDEN}}}
    assert values_of(payload)["singleuser"]["image"]["pullSecrets"] == [{"name": "image-pull"}]
    others = {key: value for key, value in payload.items() if key != "Secret/image-pull"}
    assert HIDDEN not in json.dumps(others)
    assert base64.b64encode(HIDDEN.encode()).decode()[:12] not in json.dumps(others)


def test_a_hub_that_does_not_need_it_gets_none(ready_hub, in_cluster, login, zoe, lake):
    payload = made(ready_hub)
    assert "Secret/image-pull" not in payload
    assert "pullSecrets" not in values_of(payload)["singleuser"]["image"]


def test_another_organisations_password_is_not_used(private_hub, zoe, lake):
    services.set_login(organization=lake, by=zoe, **TYPED)
    assert "Secret/image-pull" not in made(private_hub)


def test_another_password_changes_the_secret_and_restarts_nothing(private_hub, login, river, omar):
    before = made(private_hub)
    services.set_login(organization=river, by=omar, **{**TYPED, "password": "another-one"})
    after = made(private_hub)
    assert {key for key in before if before[key] != after[key]} == {"Secret/image-pull"}


def test_hubs_where_people_may_type_any_image_get_every_password(ready_hub, ines, in_cluster, login, river, omar):
    services.set_login(organization=river, by=omar, host="docker.io", username="hub", password="p")
    profiles = """
- display_name: Any
  profile_options:
    image:
      display_name: Image
      unlisted_choice: {enabled: true, kubespawner_override: {image: "{value}"}}
"""
    draft = request_services.begin_change(reason="For the course.", hub=ready_hub, by=ines).draft
    spec = reading({**draft, "singleuser.profileList": profiles})[0]
    revision = ready_hub.revision
    type(revision).objects.filter(pk=revision.pk).update(data=spec.model_dump(mode="json"))
    told = json.loads(base64.b64decode(made(ready_hub)["Secret/image-pull"]["data"][".dockerconfigjson"]))
    assert set(told["auths"]) == {HOST, "https://index.docker.io/v1/"}


def test_hubs_in_clusters_are_reconciled(private_hub, river, omar):
    Hub.objects.update(reconcile_after=None)
    row = services.set_login(organization=river, by=omar, **TYPED)
    private_hub.refresh_from_db()
    assert private_hub.reconcile_after is not None
    Hub.objects.update(reconcile_after=None)
    services.remove(login=row, by=omar, typed=HOST)
    private_hub.refresh_from_db()
    assert private_hub.reconcile_after is not None


def test_hubs_of_one_machine_are_left_alone(ready_hub, river, omar):
    Hub.objects.update(reconcile_after=None)
    services.set_login(organization=river, by=omar, **TYPED)
    ready_hub.refresh_from_db()
    assert ready_hub.reconcile_after is None
