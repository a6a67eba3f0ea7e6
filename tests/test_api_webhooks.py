"""Webhooks in the API."""

from typing import Any

import pytest
from django.utils import timezone

from hubs.models import AuditEvent, Delivery, Webhook
from hubs.webhooks.services import webhooks

from .callers import caller, errors

pytestmark = pytest.mark.django_db
NEW: dict[str, Any] = {
    "organization": "river",
    "url": "https://hooks.example.org/a",
    "types": ["hub.ready", "hub.stalled"],
}


@pytest.fixture
def api(ada):
    return caller(ada)


@pytest.fixture
def hook(river, ada):
    return webhooks.create(organization=river, by=ada, url=NEW["url"], types=["hub.ready"])[0]


def at(hook, more=""):
    return f"webhooks/{hook.uid}/{more}"


def failed(hook, **more):
    facts = {"event": hook.uid, "type": "hub.ready", "subject": "Statistics 101", "body": "{}", "state": "failed"}
    return Delivery.objects.create(webhook=hook, **facts | more)


def test_a_webhook_is_created_once_and_its_secret_shown_once(api):
    first = api("POST", "webhooks/", NEW, Idempotency_Key="one")
    row = Webhook.objects.get()
    assert first.status_code == 201
    assert first.json()["secret"] == row.secret
    assert first["Location"].endswith(f"/api/v1/webhooks/{row.uid}/")
    again = api("POST", "webhooks/", NEW, Idempotency_Key="one")
    assert (again.status_code, again.json()["secret"]) == (201, None), "what is stored has no secret"
    shown = api("GET", at(row)).json()
    assert "secret" not in shown
    assert shown == {
        "uid": str(row.uid), "self": first["Location"], "organization": "river", "url": NEW["url"], "description": "",
        "types": ["hub.ready", "hub.stalled"], "paused": False, "pausedAt": None, "pausedWhy": "",
        "failingSince": None, "waiting": 0, "failed": 0, "createdBy": "ada",
        "createdAt": row.created_at.isoformat().replace("+00:00", "Z"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [({"url": "http://example.org/"}, "url"), ({"url": "https://127.0.0.1/"}, "url"), ({"types": []}, "types"),
     ({"types": ["hub.explode"]}, "types.0"), ({"types": ["remind.draft"]}, "types.0"), ({"color": "red"}, "color"),
     ({"url": "https://]%"}, "url"), ({"url": "https://a[127.1]"}, "url"), ({"url": "/@#a"}, "url"),
     ({"description": "\ud800"}, "")],
)  # fmt: skip
def test_errors_are_reported_by_field(api, change, field):
    status = 422 if field else 400
    assert field in errors(api("POST", "webhooks/", NEW | change), status)
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("ines", 403), ("mia", 403), ("zoe", 404)])
def test_only_admins_create_webhooks(cast, who, status):
    assert caller(cast[who])("POST", "webhooks/", NEW).status_code == status
    assert caller(cast[who])("GET", "webhooks/").json()["results"] == []
    assert not Webhook.objects.exists()


def test_a_webhook_without_an_organisation_is_for_staff(api, stan, hook, river):
    everywhere = {"url": NEW["url"], "types": ["*"]}
    assert api("POST", "webhooks/", everywhere).status_code == 404
    staff = caller(stan)
    made = staff("POST", "webhooks/", everywhere).json()
    assert made["organization"] is None
    assert len(staff("GET", "webhooks/").json()["results"]) == 2
    assert len(staff("GET", "webhooks/?organization=river").json()["results"]) == 1
    assert [one["uid"] for one in api("GET", "webhooks/").json()["results"]] == [str(hook.uid)]
    assert api("GET", f"webhooks/{made['uid']}/").status_code == 404
    bound = caller(stan, "administer", organization=river)
    assert [one["uid"] for one in bound("GET", "webhooks/").json()["results"]] == [str(hook.uid)]
    assert bound("GET", f"webhooks/{made['uid']}/").status_code == 404
    assert bound("POST", "webhooks/", everywhere).status_code == 404


