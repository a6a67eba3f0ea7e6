"""Webhooks are delivered at least once, to real receivers, whatever the receivers and the workers do."""

import base64
import doctest
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from hubs.hub.services import hubs
from hubs.models import AuditEvent, Delivery, Event, Notification, Webhook
from hubs.outbound import Allowed, OutboundClient
from hubs.webhooks import rules as webhook_messages
from hubs.webhooks.services import deliveries, dispatch, webhooks
from portal.telemetry import measures
from tests.mail_server import free_port
from tests.stack.portal import ROOT, database_url
from tests.webhook_receiver import receiver

pytestmark = [pytest.mark.django_db, pytest.mark.processes]
DELIVER = "import django; django.setup(); from portal.tasks import deliver; deliver()"
SECOND = timedelta(seconds=1)


@pytest.fixture
def there():
    with receiver() as running:
        yield running


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as moved:
        yield moved


@pytest.fixture
def allow(settings):
    """Allow receivers although they are on loopback and use no TLS."""

    def these(*receivers):
        settings.ALLOWED_PRIVATE_HOSTS = [f"http://127.0.0.1:{one.port}" for one in receivers]

    return these


@pytest.fixture
def subscribe(allow, river, ada):
    """Return `subscribe(receiver, types=["*"])`, which gives (webhook, secret) of River."""

    def add(receiver, organization=river, by=ada, types=("*",)):
        allow(receiver)
        return webhooks.create(organization=organization, by=by, url=receiver.url, types=types)

    return add


@pytest.fixture
def happen(ready_hub, ines):
    """Emit an event of River's hub and dispatch it."""

    def once(kind="hub.ready"):
        made = Event.objects.create(
            type=kind, subject=ready_hub.title, organization="river", hub=ready_hub.uid,
            data={"from": "creating", "to": "ready", "note": "a private note", "changes": {"x": ["old", "new"]}},
        )  # fmt: skip
        dispatch.hand_out(timezone.now())
        return made

    Event.objects.all().update(told_at=timezone.now())
    return once


def send(**options) -> int:
    return deliveries.deliver(**options)


def test_the_examples_of_the_schedule():
    assert doctest.testmod(webhook_messages).failed == 0


# --- what arrives -----------------------------------------------------------------------------------------------------
def test_a_receiver_verifies_it_with_any_library_of_the_standard(there, subscribe, happen, ready_hub, settings):
    _, secret = subscribe(there)
    event = happen()
    assert send() == 1
    [heard] = there.heard
    said = Verifier(secret).verify(heard.body, heard.headers)
    assert said == json.loads(heard.body)
    assert set(said) == {"type", "timestamp", "data"}
    assert said["type"] == "hub.ready"
    assert said["timestamp"] == event.at.isoformat().replace("+00:00", "Z")
    assert said["data"] == {
        "subject": "Statistics 101", "actor": "", "actorName": "", "from": "creating", "to": "ready",
        "organization": {"slug": "river", "self": f"{settings.PORTAL_URL}/api/v1/organizations/river/"},
        "hub": {"uid": ready_hub.uid, "self": f"{settings.PORTAL_URL}/api/v1/hubs/{ready_hub.uid}/"},
    }  # fmt: skip
    assert heard.headers["webhook-id"] == str(event.uid)
    assert heard.headers["content-type"] == "application/json"
    row = Delivery.objects.get()
    assert (row.state, row.tries, row.status, row.problem) == ("sent", 1, 204, "")
    assert send() == 0, "once"


