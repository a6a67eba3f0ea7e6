"""Events are stored together with what happened, and dispatched to each listener once."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from hubs.audit.rules.verbs import AUDITED, VERBS
from hubs.audit.services import audit, events
from hubs.hub.services import hubs as hub_services
from hubs.models import AuditEvent, Delivery, Event, Hub, Notification
from hubs.webhooks.queries import CHOICES
from hubs.webhooks.services import dispatch, webhooks
from provisioning.reconcile import reconcile
from tests.runtimes.worlds import until

pytestmark = pytest.mark.django_db
PERSONAL = [name for name, row in VERBS.items() if row.personal]


def types() -> list[str]:
    return list(Event.objects.values_list("type", flat=True))


def test_a_draft_and_a_persons_account_reach_no_subscriber():
    silent = {name for name, row in AUDITED.items() if name not in CHOICES}
    assert {name for name in silent if name.startswith("request.")} == {
        "request.start",
        "request.save",
        "request.secret",
        "request.take_over",
    }, "a draft is private"
    assert "remind.draft" not in CHOICES
    own = ("account.", "token.", "device.", "service.", "cluster.", "starting_point.")
    assert {name for name in VERBS if name.startswith(own)}.isdisjoint(CHOICES)


def test_a_status_of_a_hub_is_never_audited_as_an_action(ada):
    assert set(events.BECAME.values()) <= VERBS.keys() - AUDITED.keys()
    with pytest.raises(KeyError):
        audit.record("hub.ready", by=ada, subject="x")


def test_an_unknown_verb_is_shown_by_its_name_and_not_dispatched(ready_hub, ada):
    """Another version of the portal may have written it."""
    assert AuditEvent(verb="hub.fly").did == "hub.fly"
    assert events.emit("hub.fly", subject="x", hub=ready_hub.uid) is None
    Event.objects.create(type="hub.fly", subject="x", hub=ready_hub.uid)
    dispatch.hand_out(timezone.now())
    assert not Event.objects.filter(told_at=None).exists()
    assert not Notification.objects.exists()


def test_an_audit_line_is_an_event(ready_hub, ines):
    hub_services.suspend(hub=ready_hub, by=ines)
    line, event = AuditEvent.objects.get(verb="hub.suspend"), Event.objects.get(type="hub.suspend")
    assert (event.actor, event.hub, event.organization, event.subject) == (
        "ines",
        ready_hub.uid,
        "river",
        ready_hub.title,
    )
    assert event.data == {"changes": line.changes, "note": line.note}
    assert event.told_at is None


def test_a_rolled_back_change_emits_no_event(ready_hub, ines):
    with transaction.atomic():
        hub_services.suspend(hub=ready_hub, by=ines)
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_events_of_a_persons_account_reach_no_webhook(ines, ada, river):
    """A subscriber to all events does not receive those about passwords, tokens and addresses, even if the audit line
    belongs to the organisation."""
    webhooks.create(organization=river, by=ada, url="https://example.org/hook", types=["*"])
    for verb in PERSONAL:
        audit_like = {"data": {"people": ["ines"]}, "organization": "river", "actor": "ines"}
        assert events.emit(verb, subject="ines", **audit_like)
    dispatch.hand_out(timezone.now())
    assert set(types()) >= set(PERSONAL)
    assert not Delivery.objects.exists()
    assert not set(PERSONAL) & set(CHOICES)


def test_a_worker_emits_an_event_only_when_a_status_changes(pretended, hub):
    def look() -> bool:
        Hub.objects.filter(pk=hub.pk).update(reconcile_after=timezone.now())
        reconcile(hub.pk)
        return Event.objects.filter(type="hub.ready").exists()

    until(look)
    look()
    made = Event.objects.get(type="hub.ready")
    assert (made.hub, made.organization, made.actor) == (hub.uid, "river", "")
    assert made.data["to"] == "ready"
    said = events.became(hub, "updating", "stalled", why="No such image", request_id="hub-1")
    assert (said.type, said.data["note"]) == ("hub.stalled", "No such image")
    assert events.became(hub, "ready", "updating", why="", request_id="") is None


def test_each_listener_receives_each_event_once_and_in_order(ready_hub, ines):
    for verb in ("hub.suspend", "hub.resume", "hub.restart"):
        audit.record(verb, by=ines, subject=ready_hub.title, hub=ready_hub)
    heard: list[str] = []
    now = timezone.now()
    assert dispatch.hand_out(now, [lambda event: heard.append(event.type)]) == 3
    assert dispatch.hand_out(now, [lambda event: heard.append(event.type)]) == 0
    assert heard == ["hub.suspend", "hub.resume", "hub.restart"]


def test_a_failing_listener_delays_no_other_and_is_retried(ready_hub, ines):
    audit.record("hub.suspend", by=ines, subject=ready_hub.title, hub=ready_hub)
    audit.record("hub.resume", by=ines, subject=ready_hub.title, hub=ready_hub)
    written: list[str] = []

    def fails_on_the_first(event: Event) -> None:
        if event.type == "hub.suspend":
            raise ValueError("not today")
        written.append(event.type)

    now = timezone.now()
    assert dispatch.hand_out(now, [fails_on_the_first]) == 1
    assert written == ["hub.resume"]
    late = Event.objects.get(type="hub.suspend")
    assert (late.told_at, late.tries) == (None, 1)
    assert dispatch.hand_out(now, [lambda event: written.append(event.type)]) == 0, "later, not at once"
    assert dispatch.hand_out(now + timedelta(seconds=5), [lambda event: written.append(event.type)]) == 1
    assert written == ["hub.resume", "hub.suspend"]


def test_writes_of_a_failing_listener_are_rolled_back(ready_hub, ines):
    audit.record("hub.suspend", by=ines, subject=ready_hub.title, hub=ready_hub)

    def writes_and_fails(event: Event) -> None:
        AuditEvent.objects.create(verb="half", subject="half")
        raise ValueError("too late")

    dispatch.hand_out(timezone.now(), [writes_and_fails])
    assert not AuditEvent.objects.filter(verb="half").exists()


@pytest.fixture(autouse=True)
def _nothing_yet(hub):
    Event.objects.all().delete()


def test_old_events_are_deleted_and_undispatched_ones_stay(ready_hub, ines):
    audit.record("hub.suspend", by=ines, subject=ready_hub.title, hub=ready_hub)
    audit.record("hub.resume", by=ines, subject=ready_hub.title, hub=ready_hub)
    now = timezone.now()
    Event.objects.filter(type="hub.resume").update(told_at=now)
    assert dispatch.forget(now) == 0
    assert dispatch.forget(now + dispatch.KEPT + timedelta(hours=1)) == 1
    assert types() == ["hub.suspend"]
