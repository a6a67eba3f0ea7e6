"""Webhooks on pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from hubs.models import AuditEvent, Delivery, Webhook
from hubs.webhooks.services import webhooks

pytestmark = pytest.mark.django_db
RIVER = "/organizations/river/webhooks/"
SAID: dict[str, Any] = {"url": "https://hooks.example.org/T0/secret-path", "what": "some", "group1": ["hub.ready"]}


@pytest.fixture
def hook(river, ada):
    return webhooks.create(organization=river, by=ada, url=SAID["url"], types=["hub.ready"], description="Our bot")[0]


@pytest.fixture
def staffs(stan):
    return webhooks.create(organization=None, by=stan, url="https://ops.example.org/", types=["*"])[0]


def page(hook, more=""):
    return f"/webhooks/{hook.uid}/{more}"


def failed(hook, **more):
    facts = {"event": hook.uid, "type": "hub.ready", "subject": "Statistics 101", "body": "{}", "state": "failed"}
    return Delivery.objects.create(webhook=hook, **facts | more)


def test_adding_a_webhook_shows_its_secret_once(as_, omar, river):
    client = as_(omar)
    assert "No webhooks yet" in client.get(RIVER).content.decode()
    answer = client.post(f"{RIVER}new/", SAID)
    row = Webhook.objects.get()
    assert answer.status_code == 200
    assert row.secret.startswith("whsec_")
    assert row.secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert (row.organization, row.types, row.created_by) == (river, ["hub.ready"], omar)
    for path in (RIVER, page(row), page(row, "change/"), "/organizations/river/audit/"):
        assert row.secret not in client.get(path).content.decode()
    line = AuditEvent.objects.get(verb="webhook.create")
    assert (line.subject, line.organization) == ("hooks.example.org", "river")
    assert "secret-path" not in str(vars(line))


def test_secrets_are_encrypted_in_the_database(hook):
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM hubs_webhook")
        assert "whsec_" not in cursor.fetchone()[0]


def test_all_events_includes_future_events(as_, ada, river):
    as_(ada).post(f"{RIVER}new/", SAID | {"what": "all"})
    assert Webhook.objects.get().types == ["*"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"url": ""}, "This is not a valid web address."),
        ({"url": "ftp://example.org/"}, "This is not a valid web address."),
        ({"url": "http://example.org/"}, "over https."),
        ({"url": "https://me:pw@example.org/"}, "An address must not contain a password."),
        ({"url": "https://10.0.0.1/"}, "in a private network"),
        ({"url": "http://10.0.0.1/"}, "in a private network"),
        ({"url": "https://[::1]/"}, "in a private network"),
        ({"url": "https://169.254.169.254/latest"}, "in a private network"),
        ({"url": "https://8.8.8.8:8443/"}, "port 8443"),
        ({"url": "https://example.org/" + "x" * 500}, "This is too long"),
        ({"group1": []}, "Choose at least one event."),
        ({"group1": ["hub.explode"]}, "Select a valid choice"),
        ({"description": "x" * 201}, "at most 200 characters"),
        ({"description": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_errors_are_shown_beside_the_field_and_nothing_typed_is_lost(as_, ada, river, change, sentence):
    answer = as_(ada).post(f"{RIVER}new/", SAID | {"description": "Our bot"} | change)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert "Our bot" in text or "description" in change
    assert not Webhook.objects.exists()


def test_the_number_of_webhooks_is_limited(as_, ada, river, hook):
    Webhook.objects.bulk_create(
        Webhook(organization=river, url=hook.url, types=["*"], secret="x") for _ in range(webhooks.MOST - 1)
    )
    assert "There are 20 webhooks already" in as_(ada).post(f"{RIVER}new/", SAID).content.decode()
    assert Webhook.objects.count() == webhooks.MOST


# --- permissions ------------------------------------------------------------------------------------------------------
WRITES = [
    ("change/", SAID), ("rotate/", {}), ("test/", {}), ("pause/", {}), ("resume/", {}), ("resend/", {}),
    ("remove/", {"confirm": "hooks.example.org"}),
]  # fmt: skip


@pytest.mark.parametrize(("who", "status"), [("ines", 403), ("mia", 403), ("zoe", 404), (None, 302)])
def test_only_admins_and_staff_have_access(as_, cast, hook, who, status):
    client, before = as_(cast.get(who)), Webhook.objects.values().get()
    row = failed(hook)
    for more, said in [*WRITES, (f"deliveries/{row.pk}/resend/", {})]:
        assert client.post(page(hook, more), said).status_code == status, more
    for path in (page(hook), RIVER, page(hook, f"deliveries/{row.pk}/")):
        assert client.get(path).status_code == status
    assert client.post(f"{RIVER}new/", SAID).status_code == status
    assert Webhook.objects.values().get() == before
    assert Delivery.objects.get().state == "failed"


@pytest.mark.parametrize("who", ["ada", "omar", "zoe"])
def test_only_staff_see_webhooks_of_staff(as_, cast, staffs, who):
    client = as_(cast[who])
    for path in ("/staff/webhooks/", "/staff/webhooks/new/", page(staffs)):
        assert client.get(path).status_code == 404
    assert client.post("/staff/webhooks/new/", SAID).status_code == 404
    assert client.post(page(staffs, "rotate/")).status_code == 404


def test_wrong_methods_and_other_peoples_deliveries(as_, ada, hook, staffs):
    client, other = as_(ada), failed(staffs)
    for more in ("rotate/", "test/", "pause/", "resume/", "resend/", f"deliveries/{other.pk}/resend/"):
        assert client.get(page(hook, more)).status_code == 405
    assert client.post(page(hook)).status_code == 405
    assert client.get(page(hook, f"deliveries/{other.pk}/")).status_code == 404
    assert client.post(page(hook, f"deliveries/{other.pk}/resend/")).status_code == 404


def test_staff_add_one_for_all_organisations(as_, stan, hook):
    client = as_(stan)
    assert client.post("/staff/webhooks/new/", SAID | {"what": "all"}).status_code == 200
    row = Webhook.objects.get(organization=None)
    text = client.get("/staff/webhooks/").content.decode()
    assert page(row) in text
    assert page(hook) not in text, "organisations have webhooks of their own"
    assert client.get(page(hook)).status_code == 200


# --- managing webhooks ------------------------------------------------------------------------------------------------
def test_a_webhook_is_changed(as_, ada, hook):
    client = as_(ada)
    text = client.get(page(hook, "change/")).content.decode()
    assert SAID["url"] in text
    answer = client.post(page(hook, "change/"), SAID | {"url": "https://new.example.org/", "group1": ["hub.retired"]})
    assert answer.status_code == 302
    hook.refresh_from_db()
    assert (hook.url, hook.types, hook.description) == ("https://new.example.org/", ["hub.retired"], "")
    assert client.post(page(hook, "change/"), SAID | {"url": "https://10.1.1.1/"}).status_code == 422
    before = AuditEvent.objects.count()
    client.post(page(hook, "change/"), SAID | {"url": "https://new.example.org/", "group1": ["hub.retired"]})
    assert AuditEvent.objects.count() == before, "nothing changed"


def test_a_new_secret_is_shown_once_and_the_old_one_works_for_a_day(as_, ada, hook):
    old, client = hook.secret, as_(ada)
    text = client.post(page(hook, "rotate/")).content.decode()
    hook.refresh_from_db()
    assert hook.secret in text
    assert old not in text
    assert hook.secrets(timezone.now()) == [hook.secret, old]
    assert hook.secrets(timezone.now() + timedelta(hours=25)) == [hook.secret]


def test_pausing_and_resuming(as_, ada, hook):
    client = as_(ada)
    client.post(page(hook, "pause/"))
    text = client.get(page(hook)).content.decode()
    assert "Paused by Ada Okafor." in text
    assert "Send test" not in text
    answer = client.post(page(hook, "test/"), follow=True)
    assert "The webhook is paused, so nothing is sent." in answer.content.decode()
    assert not Delivery.objects.exists()
    client.post(page(hook, "resume/"))
    assert "Send test" in client.get(page(hook)).content.decode()
    client.post(page(hook, "resume/"))
    assert AuditEvent.objects.filter(verb="webhook.resume").count() == 1


def test_a_test_is_shown_until_it_is_answered(as_, ada, hook):
    client = as_(ada)
    text = client.post(page(hook, "test/"), follow=True).content.decode()
    row = Delivery.objects.get()
    assert (row.type, row.state) == ("webhook.test", "waiting")
    assert 'hx-trigger="every 3s"' in text
    part = client.get(page(hook), headers={"HX-Request": "true", "HX-Target": "deliveries"}).content.decode()
    assert part.strip().startswith("<section")
    Delivery.objects.update(state="sent", tries=1, status=204)
    assert "every 3s" not in client.get(page(hook)).content.decode()


def test_a_delivery_is_shown_completely(as_, ada, hook):
    attempts = [{"at": "2027-01-11T15:00:00+00:00", "status": 500, "seconds": 0.2, "problem": "It answers 500."}]
    row = failed(hook, attempts=attempts, tries=1, status=500, answer="<script>alert(1)</script>", body='{"type":"x"}')
    text = as_(ada).get(page(hook, f"deliveries/{row.pk}/")).content.decode()
    for words in ("It answers 500.", "11 January 2027, 15:00 UTC", str(row.event), "&lt;script&gt;"):
        assert words in text
    assert "<script>alert" not in text


def test_sending_again(as_, ada, hook, staffs):
    client, old = as_(ada), timezone.now() - timedelta(days=9)
    first, second = failed(hook), failed(hook, event=staffs.uid, made_at=old)
    client.post(page(hook, f"deliveries/{first.pk}/resend/"))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("waiting", "failed")
    wrong = client.post(page(hook, "resend/"), {"since": "soon"})
    assert wrong.status_code == 422
    assert "soon" in wrong.content.decode()
    later = client.post(page(hook, "resend/"), {"since": f"{timezone.now():%Y-%m-%d}"}, follow=True)
    assert "There are no failed deliveries since then." in later.content.decode()
    client.post(page(hook, "resend/"), {"since": ""})
    second.refresh_from_db()
    assert second.state == "waiting"


def test_after_a_failure_the_next_attempt_is_said_once_and_what_waits_says_why(as_, ada, hook, staffs):
    now = timezone.now()
    late = now + timedelta(minutes=4)
    Webhook.objects.filter(pk=hook.pk).update(failing_since=now, failures=3, quiet_until=late)
    failed(hook, state="waiting", tries=2, problem="No response.", due_at=now - timedelta(minutes=1))
    behind = failed(hook, state="waiting", event=staffs.uid, due_at=now)
    client = as_(ada)
    text = client.get(page(hook)).content.decode()
    assert client.get(page(hook)).context["next"] == late, "the webhook itself waits"
    assert text.count("Next attempt") == 1
    assert text.count("earlier deliveries are failing") == 1
    assert "earlier deliveries are failing" in client.get(page(hook, f"deliveries/{behind.pk}/")).content.decode()
    Webhook.objects.filter(pk=hook.pk).update(quiet_until=None)
    assert "The next attempt follows shortly." in client.get(page(hook)).content.decode()
    assert "A hub became ready" in text


def test_the_form_selects_the_usual_and_offers_nothing_that_can_t_happen(as_, ada, stan, hook):
    text = as_(ada).get(f"{RIVER}new/").content.decode()
    form = as_(ada).get(f"{RIVER}new/").context["form"]
    assert [group.label for group in form.groups() if group.value()] == ["Requests", "Hub status"]
    assert "organization.create" not in text
    assert "organization.create" in as_(stan).get("/staff/webhooks/new/").content.decode()
    assert "request.submit" not in as_(ada).get(page(hook, "change/")).context["form"]["group0"].value()


def test_removing_it_wants_its_name(as_, ada, hook):
    failed(hook)
    client = as_(ada)
    answer = client.post(page(hook, "remove/"), {"confirm": "something"})
    assert (answer.status_code, Webhook.objects.count()) == (422, 1)
    assert client.post(page(hook, "remove/"), {"confirm": "hooks.example.org"}).status_code == 302
    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()


def test_queries_do_not_grow_with_deliveries(as_, ada, hook, django_assert_max_num_queries):
    client = as_(ada)
    Delivery.objects.bulk_create(
        Delivery(webhook=hook, event=f"00000000-0000-4000-8000-{n:012}", type="hub.ready", subject="x", body="{}")
        for n in range(60)
    )
    with django_assert_max_num_queries(12):
        client.get(page(hook))
    with django_assert_max_num_queries(12):
        client.get(RIVER)