def test_a_message_changed_on_the_way_fails_verification(there, subscribe, happen):
    _, secret = subscribe(there)
    happen()
    send()
    [heard] = there.heard
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(heard.body + b" ", heard.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(heard.body, {**heard.headers, "webhook-id": "another"})
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


def test_the_signature_is_the_standards_in_every_zone():
    """Uses Python's hmac: HMAC-SHA256 of id, seconds and body."""
    at = datetime.fromtimestamp(1614265330, UTC).astimezone(ZoneInfo("Asia/Tokyo"))
    made = webhook_messages.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}', ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    )
    assert made["webhook-timestamp"] == "1614265330"
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_for_a_day_both_secrets_sign(there, subscribe, happen, ada, clock):
    hook, old = subscribe(there)
    _, new = webhooks.rotate(webhook=hook, by=ada)
    happen()
    send()
    [heard] = there.heard
    assert len(heard.headers["webhook-signature"].split()) == 2
    for secret in (old, new):
        assert Verifier(secret).verify(heard.body, heard.headers)
    clock.shift(webhooks.BOTH_SECRETS)
    happen()
    send()
    heard = there.heard[1]
    assert Verifier(new).verify(heard.body, heard.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(old).verify(heard.body, heard.headers)


def test_webhooks_receive_events_of_their_types_and_organisation(there, subscribe, happen, lake, zoe, stan):
    mine, _ = subscribe(there, types=["hub.ready"])
    staffs, _ = subscribe(there, organization=None, by=stan)
    subscribe(there, organization=lake, by=zoe)
    subscribe(there, types=["hub.retired"])
    happen()
    assert set(Delivery.objects.values_list("webhook", flat=True)) == {mine.pk, staffs.pk}
    happen("remind.draft")
    assert Delivery.objects.count() == 2, "drafts are private"
    happen("request.submit")
    assert list(Delivery.objects.filter(type="request.submit").values_list("webhook", flat=True)) == [staffs.pk]


def test_an_event_dispatched_twice_is_one_delivery(there, subscribe, happen):
    subscribe(there)
    event = happen()
    webhooks.tell(event)
    assert Delivery.objects.count() == 1


def test_queries_do_not_grow_with_webhooks(there, subscribe, happen, django_assert_num_queries):
    for _ in range(5):
        subscribe(there)
    event = happen()
    Delivery.objects.all().delete()
    with django_assert_num_queries(2):
        webhooks.tell(event)
    assert Delivery.objects.count() == 5


# --- receivers that misbehave -----------------------------------------------------------------------------------------
def test_a_receiver_that_is_down_for_a_while_loses_nothing(allow, river, ada, happen, clock):
    port = free_port()
    with receiver(port) as there:
        allow(there)
    hook, _ = webhooks.create(organization=river, by=ada, url=there.url, types=["*"])
    told = [str(happen().uid) for _ in range(3)]
    assert send() == 0
    assert Delivery.objects.filter(tries__gt=0).count() == 1, "the others wait for the retry"
    hook.refresh_from_db()
    assert hook.failing_since == timezone.now()
    clock.shift(timedelta(minutes=10))
    with receiver(port) as there:
        assert send() == 3
        assert sorted(there.ids) == sorted(told)
    hook.refresh_from_db()
    assert (hook.failing_since, hook.failures, hook.leased_until) == (None, 0, None)


def test_after_two_days_of_failed_attempts_it_is_paused_with_a_notice(there, subscribe, happen, clock, ada, omar):
    there.usual = (500, {}, b"<b>broken</b>")
    hook, _ = subscribe(there)
    event = happen()
    began, waits = timezone.now(), []
    assert send() == 0
    while Delivery.objects.get().state == "waiting":
        row = Delivery.objects.get()
        assert send() == 0
        assert len(there.heard) == row.tries, "not before it is due"
        waits.append(row.due_at - timezone.now())
        clock.move_to(max(row.due_at, Webhook.objects.get().quiet_until or row.due_at))
        send()
    for wait, planned in zip(waits[:-1], [*webhook_messages.WAITS, *webhook_messages.WAITS[-1:] * 9], strict=False):
        assert planned <= wait <= planned * (1 + webhook_messages.JITTER)
    assert timezone.now() - began == timedelta(days=2), "the last attempt"
    assert set(there.ids) == {str(event.uid)}
    row = Delivery.objects.get()
    assert (row.state, row.status, row.answer) == ("failed", 500, "<b>broken</b>")
    assert len(row.attempts) == row.tries == len(there.heard) == len(waits) + 1
    hook.refresh_from_db()
    assert hook.paused_at == timezone.now()
    assert "two days" in hook.paused_why
    assert AuditEvent.objects.filter(verb="webhook.paused", organization="river", actor="").count() == 1
    dispatch.hand_out(timezone.now())
    told = Notification.objects.filter(type="webhook.paused")
    assert set(told.values_list("person__username", flat=True)) == {"ada", "omar"}
    assert told[0].title == "The webhook to 127.0.0.1 is paused"
    assert told[0].link == "/organizations/river/webhooks/"
    assert Delivery.objects.count() == 1, "a webhook gets no event about its own pause"


def test_staff_are_notified_about_webhooks_of_staff(there, subscribe, happen, stan, ada, clock):
    there.usual = (410, {}, b"")
    subscribe(there, organization=None, by=stan)
    happen()
    send()
    dispatch.hand_out(timezone.now())
    [told] = Notification.objects.filter(type="webhook.paused")
    assert (told.person, told.link) == (stan, "/staff/webhooks/")


def test_events_wait_while_it_is_paused_and_are_sent_on_resume(there, subscribe, happen, ada, clock):
    hook, _ = subscribe(there)
    webhooks.pause(webhook=hook, by=ada)
    told = [str(happen().uid) for _ in range(2)]
    assert send() == 0
    assert there.heard == []
    clock.shift(timedelta(days=5))
    webhooks.resume(webhook=hook, by=ada)
    assert send() == 2
    assert there.ids == told, "in order"


def test_resuming_starts_another_two_days(there, subscribe, happen, ada, clock):
    there.usual = (503, {}, b"")
    hook, _ = subscribe(there)
    happen()
    send()
    clock.shift(timedelta(days=3))
    webhooks.pause(webhook=hook, by=ada)
    webhooks.resume(webhook=hook, by=ada)
    send()
    hook.refresh_from_db()
    assert (hook.paused_at, Delivery.objects.get().state) == (None, "waiting")


def test_status_410_pauses_at_once(there, subscribe, happen):
    there.usual = (410, {}, b"")
    hook, _ = subscribe(there)
    happen()
    send()
    hook.refresh_from_db()
    assert "410 Gone" in hook.paused_why
    assert Delivery.objects.get().state == "failed"


@pytest.mark.parametrize(("said", "waits"), [("3600", 3600), ("9999999", 86400), ("soon", 5), ("-1", 5)])
def test_retry_after_is_respected(there, subscribe, happen, clock, said, waits):
    there.usual = (429, {"Retry-After": said}, b"")
    subscribe(there)
    happen()
    send()
    waited = Delivery.objects.get().due_at - timezone.now()
    assert waits * SECOND <= waited <= waits * SECOND * (1 + webhook_messages.JITTER)
    clock.shift(waited - SECOND)
    send()
    assert len(there.heard) == 1


def test_retry_after_as_a_date(there, subscribe, happen):
    with time_machine.travel("2027-01-11T15:00:00Z", tick=False):
        there.usual = (503, {"Retry-After": "Mon, 11 Jan 2027 17:00:00 GMT"}, b"")
        subscribe(there)
        happen()
        send()
        assert Delivery.objects.get().due_at - timezone.now() == timedelta(hours=2)


def test_every_redirect_is_a_failure_that_says_so(there, subscribe, happen, allow):
    with receiver() as private:
        there.usual = (307, {"Location": private.url}, b"")
        subscribe(there)
        allow(there, private)  # even if address policy allows it
        happen()
        send()
        assert private.heard == []
    row = Delivery.objects.get()
    assert (row.state, row.status) == ("waiting", 307)
    assert "redirect (307), which is not followed" in row.problem


def test_an_address_that_became_private_is_not_called(there, subscribe, happen, settings):
    subscribe(there)
    settings.ALLOWED_PRIVATE_HOSTS = []
    Webhook.objects.update(url=f"https://127.0.0.1:{there.port}/")
    happen()
    send()
    assert there.heard == []
    assert "private network" in Delivery.objects.get().problem


def test_address_policy_is_checked_at_each_lookup_of_a_name(there, river, ada, happen, clock):
    """The address was public when it was entered, and is private now."""
    webhooks.create(organization=river, by=ada, url="https://hook.example.org/", types=["*"])
    happen()
    turned = OutboundClient(Allowed(), resolver=lambda host, port: ["8.8.8.8", "127.0.0.1"])
    assert send(connect=lambda: turned) == 0
    assert "private network" in Delivery.objects.get().problem


@pytest.mark.parametrize("how", ["hangs", "drips"])
def test_a_hanging_or_dripping_receiver_is_given_up_in_time(there, subscribe, happen, how):
    there.usual = (200, {}, b"x" * 4000)
    setattr(there, how, True)
    subscribe(there)
    happen()
    assert send(patience=0.5) == 0
    row = Delivery.objects.get()
    assert (row.status, row.problem) == (None, "127.0.0.1 did not answer in time.")


def test_only_the_beginning_of_a_long_answer_is_read(there, subscribe, happen):
    there.usual = (200, {}, b"\x00\xff" + b"y" * 500_000)
    subscribe(there)
    happen()
    assert send() == 1
    row = Delivery.objects.get()
    assert (row.state, len(row.answer)) == ("sent", deliveries.SHOWN)
    assert "\x00" not in row.answer


def test_a_hanging_receiver_delays_no_other(there, river, ada, happen, allow):
    with receiver() as slow:
        slow.hangs = True
        allow(there, slow)
        for one in (slow, there):
            webhooks.create(organization=river, by=ada, url=one.url, types=["*"])
        for _ in range(5):
            happen()
        there.on_post = lambda: slow.over.set() if len(there.heard) == 5 else None  # the slow one is released only then
        assert send() == 5
        assert len(slow.heard) == 1
    assert Delivery.objects.filter(state="waiting", tries=0).count() == 4


def test_a_hanging_receiver_occupies_only_one_call(there, subscribe, happen):
    subscribe(there)
    happen()
    others = []
    there.on_post = lambda: others.append(deliveries.deliver())
    assert send() == 1
    assert others == [0], "this process is busy with it"


# --- workers that die -------------------------------------------------------------------------------------------------
@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_sending_and_recording(there, subscribe, happen, settings, tmp_path):
    subscribe(there)
    event = happen()
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("HUBPORTAL_", "DJANGO"))},
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": database_url(),
        "HUBPORTAL_VAR": str(tmp_path),
        "HUBPORTAL_ALLOWED_PRIVATE_HOSTS": f"http://127.0.0.1:{there.port}",
        "HUBPORTAL_ENCRYPTION_KEYS": settings.HUBPORTAL_ENCRYPTION_KEYS[0],
    }
    connection.close()
    worker = subprocess.Popen([sys.executable, "-c", DELIVER], cwd=ROOT, env=env)
    there.on_post = lambda: os.kill(worker.pid, signal.SIGKILL)  # it has the message and has not answered yet
    assert worker.wait(60) == -signal.SIGKILL
    row = Delivery.objects.get()
    assert (row.state, row.tries, row.attempts) == ("waiting", 1, [])
    assert send() == 0, "another worker may still be sending it"
    there.on_post = lambda: None
    with time_machine.travel(timezone.now() + deliveries.LEASE + SECOND):
        assert send() == 1
    assert there.ids == [str(event.uid)] * 2
    assert there.heard[0].body == there.heard[1].body
    assert Delivery.objects.get().state == "sent"


