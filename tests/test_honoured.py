"""A setting that a hub cannot honour is refused with the reason in the API, and named on pages when it is stored.
tests/runtimes/test_every_field_counts.py asks real hubs whether they honour it."""

from collections import Counter
from typing import Any

import pytest
from django.urls import reverse

from hubs.models import ChangeRequest, Cluster, HubRevision, StartingPoint
from hubs.requests.services import requests as services
from hubs.runtimes import capabilities
from hubs.spec import FIELDS
from hubs.spec.draft import plain
from hubs.spec.honoured import needless, remarks
from hubs.spec.said import begun
from hubs.spec.trees import get, put
from tests.runtimes.test_every_field_counts import pairs

pytestmark = pytest.mark.django_db
REQUESTS = "/api/v1/requests/"


@pytest.fixture(params=["kubernetes", "local"])
def runtime(request, cluster):
    Cluster.objects.update(runtime=request.param, domain="hubs.example.org")
    return request.param


def said(after, path, context):
    """Return a body's spec that sets this field and its context."""
    whole = after.model_dump(mode="json")
    spec: dict[str, Any] = {}
    for name in (path, *context, "singleuser.content.folder", "singleuser.storage.static.pvcName"):
        put(spec, tuple(name.split(".")), get(whole, tuple(name.split("."))))
    return spec | {"about": {"title": "Tried", **spec.get("about", {})}}


def test_a_field_that_the_form_hides_is_refused_by_the_api_with_its_name(runtime, as_, ines):
    """Every field, with every kind of storage and way to sign in, on every kind of cluster."""
    client, one_machine, silent, tried = as_(ines), runtime == "local", [], Counter[str]()
    start = StartingPoint.objects.get(slug="class").version.start()
    usual = begun(start, {"about": {"title": "Tried"}})
    for path, context, _, after in pairs():
        spec = said(after, path, context)
        idle = path in needless(after, can=capabilities(runtime))
        if not idle or tried[path] == 2 or begun(start, spec) == usual:  # the tests of real hubs try all of them
            continue
        tried[path] += 1
        body = {"organization": "river", "slug": "by-program", "spec": spec, "send": False}
        answer = client.post(REQUESTS, body, content_type="application/json")
        words = answer.json().get("errors", {}).get(f"spec.{path}")
        if answer.status_code != 422 or not words:
            silent.append(f"{path} with {context}: {answer.status_code} {words}")
    assert not silent, "\n".join(silent)
    assert not ChangeRequest.objects.exists()
    hidden = {path for path, field in FIELDS.items() if field.words.when}
    assert len(tried.keys() & hidden) > len(hidden) / 2
    assert one_machine == ("singleuser.image.name" in tried)


def test_a_draft_in_the_api_follows_the_same_rules(runtime, as_, ines, river):
    row = services.begin(organization=river, starting_point="class", by=ines)
    at, client = f"{REQUESTS}{row.uid}/", as_(ines)

    def patch(**texts):
        tag = client.get(at)["ETag"]
        return client.patch(at, {"draft": texts}, content_type="application/json", headers={"If-Match": tag})

    answer = patch(**{"singleuser.storage.static.pvcName": "homes"})
    assert answer.status_code == 422
    assert (
        "has an effect only if “Storage type” is"
        in answer.json()["errors"]["draft.singleuser.storage.static.pvcName"][0]
    )
    assert patch(**{"singleuser.storage.capacity": "20"}).status_code == (200 if runtime == "kubernetes" else 422)
    assert patch(**{"singleuser.storage.type": "none"}).status_code == 200, "existing values are accepted"


def test_the_setting_that_it_depends_on_is_named(ready_hub):
    spec = ready_hub.spec
    off = {"cull": {"enabled": False, "users": True, "adminUsers": False}}
    spec = type(spec).model_validate(spec.model_dump() | off)
    found = needless(spec, can=capabilities("kubernetes"))
    assert found.keys() == {"cull.users", "cull.adminUsers"}
    assert all("“Stop idle servers” is “yes”" in words for words in found.values())


STORED = {"singleuser.storage.static.pvcName": "homes", "singleuser.gpus": "2", "singleuser.image.name": "q.io/a/b",
          "signIn.github.client_id": "abc", "cull.users": "no", "more": "singleuser:\n  uid: 1\n"}  # fmt: skip


def test_a_hub_with_such_settings_opens_and_changes_and_names_them(runtime, as_, ines, ready_hub):
    old = ready_hub.revision
    data = {**old.data}
    for path, value in plain(STORED)[0].items():
        data[path] = {**data[path], **value} if isinstance(data.get(path), dict) and path != "signIn" else value
    ready_hub.revision = HubRevision.objects.create(hub=ready_hub, number=old.number + 1, data=data, author=ines)
    ready_hub.save(update_fields=["revision"])
    hub = type(ready_hub).objects.get(pk=ready_hub.pk)
    client = as_(ines)
    assert client.get(reverse("hub", args=[hub.uid])).status_code == 200
    body = {"hub": hub.uid, "spec": {"about": {"heads": 31}}, "send": False}
    answer = client.post(REQUESTS, body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    plan = client.get(f"{REQUESTS}{answer.json()['uid']}/plan/").json()
    assert [one["path"] for one in plan["differences"]] == ["about.heads"]
    assert not any("has an effect only if" in one["text"] for one in plan["consequences"]), "that was so before"
    assert "singleuser.storage.static.pvcName" in remarks(hub.spec, can=capabilities("kubernetes"))


def test_an_import_keeps_such_a_setting_and_the_plan_names_it(runtime, as_, ines, river):
    values = "singleuser:\n  storage: {type: none, capacity: 30Gi}\n  image: {name: quay.io/a/b, tag: c}\n"
    answer = as_(ines).post("/api/v1/requests/bring/", {"organization": "river", "title": "Brought", "values": values},
                            content_type="application/json")  # fmt: skip
    assert answer.status_code == 201, answer.content
    uid = answer.json()["request"]["uid"]
    told = [one["text"] for one in as_(ines).get(f"{REQUESTS}{uid}/plan/").json()["consequences"]]
    assert any("has an effect only if “Storage type” is" in text for text in told)
    assert any("the software that is installed there" in text for text in told) == (runtime == "local")
    page = as_(ines).get(reverse("request-review", args=[uid])).content.decode()
    assert "This has an effect only if" in page