def test_a_change_must_name_the_version_that_was_read(api, hook):
    tag = api("GET", at(hook))["ETag"]
    assert api("PATCH", at(hook), {"types": ["*"]}).status_code == 428
    changed = api("PATCH", at(hook), {"types": ["*"]}, If_Match=tag)
    assert (changed.json()["types"], changed.json()["url"]) == (["*"], NEW["url"])
    assert api("PATCH", at(hook), {"types": ["hub.ready"]}, If_Match=tag).status_code == 412
    assert "url" in errors(api("PATCH", at(hook), {"url": "https://10.0.0.1/"}, If_Match="*"))
    hook.refresh_from_db()
    assert (hook.types, hook.url) == (["*"], NEW["url"])


def test_rotating_testing_pausing_and_resuming(api, hook):
    fresh = api("POST", at(hook, "rotate/"))
    hook.refresh_from_db()
    assert (fresh.status_code, fresh.json()["secret"]) == (201, hook.secret)
    tried = api("POST", at(hook, "test/"))
    assert (tried.status_code, tried.json()["type"], tried.json()["state"]) == (201, "webhook.test", "waiting")
    assert api("POST", at(hook, "pause/")).json()["paused"] is True
    assert "Resume it first." in errors(api("POST", at(hook, "test/")), 409)[""][0]
    assert api("POST", at(hook, "resume/")).json()["paused"] is False
    assert [line.verb for line in AuditEvent.objects.filter(verb__startswith="webhook.").order_by("pk")] == [
        "webhook.create", "webhook.rotate", "webhook.test", "webhook.pause", "webhook.resume",
    ]  # fmt: skip


def test_deliveries_are_listed_shown_and_sent_again(api, hook, river, ada):
    row = failed(hook, attempts=[{"at": timezone.now().isoformat(), "status": 500, "seconds": 0.1, "problem": "no"}])
    Delivery.objects.create(
        webhook=hook, event="00000000-0000-4000-8000-000000000001", type="hub.stalled", subject="x", body="{}"
    )
    assert len(api("GET", at(hook, "deliveries/")).json()["results"]) == 2
    [shown] = api("GET", at(hook, "deliveries/?state=failed")).json()["results"]
    assert (shown["id"], shown["event"], shown["nextAt"]) == (row.pk, str(row.event), None)
    assert len(api("GET", at(hook, "deliveries/?type=hub.stalled")).json()["results"]) == 1
    assert api("GET", at(hook, "deliveries/?colour=red")).status_code == 422
    whole = api("GET", at(hook, f"deliveries/{row.pk}/")).json()
    assert whole["attempts"][0]["at"].endswith("Z")
    again = api("POST", at(hook, f"deliveries/{row.pk}/resend/"))
    assert (again.status_code, again.json()["state"]) == (200, "waiting")
    Delivery.objects.update(state="failed")
    later = timezone.now().isoformat().replace("+00:00", "Z")
    assert api("POST", at(hook, "resend/"), {"since": later}).json() == {"count": 0}
    assert api("POST", at(hook, "resend/"), {}).json() == {"count": 2}
    other, _ = webhooks.create(organization=river, by=ada, url=NEW["url"], types=["*"])
    assert api("GET", at(other, f"deliveries/{row.pk}/")).status_code == 404


def test_a_webhook_is_removed(api, hook):
    failed(hook)
    assert api("DELETE", at(hook)).status_code == 204
    assert api("GET", at(hook)).status_code == 404
    assert not Delivery.objects.exists()


def test_a_scope_that_only_reads_sees_no_addresses(ada, hook):
    """An address may contain a secret, so `read` does not return it."""
    assert caller(ada, "read", "operate")("GET", at(hook)).status_code == 403


def test_queries_do_not_grow_with_webhooks(api, river, hook, django_assert_max_num_queries):
    Webhook.objects.bulk_create(Webhook(organization=river, url=hook.url, types=["*"], secret="x") for _ in range(15))
    with django_assert_max_num_queries(10):
        assert len(api("GET", "webhooks/").json()["results"]) == 16