def test_two_workers_never_send_for_the_same_webhook(there, subscribe, happen):
    subscribe(there)
    happen()
    first, second, now = Webhook.objects.get(), Webhook.objects.get(), timezone.now()
    assert deliveries._lease(first, now)
    assert not deliveries._lease(second, now), "the second worker read the row before"
    assert deliveries._next(first, now)
    assert deliveries._next(first, now) is None, "it is taken"


def test_a_worker_whose_lease_ended_writes_nothing(there, subscribe, happen, clock):
    subscribe(there)
    happen()
    hook = Webhook.objects.get()
    deliveries._lease(hook, timezone.now())
    late = deliveries._next(hook, timezone.now())
    assert late
    clock.shift(deliveries.LEASE + SECOND)
    assert send() == 1
    deliveries._record(late, deliveries.Outcome(timezone.now(), 1, 500, "", "It answers 500."))
    assert Delivery.objects.get().state == "sent"


# --- sending again ----------------------------------------------------------------------------------------------------
def test_sending_again_has_the_same_id(there, subscribe, happen, ada, ready_hub):
    subscribe(there)
    happen()
    send()
    webhooks.resend(delivery=Delivery.objects.select_related("webhook").get(), by=ada)
    assert send() == 1
    assert len(set(there.ids)) == 1
    assert Delivery.objects.get().tries == 2


def test_all_failed_deliveries_since_a_day_are_sent_again(there, subscribe, happen, ada, clock):
    hook, _ = subscribe(there)
    for _ in range(3):
        happen()
        clock.shift(timedelta(days=1))
    Delivery.objects.update(state="failed", done_at=timezone.now())
    assert webhooks.resend_failed(webhook=hook, by=ada, since=timezone.now() - timedelta(days=2, hours=1)) == 2
    assert send() == 2
    assert webhooks.resend_failed(webhook=hook, by=ada) == 1


def test_waiting_deliveries_go_to_a_changed_address(there, river, ada, happen, allow, clock):
    allow(there)
    hook, _ = webhooks.create(organization=river, by=ada, url="https://nowhere.invalid/", types=["*"])
    happen()
    assert send() == 0
    assert "could not reach nowhere.invalid" in Delivery.objects.get().problem
    webhooks.change(webhook=hook, by=ada, url=there.url, types=["*"])
    assert send() == 1


def test_metrics_show_waiting_deliveries_and_their_age(there, subscribe, happen, clock):
    there.answers = [(500, {}, b"")]
    hook, _ = subscribe(there)
    happen()
    happen()
    clock.shift(timedelta(minutes=1))
    assert measures._webhooks(timezone.now()) == measures.Waiting(2, 0, 60.0)
    send()
    assert measures._webhooks(timezone.now()) == measures.Waiting(2, 1, 0.0), (
        "failures of a receiver do not count as a delay"
    )
    Webhook.objects.filter(pk=hook.pk).update(paused_at=timezone.now())
    assert measures._webhooks(timezone.now()) == measures.Waiting(0, 0, 0.0)


def test_old_deliveries_are_deleted(there, subscribe, happen, settings):
    subscribe(there)
    happen()
    settings.WEBHOOK_DAYS = 30
    assert deliveries.forget(timezone.now() + timedelta(days=29)) == 0
    assert deliveries.forget(timezone.now() + timedelta(days=31)) == 1


def test_a_suspended_hub_is_announced(there, subscribe, ready_hub, ines):
    """From a person's click to the receiver."""
    subscribe(there, types=["hub.suspend"])
    hubs.suspend(hub=ready_hub, by=ines)
    dispatch.hand_out(timezone.now())
    assert send() == 1
    said = json.loads(there.heard[0].body)
    assert (said["type"], said["data"]["actor"]) == ("hub.suspend", "ines")
